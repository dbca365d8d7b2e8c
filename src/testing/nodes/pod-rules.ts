/** The rules in force. What several say about a container is put together, newer ones first. */
import type { Pod } from '../../api/types/core/v1.ts'
import type { Random } from '../../platform/random.ts'
import { checkRule, matches, type PodRule, type PodRuling, type PodRulings, parseRules } from './rules.ts'

const none: PodRule = {}

export class PodRules {
  readonly #random: Random
  #rules: readonly PodRuling[]
  /** Which rules with a share were drawn for a pod, by its uid. */
  readonly #drawn = new Map<string, Map<PodRule, boolean>>()

  constructor(random: Random, from?: PodRules) {
    this.#random = random
    this.#rules = from ? from.#rules : []
  }

  /** Those given first are the newest. Returns what takes them away again. Throws `RuleError`. */
  add(rules: PodRulings): () => void {
    const list = typeof rules === 'string' ? parseRules(rules) : Array.isArray(rules) ? rules : [rules]
    const added = (list as readonly PodRuling[]).map((rule) => (typeof rule === 'function' ? rule : checkRule(rule)))
    this.#rules = [...added, ...this.#rules]
    return () => {
      this.#rules = this.#rules.filter((rule) => !added.includes(rule))
    }
  }

  of(pod: Pod, container: string): PodRule {
    if (this.#rules.length === 0) return none
    const fitting = this.#rules.flatMap((rule) => {
      if (typeof rule === 'function') return checkRule(rule(pod, container) ?? none)
      return matches(rule, pod, container) && this.#isDrawn(rule, pod) ? rule : []
    })
    return fitting.length === 0 ? none : (Object.assign({}, ...fitting.reverse()) as PodRule)
  }

  /** The pod is gone. */
  forget(uid: string): void {
    this.#drawn.delete(uid)
  }

  #isDrawn(rule: PodRule, { metadata: { uid = '' } }: Pod): boolean {
    const { share = 1 } = rule
    if (share >= 1) return true
    const drawn = this.#drawn.get(uid) ?? new Map<PodRule, boolean>()
    this.#drawn.set(uid, drawn)
    const verdict = drawn.get(rule) ?? this.#random.float() < share
    drawn.set(rule, verdict)
    return verdict
  }
}
