/**
 * Lets a held clock go on while something must end that may itself wait for time: what begins or ends a cluster, held up
 * by a fault or by the back-off after one. Time moves only when nothing else does, and no further than the next timer.
 */
import { endOfTurn } from '../../platform/turn.ts'
import type { HeldClock } from './held-clock.ts'

export interface PassingOptions {
  /** Absent: time runs by itself. */
  clock: HeldClock | undefined
  /** Grows while something happens that needs no time. */
  progress(): number
  /** Whether time may move now. Default: yes. */
  mayMove?(): boolean
  /** Lets others have the processor for a moment of real time, while time may not move. */
  rest(): Promise<void>
}

/** Turns of the event loop without progress after which only time helps. */
const stuckTurns = 20

/** Resolves and rejects as `work` does. */
export async function lettingTimePass<T>(work: Promise<T>, options: PassingOptions): Promise<T> {
  const { clock, progress, mayMove, rest } = options
  if (!clock) return work
  let over = false
  const ended = () => {
    over = true
  }
  work.then(ended, ended)
  let seen = progress()
  for (let stuck = 0; !over; stuck++) {
    await new Promise<void>(endOfTurn)
    if (progress() !== seen) stuck = 0
    seen = progress()
    if (stuck < stuckTurns) continue
    if (mayMove?.() === false) await rest()
    else moveToNext(clock)
    stuck = 0
  }
  return work
}

function moveToNext(clock: HeldClock): void {
  const dueMs = Math.min(clock.nextDueMs ?? Infinity, clock.nextHousekeepingDueMs ?? Infinity)
  if (dueMs === Number.POSITIVE_INFINITY) return
  clock.moveTo(dueMs)
  clock.fireDue()
  clock.fireHousekeeping()
}
