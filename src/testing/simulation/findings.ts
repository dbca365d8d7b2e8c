/** What a run found to be wrong. The first finding ends the run: what follows it is usually its consequence. */
import type { Trace } from './trace.ts'

/** The rules that must hold whatever fails. */
export type Rule =
  | 'no acknowledged write is lost'
  | 'each commit has a revision of its own'
  | 'watches are complete and ordered'
  | 'reads are not stale'
  | 'one leader acts at a time'
  | 'disruption budgets hold'
  | 'one pod runs per ordinal'
  | 'a pod is bound once'
  | 'finalizers hold'
  | 'owners decide about deletion'
  | 'everything converges'
  | 'what has converged rests'
  | 'nothing fails by mistake'

export interface Finding {
  rule: Rule
  text: string
  /** Since the start of the run. */
  atMs: number
}

export class Findings {
  readonly #trace: Trace
  readonly #sinceStartMs: () => number
  readonly #list: Finding[] = []

  constructor(trace: Trace, sinceStartMs: () => number) {
    this.#trace = trace
    this.#sinceStartMs = sinceStartMs
  }

  get list(): readonly Finding[] {
    return this.#list
  }

  get any(): boolean {
    return this.#list.length > 0
  }

  report(rule: Rule, text: string): void {
    this.#list.push({ rule, text, atMs: this.#sinceStartMs() })
    this.#trace.note('VIOLATION', `${rule}: ${text}`)
  }
}
