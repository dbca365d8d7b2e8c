/**
 * Time that a test holds. Two kinds of timers: those that mean something fire at their own moment; those that only keep
 * something fresh (renewals, monitors, ends of watches) may fire late when nothing else happens, once for all the times
 * they missed, so that months pass in milliseconds. Which timers fire when is decided in `test-time.ts`.
 */
import { type CancelTimer, type Clock, every } from '../../platform/clock.ts'
import { sleep, type TimerQueue, timerQueue } from '../../platform/simulated/clock.ts'

/** Callbacks that set timers for now without end must let others in between. */
const firedAtOnceMax = 10_000

export class HeldClock implements Clock {
  /** The same time; all its timers are of the kind that may fire late. */
  readonly housekeeping: Clock
  readonly #timers = timerQueue()
  readonly #lateTimers = timerQueue()
  #nowMs = 0
  #wallOffsetMs: number

  /** `startMs`: wall time at the start. */
  constructor(startMs: number) {
    this.#wallOffsetMs = startMs
    const late = (delayMs: number, callback: () => void): CancelTimer =>
      delayMs > 0 ? this.#lateTimers.add(this.#nowMs + delayMs, callback) : this.after(0, callback)
    this.housekeeping = {
      nowMs: () => this.nowMs(),
      monotonicMs: () => this.#nowMs,
      after: late,
      every: (periodMs, callback) => every(late, periodMs, callback),
      sleep: (delayMs, signal) => sleep(late, delayMs, signal),
    }
  }

  nowMs(): number {
    return this.#wallOffsetMs + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    return this.#timers.add(this.#nowMs + Math.max(0, delayMs), callback)
  }

  /** What repeats by the clock alone is housekeeping. */
  every(periodMs: number, callback: () => void): CancelTimer {
    return this.housekeeping.every(periodMs, callback)
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleep((ms, callback) => this.after(ms, callback), delayMs, signal)
  }

  /** Monotonic time of the next timer that fires at its own moment. */
  get nextDueMs(): number | undefined {
    return this.#timers.nextDueMs()
  }

  get nextHousekeepingDueMs(): number | undefined {
    return this.#lateTimers.nextDueMs()
  }

  /** Moves without firing anything; never back. */
  moveTo(monotonicMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, monotonicMs)
  }

  /** Wall time steps, as when a clock is corrected; timers stay as they are. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  /** Fires what is due; returns how many. A failing callback's error is thrown after the others fired. */
  fireDue(): number {
    return fire(this.#timers, this.#nowMs)
  }

  /** The same for housekeeping. */
  fireHousekeeping(): number {
    return fire(this.#lateTimers, this.#nowMs)
  }
}

function fire(timers: TimerQueue, nowMs: number): number {
  const failures: unknown[] = []
  let count = 0
  while (count < firedAtOnceMax) {
    const timer = timers.takeDue(nowMs)
    if (!timer) break
    count++
    try {
      timer.callback?.()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return count
}
