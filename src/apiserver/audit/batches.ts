/**
 * Gathers audit events and hands them on several at a time, in their order, no faster than is allowed. A full buffer loses
 * what comes next: the API must not wait for who reads its log. Source: kube-apiserver's --audit-*-batch-* flags.
 */
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import type { AuditSink } from './audit.ts'
import type { AuditEvent } from './event.ts'

export interface BatchSettings {
  /** Events waiting. Beyond: lost, and counted. */
  bufferSize: number
  /** Events handed on at once. */
  maxBatchSize: number
  /** How long the first of a batch waits for more. */
  maxWaitMs: number
  /** Absent: batches leave as fast as they come. */
  throttle?: { perSecond: number; burst: number }
}

export interface BatchParts extends BatchSettings {
  /** `log` or `webhook`, for what is said of losses. */
  name: string
  clock: Clock
  log: Logger
  /** Rejects when the batch is lost for good. */
  deliver(events: readonly AuditEvent[]): Promise<void>
}

export class Batches implements AuditSink {
  readonly #parts: BatchParts
  #waiting: AuditEvent[] = []
  #running: Promise<void> | undefined
  #wake: (() => void) | undefined
  #closed = false
  #tokens: number
  #refilledMs: number
  lost = 0

  constructor(parts: BatchParts) {
    this.#parts = parts
    this.#tokens = parts.throttle?.burst ?? 0
    this.#refilledMs = parts.clock.monotonicMs()
  }

  write(event: AuditEvent): undefined {
    const { bufferSize, maxBatchSize } = this.#parts
    if (this.#waiting.length >= bufferSize || this.#closed) {
      this.#lose(1, 'the buffer is full')
      return undefined
    }
    this.#waiting.push(event)
    if (this.#waiting.length >= maxBatchSize) this.#wake?.()
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wake?.()
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { maxBatchSize, maxWaitMs } = this.#parts
      if (this.#waiting.length < maxBatchSize && maxWaitMs > 0) await this.#pause(maxWaitMs)
      await this.#allowed()
      const batch = this.#waiting.slice(0, maxBatchSize)
      this.#waiting = this.#waiting.slice(maxBatchSize)
      await this.#parts.deliver(batch).catch((error: unknown) => this.#lose(batch.length, messageOf(error)))
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return
    let cancel: CancelTimer | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      cancel = this.#parts.clock.after(ms, resolve)
    })
    cancel?.()
    this.#wake = undefined
  }

  async #allowed(): Promise<void> {
    const { throttle, clock } = this.#parts
    if (!throttle) return
    for (;;) {
      const nowMs = clock.monotonicMs()
      const refill = ((nowMs - this.#refilledMs) / 1000) * throttle.perSecond
      this.#tokens = Math.min(throttle.burst, this.#tokens + refill)
      this.#refilledMs = nowMs
      if (this.#tokens >= 1 || this.#closed) break
      await this.#pause(Math.ceil(((1 - this.#tokens) / throttle.perSecond) * 1000))
    }
    this.#tokens -= 1
  }

  #lose(count: number, error: string): void {
    if (this.lost === 0) this.#parts.log.error('audit events are lost', { backend: this.#parts.name, error })
    this.lost += count
  }
}

/** Hands each event on by itself; who is audited waits for it. */
export function blocking(
  deliver: (events: readonly AuditEvent[]) => Promise<void>,
  options: { strict: boolean; onLoss(error: unknown): void; close?(): Promise<void> },
): AuditSink {
  return {
    async write(event) {
      try {
        await deliver([event])
      } catch (error) {
        options.onLoss(error)
        if (options.strict) throw error
      }
    },
    close: async () => await options.close?.(),
  }
}
