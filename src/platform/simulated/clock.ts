/**
 * Time that moves only when told to. `advance` works asynchronously: between two timers it lets all promise work
 * finish, so that what a timer started is complete before the next one fires, as it would be with real waiting.
 */
import { type CancelTimer, type Clock, every } from '../clock.ts'
import { endOfTurns } from '../turn.ts'

export interface SimulatedClock extends Clock {
  /**
   * Moves time forward, firing each timer due on the way at its own moment. Rejects with the error of a failing
   * callback, with time standing at that moment. Calls queue one behind the other.
   */
  advance(durationMs: number): Promise<void>
  /** Moves to the next timer and fires it; false when none waits. */
  advanceToNext(): Promise<boolean>
  /** Lets promise work finish without moving time. */
  settle(): Promise<void>
  /** Wall time steps (a corrected clock); monotonic time and timers stay as they are. */
  stepWall(byMs: number): void
  /** Milliseconds until the next timer; undefined when none waits. */
  readonly nextTimerMs: number | undefined
}

export interface SimulatedClockOptions {
  /** Wall time at the start. Default 2026-01-01T00:00:00Z. */
  startMs?: number
  /** Nothing comes from outside, and all that passes turns does so by `endOfTurn`: no more turns pass than are asked for. */
  closed?: boolean
  /** What to wait for besides promise work, such as a worker or a disk; runs between timers. */
  settle?(): Promise<void>
}

export interface Timer {
  dueMs: number
  /** Timers due at the same moment fire in the order they were set. */
  order: number
  callback: (() => void) | undefined
}

/** Turns of the event loop that let promise work finish: some of it passes through `setImmediate` or a stream. */
const settleTurns = 3

export function simulatedClock(options: SimulatedClockOptions = {}): SimulatedClock {
  const { startMs = Date.UTC(2026, 0, 1) } = options
  const timers = timerQueue()
  let nowMs = 0
  let wallOffsetMs = startMs
  let advancing: Promise<unknown> = Promise.resolve()

  const after = (delayMs: number, callback: () => void): CancelTimer =>
    timers.add(nowMs + Math.max(0, delayMs), callback)
  const settle = async (): Promise<void> => {
    if (options.closed) await endOfTurns()
    else for (let turn = 0; turn < settleTurns; turn++) await new Promise((resolve) => setImmediate(resolve))
    await options.settle?.()
  }
  const fireNext = async (untilMs: number): Promise<boolean> => {
    await settle()
    const timer = timers.takeDue(untilMs)
    if (!timer) return false
    nowMs = Math.max(nowMs, timer.dueMs)
    timer.callback?.()
    return true
  }
  const serially = <T>(work: () => Promise<T>): Promise<T> => {
    const result = advancing.then(work)
    advancing = result.catch(() => {})
    return result
  }
  const advanceBy = async (durationMs: number): Promise<void> => {
    const untilMs = nowMs + durationMs
    while (await fireNext(untilMs)) {}
    nowMs = untilMs
    await settle()
  }
  return {
    nowMs: () => wallOffsetMs + nowMs,
    monotonicMs: () => nowMs,
    after,
    every: (periodMs, callback) => every(after, periodMs, callback),
    sleep: (delayMs, signal) => sleep(after, delayMs, signal),
    advance: (durationMs) => serially(() => advanceBy(durationMs)),
    advanceToNext: () =>
      serially(async () => {
        const fired = await fireNext(Number.POSITIVE_INFINITY)
        await settle()
        return fired
      }),
    settle,
    stepWall(byMs) {
      wallOffsetMs += byMs
    },
    get nextTimerMs() {
      const dueMs = timers.nextDueMs()
      return dueMs === undefined ? undefined : Math.max(0, dueMs - nowMs)
    },
  }
}

export function sleep(after: Clock['after'], delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = (): void => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

export interface TimerQueue {
  add(dueMs: number, callback: () => void): CancelTimer
  takeDue(untilMs: number): Timer | undefined
  nextDueMs(): number | undefined
}

/** A binary heap. Cancelled timers stay until they surface, or until they are most of the heap. */
export function timerQueue(): TimerQueue {
  let heap: Timer[] = []
  let cancelled = 0
  let order = 0
  const dropCancelled = (): void => {
    while (heap[0] && !heap[0].callback) {
      popRoot(heap)
      cancelled--
    }
  }
  const cancel = (timer: Timer): void => {
    if (!timer.callback) return
    timer.callback = undefined
    cancelled++
    if (cancelled < 64 || cancelled < heap.length / 2) return
    heap = heap.filter((each) => each.callback).sort((a, b) => (isBefore(a, b) ? -1 : 1))
    cancelled = 0
  }
  return {
    add(dueMs, callback) {
      const timer: Timer = { dueMs, order: order++, callback }
      push(heap, timer)
      return () => cancel(timer)
    },
    takeDue(untilMs) {
      dropCancelled()
      if (!heap[0] || heap[0].dueMs > untilMs) return undefined
      const timer = popRoot(heap)!
      const fired = { ...timer }
      timer.callback = undefined
      return fired
    },
    nextDueMs() {
      dropCancelled()
      return heap[0]?.dueMs
    },
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}

function push(heap: Timer[], timer: Timer): void {
  let index = heap.push(timer) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!isBefore(timer, heap[parent]!)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = timer
}

function popRoot(heap: Timer[]): Timer | undefined {
  const root = heap[0]
  const last = heap.pop()
  if (!last || heap.length === 0) return root
  let index = 0
  for (;;) {
    let child = index * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
    if (!isBefore(heap[child]!, last)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
  return root
}
