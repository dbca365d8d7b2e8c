/**
 * Memory that a process needs no longer. V8 keeps the room in which a start or a burst of work made its objects until a
 * long time of work has shown that it is too much: a server that rests would hold it for good.
 */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'

/** By then a start has ended, and what it compiled and decoded on the side too. */
export const settledAfterMs = 2_000
/** How often it is looked whether much was left behind. */
export const quietCheckMs = 20_000
/** Less is not worth the pause. */
export const worthBytes = 12 * 1024 * 1024
/** Of larger heaps a collection takes longer than a request may wait. */
export const collectedBytesMax = 128 * 1024 * 1024

export interface ProcessLoad {
  /** Of the heap, as it is held. */
  heapBytes(): number
  /** How much of the time since it was asked last the thread was at work, 0 to 1. */
  busyShare(): number
}

/**
 * Collects what a start left behind once it is over, and what bursts leave behind once all is quiet, and gives it back to
 * the machine: 10 to 20 MB for 35 to 100 ms of the thread. Does nothing in a process without `--expose-gc`.
 */
export function giveBackWhenQuiet(
  clock: Clock,
  collect: NodeJS.GCFunction | undefined = globalThis.gc,
  load: ProcessLoad = ownLoad(),
): void {
  if (!collect) return
  let leftBytes = 0
  const giveBack = (): void => {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    leftBytes = load.heapBytes()
  }
  clock.after(settledAfterMs, giveBack)
  clock.every(quietCheckMs, () => {
    const [busy, bytes] = [load.busyShare(), load.heapBytes()]
    if (busy < 0.05 && bytes - leftBytes >= worthBytes && bytes <= collectedBytesMax) giveBack()
  })
}

function ownLoad(): ProcessLoad {
  let before = performance.eventLoopUtilization()
  return {
    heapBytes: () => process.memoryUsage().heapTotal,
    busyShare() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
  }
}
