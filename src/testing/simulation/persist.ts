/** How the simulated user gets something done: again and again, until it is done, refused for a reason, or not worth it. */
import { ApiError } from '../../api/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Trace } from './trace.ts'

export type Persist = (what: string, call: () => Promise<unknown>, triesMax?: number) => Promise<void>

const triesMaxByDefault = 8
const pauseMsMax = 4_000

export function persisting({ clock, trace }: { clock: Clock; trace: Trace }): Persist {
  return async (what, call, triesMax = triesMaxByDefault) => {
    trace.note('user', what)
    for (let attempt = 1; attempt <= triesMax; attempt++) {
      try {
        await call()
        return
      } catch (error) {
        if (error instanceof ApiError && (error.code === 404 || error.reason === 'AlreadyExists')) return
        await clock.sleep(Math.min(500 * attempt, pauseMsMax))
      }
    }
  }
}
