/** A clock that goes as the cluster's, and shows another time: of a machine whose clock was set wrong. */
import type { Clock } from '../../platform/clock.ts'

/** `skewMs`: by how much it is ahead now; negative: behind. */
export function skewedClock(clock: Clock, skewMs: () => number): Clock {
  return {
    nowMs: () => clock.nowMs() + skewMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
    every: (periodMs, callback) => clock.every(periodMs, callback),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
  }
}
