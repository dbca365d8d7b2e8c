/**
 * Keys to reconcile (client-go's rate-limited work queue). A key waits once however often it is added, never runs twice
 * at once, and runs again when it was added while it ran. Failing keys come back with a delay that doubles. Keys become
 * ready at the end of the turn of the event loop in which they were added: what happens in one turn is looked at once.
 */
import { limits } from '../limits.ts'
import type { CancelTimer, Clock } from '../platform/clock.ts'
import { endOfTurn } from '../platform/turn.ts'
import type { KeyQueue } from './controller.ts'

/** Sees what a queue does, for metrics. Times in milliseconds. */
export interface QueueObserver {
  added(): void
  retried(): void
  /** A key that waited this long is being worked on. */
  taken(waitedMs: number): void
  done(workedMs: number): void
}

export class WorkQueue implements KeyQueue {
  readonly #clock: Clock
  readonly #onReady: () => void
  readonly #waiting = new Set<string>()
  /** Added in this turn. */
  readonly #arriving = new Set<string>()
  readonly #running = new Set<string>()
  /** Added while running. */
  readonly #again = new Set<string>()
  readonly #delayed = new Map<string, { dueMs: number; cancel: CancelTimer }>()
  readonly #failures = new Map<string, number>()
  readonly #observer: QueueObserver | undefined
  /** Since when keys wait or run, for the observer alone. */
  readonly #sinceMs = new Map<string, number>()
  #closed = false

  /** `onReady` is called whenever keys have become ready to be taken. */
  constructor(clock: Clock, onReady: () => void, observer?: QueueObserver) {
    this.#observer = observer
    this.#clock = clock
    this.#onReady = onReady
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#waiting.size + this.#arriving.size
  }

  /** No key waits or runs; keys whose time has not come don't count. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#arriving.size === 0 && this.#running.size === 0
  }

  /** Milliseconds until the earliest key that failed is tried again; undefined when none waits for that. */
  get nextRetryMs(): number | undefined {
    let dueMs: number | undefined
    for (const key of this.#failures.keys()) {
      const delayed = this.#delayed.get(key)
      if (delayed && (dueMs === undefined || delayed.dueMs < dueMs)) dueMs = delayed.dueMs
    }
    return dueMs === undefined ? undefined : Math.max(0, dueMs - this.#clock.monotonicMs())
  }

  add(key: string): void {
    if (this.#closed) return
    if (this.#running.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#waiting.has(key)) return
    if (this.#arriving.size === 0) endOfTurn(() => this.#arrived())
    this.#arriving.add(key)
    if (!this.#observer) return
    this.#observer.added()
    this.#sinceMs.set(key, this.#clock.monotonicMs())
  }

  #arrived(): void {
    for (const key of this.#arriving) this.#waiting.add(key)
    this.#arriving.clear()
    if (this.#waiting.size > 0) this.#onReady()
  }

  /** Of several delays for one key, the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) {
      this.add(key)
      return
    }
    const dueMs = this.#clock.monotonicMs() + delayMs
    const known = this.#delayed.get(key)
    if (known && known.dueMs <= dueMs) return
    known?.cancel()
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { dueMs, cancel })
  }

  /** Adds after the key's back-off, which doubles until `forget`. */
  addWithBackoff(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.#observer?.retried()
    this.addAfter(key, Math.min(limits.workQueueBackoffMsMin * 2 ** failures, limits.workQueueBackoffMsMax))
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** How often the key failed in a row. */
  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** The key that waited longest; it runs until `done`. */
  take(): string | undefined {
    const { value: key } = this.#waiting.values().next()
    if (key === undefined) return undefined
    this.#waiting.delete(key)
    this.#running.add(key)
    this.#observer?.taken(this.#elapsedMs(key))
    return key
  }

  done(key: string): void {
    this.#running.delete(key)
    if (this.#observer) {
      this.#observer.done(this.#elapsedMs(key))
      this.#sinceMs.delete(key)
    }
    if (this.#again.delete(key)) this.add(key)
  }

  /** Since the last step of the key; the next one is counted from now. */
  #elapsedMs(key: string): number {
    if (!this.#observer) return 0
    const nowMs = this.#clock.monotonicMs()
    const sinceMs = this.#sinceMs.get(key) ?? nowMs
    this.#sinceMs.set(key, nowMs)
    return nowMs - sinceMs
  }

  /** Drops what waits; what runs is finished by whoever took it. */
  close(): void {
    this.#closed = true
    for (const { cancel } of this.#delayed.values()) cancel()
    this.#delayed.clear()
    this.#waiting.clear()
    this.#arriving.clear()
    this.#again.clear()
  }
}
