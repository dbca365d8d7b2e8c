/**
 * Time as a dependency. Everything outside `src/platform/` that waits, stamps or measures gets a `Clock` as an
 * argument, so that a test can hold and advance time and a run can be replayed.
 */

/** Stops a timer. Calling it again, or after the timer fired, does nothing. */
export type CancelTimer = () => void

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May step backwards. */
  nowMs(): number
  /** Milliseconds from an arbitrary start; never goes back. For measuring and for deadlines. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs` (0: on a later turn). The timer alone never keeps the process alive. */
  after(delayMs: number, callback: () => void): CancelTimer
  /** Calls `callback` every `periodMs` until cancelled; a slow callback delays the next call instead of stacking up. */
  every(periodMs: number, callback: () => void): CancelTimer
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The second that was asked for last: many ask within one. */
let last = { second: Number.NaN, text: '' }

/** `2026-01-02T03:04:05Z`: the API's `Time`, whole seconds. */
export function rfc3339(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
  if (second !== last.second) last = { second, text: `${new Date(epochMs).toISOString().slice(0, 19)}Z` }
  return last.text
}

/** `2026-01-02T03:04:05.000006Z`: the API's `MicroTime`. */
export function rfc3339Micro(epochMs: number): string {
  const iso = new Date(epochMs).toISOString()
  const micros = Math.floor((epochMs - Math.floor(epochMs)) * 1000)
  return `${iso.slice(0, 23)}${String(micros).padStart(3, '0')}Z`
}

/** `Clock.every` by means of `after`: each call is armed when the one before has returned, whether it threw or not. */
export function every(after: Clock['after'], periodMs: number, callback: () => void): CancelTimer {
  let stopped = false
  let cancel: CancelTimer
  const tick = (): void => {
    try {
      callback()
    } finally {
      if (!stopped) cancel = after(periodMs, tick)
    }
  }
  cancel = after(periodMs, tick)
  return () => {
    stopped = true
    cancel()
  }
}
