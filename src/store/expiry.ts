/** Times to live: remembers when keys run out and has them removed. The store keeps the times durable where it must. */
import { limits } from '../limits.ts'
import type { CancelTimer, Clock } from '../platform/clock.ts'

export class Expiry {
  readonly #clock: Clock
  readonly #remove: (keys: string[]) => Promise<void>
  readonly #dueMs = new Map<string, number>()
  #cancel: CancelTimer | undefined
  #armedForMs = Number.POSITIVE_INFINITY

  /** `remove` must call `forget` or `set` for each key it dealt with; keys it fails on are tried again. */
  constructor(clock: Clock, remove: (keys: string[]) => Promise<void>) {
    this.#clock = clock
    this.#remove = remove
  }

  /** `dueMs` is wall time. */
  set(key: string, dueMs: number): void {
    this.#dueMs.set(key, dueMs)
    this.#arm(dueMs)
  }

  forget(key: string): void {
    this.#dueMs.delete(key)
  }

  /** Keys with the wall time at which they run out. */
  due(): Iterable<[string, number]> {
    return this.#dueMs
  }

  close(): void {
    this.#cancel?.()
    this.#dueMs.clear()
  }

  #arm(dueMs: number): void {
    if (dueMs >= this.#armedForMs) return
    this.#cancel?.()
    this.#armedForMs = dueMs
    const delayMs = Math.max(limits.storeExpirySweepMs, dueMs - this.#clock.nowMs())
    this.#cancel = this.#clock.after(delayMs, () => void this.#sweep())
  }

  async #sweep(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const expired: string[] = []
    for (const [key, dueMs] of this.#dueMs) {
      if (dueMs <= nowMs && expired.push(key) >= limits.storeExpiredPerSweepMax) break
    }
    if (expired.length > 0) await this.#remove(expired)
    this.#armedForMs = Number.POSITIVE_INFINITY
    let nextMs = Number.POSITIVE_INFINITY
    for (const dueMs of this.#dueMs.values()) nextMs = Math.min(nextMs, dueMs)
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(nextMs)
  }
}
