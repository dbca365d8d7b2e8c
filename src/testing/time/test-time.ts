/** The clock of a test's cluster: held and advanced, or real. */
import type { Clock } from '../../platform/clock.ts'
import { type Duration, durationMs } from './duration.ts'
import type { HeldClock } from './held-clock.ts'

/** What a test sees of time. */
export interface TestClock {
  /** `held` unless the cluster was started with `time: 'real'`. */
  readonly mode: 'held' | 'real'
  now(): Date
  nowMs(): number
  /**
   * Lets time pass, firing what is due on the way, each at its own moment, and everything it causes before the next one.
   * Renewals and monitors fire ever more rarely while nothing happens that they could notice, unless `exact`.
   * Resolves when all has settled. Rejects when time is real.
   */
  advance(duration: Duration, options?: { exact?: boolean }): Promise<void>
  /** Advances to a moment; rejects when it is past. */
  advanceTo(moment: Date | string | number): Promise<void>
  /** Wall time jumps without any timer firing, as when a clock is corrected. Negative goes back. */
  step(byMs: number): void
}

export interface HeldTimeParts {
  clock: HeldClock
  /** Resolves when nothing more happens without time passing. */
  quiet(): Promise<void>
  /** Lets nodes renew their leases; called before housekeeping that looks at them. */
  heartbeat(): Promise<void>
  /** Counts writes that mean something; renewals don't count. */
  writes(): number
  /** Whether monitors have something to notice, such as a node that went silent: then they fire exactly. */
  suspicious(): boolean
  onMove?(fromMs: number, toMs: number): void
}

/** Housekeeping that finds nothing new is done at most this often, and ever more rarely: it triples. */
const pauseMinMs = 20_000
const pauseShare = 2

export class HeldTime implements TestClock {
  readonly mode = 'held'
  readonly #parts: HeldTimeParts
  #advancing: Promise<unknown> = Promise.resolve()
  #lastActiveMs = 0
  #lastHousekeepingMs = 0
  #writes = -1

  constructor(parts: HeldTimeParts) {
    this.#parts = parts
  }

  now(): Date {
    return new Date(this.nowMs())
  }

  nowMs(): number {
    return this.#parts.clock.nowMs()
  }

  advance(duration: Duration, { exact = false }: { exact?: boolean } = {}): Promise<void> {
    const byMs = durationMs(duration)
    const result = this.#advancing.then(() => this.#advance(this.#parts.clock.monotonicMs() + byMs, exact))
    this.#advancing = result.catch(() => undefined)
    return result
  }

  async advanceTo(moment: Date | string | number): Promise<void> {
    const aimMs = moment instanceof Date ? moment.getTime() : typeof moment === 'number' ? moment : Date.parse(moment)
    if (Number.isNaN(aimMs)) throw new TypeError(`advance to a moment: it is no time: ${JSON.stringify(moment)}`)
    const byMs = aimMs - this.nowMs()
    if (byMs < 0) throw new RangeError(`advance to ${new Date(aimMs).toISOString()}: it is ${this.now().toISOString()}`)
    await this.advance(byMs)
  }

  step(byMs: number): void {
    this.#parts.clock.stepWall(byMs)
  }

  async #advance(untilMs: number, exact: boolean): Promise<void> {
    const { clock, quiet } = this.#parts
    await quiet()
    while (clock.monotonicMs() < untilMs) {
      this.#noteWrites()
      const fromMs = clock.monotonicMs()
      const housekeepingMs = this.#nextHousekeepingMs(exact)
      const toMs = Math.min(untilMs, clock.nextDueMs ?? untilMs, housekeepingMs)
      clock.moveTo(toMs)
      this.#parts.onMove?.(fromMs, toMs)
      if (toMs >= housekeepingMs || this.#isLate(toMs)) await this.#keepHouse()
      await quiet()
    }
  }

  #noteWrites(): void {
    const writes = this.#parts.writes()
    if (writes !== this.#writes) this.#lastActiveMs = this.#parts.clock.monotonicMs()
    this.#writes = writes
  }

  /** When housekeeping fires next; never, when there is none. */
  #nextHousekeepingMs(exact: boolean): number {
    const dueMs = this.#parts.clock.nextHousekeepingDueMs ?? Number.POSITIVE_INFINITY
    const nowMs = this.#parts.clock.monotonicMs()
    const idleMs = nowMs - this.#lastActiveMs
    if (exact || this.#parts.suspicious()) return dueMs
    return Math.max(dueMs, this.#lastHousekeepingMs + Math.max(pauseMinMs, idleMs * pauseShare))
  }

  /** Whether some housekeeping was put off past its time: what fires now must find everything fresh. */
  #isLate(nowMs: number): boolean {
    const dueMs = this.#parts.clock.nextHousekeepingDueMs
    return dueMs !== undefined && dueMs <= nowMs
  }

  async #keepHouse(): Promise<void> {
    const { clock, heartbeat, quiet } = this.#parts
    this.#lastHousekeepingMs = clock.monotonicMs()
    await heartbeat()
    await quiet()
    clock.fireHousekeeping()
  }
}

/** Time that passes by itself. */
export function realTime(clock: Clock): TestClock {
  const refuse = (): never => {
    throw new Error('advance time: the cluster was started with time "real"; leave it out to hold the clock')
  }
  return {
    mode: 'real',
    now: () => new Date(clock.nowMs()),
    nowMs: () => clock.nowMs(),
    advance: async () => refuse(),
    advanceTo: async () => refuse(),
    step: () => refuse(),
  }
}
