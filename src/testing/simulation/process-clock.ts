/**
 * The clock of one simulated process. Its wall time may be wrong, and it stands still for a process that is paused, as a
 * stopped process or a suspended machine is: what was due meanwhile fires when it goes on, late and in order.
 */
import { type CancelTimer, type Clock, every } from '../../platform/clock.ts'
import { sleep } from '../../platform/simulated/clock.ts'
import { skewedClock } from '../time/skewed-clock.ts'

export interface ProcessClock extends Clock {
  /** By how much its wall time is ahead from now on. */
  skew(byMs: number): void
  pause(): void
  resume(): void
}

export function processClock(clock: Clock): ProcessClock {
  let aheadMs = 0
  let held: Set<() => void> | undefined
  const after = (delayMs: number, callback: () => void): CancelTimer => {
    let cancel = clock.after(delayMs, () => fire())
    const fire = (): void => {
      if (!held) return callback()
      const waiting = held
      waiting.add(callback)
      cancel = () => void waiting.delete(callback)
    }
    return () => cancel()
  }
  return {
    ...skewedClock(clock, () => aheadMs),
    after,
    every: (periodMs, callback) => every(after, periodMs, callback),
    sleep: (delayMs, signal) => sleep(after, delayMs, signal),
    skew(byMs) {
      aheadMs = byMs
    },
    pause() {
      held ??= new Set()
    },
    resume() {
      const due = held
      held = undefined
      for (const callback of due ?? []) clock.after(0, () => due?.delete(callback) && callback())
    },
  }
}
