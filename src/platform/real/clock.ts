/**
 * The machine's clock. Delays beyond Node's timer range (about 24.8 days) are waited for in pieces, so that a
 * certificate renewal a year ahead doesn't fire at once.
 */
import { type CancelTimer, type Clock, every } from '../clock.ts'

/** The longest delay `setTimeout` takes; a longer one would fire after 1 ms. */
const timerDelayMsMax = 2 ** 31 - 1

export function realClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after,
    every: (periodMs, callback) => every(after, periodMs, callback),
    sleep,
  }
}

function after(delayMs: number, callback: () => void): CancelTimer {
  let timer: NodeJS.Timeout
  const arm = (restMs: number): void => {
    const partMs = Math.min(restMs, timerDelayMsMax)
    timer = setTimeout(() => (restMs > partMs ? arm(restMs - partMs) : callback()), partMs)
    timer.unref()
  }
  arm(Math.max(0, delayMs))
  return () => clearTimeout(timer)
}

/** Unlike a bare timer, a sleep keeps the process alive: a command that polls must not end between two polls. */
function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
      Math.min(Math.max(0, delayMs), timerDelayMsMax),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
