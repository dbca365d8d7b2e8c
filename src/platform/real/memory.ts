/**
 * Memory that a process needs no longer. V8 keeps the room in which a start made its objects until a long time of work
 * has shown that it is too much: a server that rests would hold it for good.
 */
import type { Clock } from '../clock.ts'

/** By then a start has ended, and what it compiled and decoded on the side too. */
export const settledAfterMs = 2_000

/**
 * Once a start is over, collects what it left behind and gives it back to the machine: about 10 MB for 35 ms of the
 * thread. Does nothing in a process without `--expose-gc`.
 */
export function giveBackOnceSettled(clock: Clock, collect: NodeJS.GCFunction | undefined = globalThis.gc): void {
  clock.after(settledAfterMs, () => collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }))
}
