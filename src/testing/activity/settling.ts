/** Waits until a cluster has settled: nothing moves, and what failed has been tried again. */
import type { Clock } from '../../platform/clock.ts'
import { NotSettledError, type QuietOptions, type QuietParts, untilQuiet } from './quiet.ts'

export interface SettlingParts {
  /** Of the present life; throws before there is one. */
  quietParts(): QuietParts
  /** Of a clock that is held: lets time pass. Absent: it passes by itself. */
  advance?(byMs: number): Promise<void>
  /** Milliseconds until the earliest retry after a failure; undefined when none is due. */
  nextRetryMs(): number | undefined
  /** Puts controllers, scheduler and nodes to work. */
  begin(): Promise<void>
  real: Clock
  usual: QuietOptions
}

/** Of all settling, at most this much time is let pass for retries. */
const retryBudgetMs = 60_000
/** The same after each request from outside. */
const stirredRetryMs = 1_000
/** A retry later than this is left to `clock.advance`. Source: the scheduler's longest back-off. */
const retryMsMax = 10_000

export class Settling {
  readonly #parts: SettlingParts
  #stirring: Promise<void> | undefined
  #awaitingBegin = 0

  constructor(parts: SettlingParts) {
    this.#parts = parts
  }

  /** Resolves when all are at work that work by themselves; rejects with `NotSettledError`. */
  async begun({ timeoutMs = this.#parts.usual.timeoutMs }: Partial<QuietOptions> = {}): Promise<void> {
    const { begin, quietParts, real } = this.#parts
    const begunOrLate = new AbortController()
    const late = real.sleep(timeoutMs, begunOrLate.signal).then(() => {
      const busy = quietParts().activity.busy()
      throw new NotSettledError(timeoutMs, ['controllers, scheduler or nodes have yet to begin', ...busy])
    })
    this.#awaitingBegin++
    try {
      await Promise.race([begin(), late])
    } finally {
      this.#awaitingBegin--
      begunOrLate.abort()
    }
  }

  /** Whether somebody waits for all to be at work. */
  get awaitsBegin(): boolean {
    return this.#awaitingBegin > 0
  }

  /** Resolves when nothing more happens without time passing. */
  async quiet(options: Partial<QuietOptions> = {}): Promise<void> {
    await untilQuiet(this.#parts.quietParts(), { ...this.#parts.usual, ...options })
  }

  /** Lets retries through, up to `budgetMs` of the cluster's time. */
  async settle(options: Partial<QuietOptions> = {}, budgetMs = retryBudgetMs): Promise<void> {
    const { nextRetryMs, advance, real } = this.#parts
    for (let spentMs = 0; ; ) {
      await this.quiet(options)
      const retryMs = nextRetryMs()
      if (retryMs === undefined || retryMs > retryMsMax || spentMs + retryMs > budgetMs) return
      // Whole milliseconds, so that rounding never stops just short of it.
      const waitMs = Math.max(1, Math.ceil(retryMs))
      spentMs += waitMs
      await (advance ? advance(waitMs) : real.sleep(waitMs))
    }
  }

  /**
   * What a client outside this process asked for happens, as far as it needs no time, though nobody waits in here. For a
   * clock that is held.
   */
  stir(signal: AbortSignal): void {
    if (!this.#parts.advance || signal.aborted) return
    this.#stirring ??= this.#parts
      .begin()
      .then(() => this.settle({ externalQuietMs: 0, signal }, stirredRetryMs))
      .catch(() => undefined)
      .finally(() => {
        this.#stirring = undefined
      })
  }

  /** Resolves when nothing is stirred any more; after the signal was aborted that is soon. */
  async still(): Promise<void> {
    await this.#stirring
  }
}
