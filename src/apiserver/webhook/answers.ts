/** Answers of services, kept for a while. Questions are kept as digests, so that no secret stays in memory longer than needed. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'

export class Answers<T> {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #entriesMax: number
  readonly #kept = new Map<string, { value: T; endMs: number }>()

  /** The oldest go when there are more than `entriesMax`. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, entriesMax: number) {
    this.#clock = clock
    this.#entriesMax = entriesMax
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key)
    if (!found) return undefined
    if (found.endMs > this.#clock.monotonicMs()) return found.value
    this.#kept.delete(key)
    return undefined
  }

  /** Zero and less: is not kept. */
  keep(key: string, value: T, forMs: number): void {
    this.#kept.delete(key)
    if (forMs <= 0) return
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= this.#entriesMax && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(key, { value, endMs: this.#clock.monotonicMs() + forMs })
  }
}

export function digestOf(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64')
}
