/**
 * Turns of the event loop: what waits for the end of one, and how long work shares them with everybody else's. One
 * thread serves all requests, so that whatever takes long has to be left in between.
 */
import { limits } from '../limits.ts'

/**
 * Calls back when the current turn of the event loop is over: after everything that had already arrived was handled,
 * and before waiting for more. What came in one turn can so be done as one batch, without adding delay.
 */
export function endOfTurn(callback: () => void): void {
  waiting++
  setImmediate(() => {
    waiting--
    callback()
  })
}

let waiting = 0

/** Turns pass until nobody waits for the end of one: then only time, or the world outside, makes anything happen. */
export async function endOfTurns(): Promise<void> {
  do await new Promise<void>((resolve) => setImmediate(resolve))
  while (waiting > 0)
}

/**
 * Resolves in a turn in which those who wait here do no more than one step together: what costs a few milliseconds is
 * done by one request in each turn, however many requests have such work, so that others never wait for more than that.
 *
 * @param share of a step; a quarter is for work of which four times as much is still soon done. Default: a whole one
 */
export function ownTurn(share = 1): Promise<void> {
  return new Promise((resolve) => {
    if (steps.push({ resolve, share }) === 1) endOfTurn(nextSteps)
  })
}

/** In the order of asking. */
const steps: { resolve: () => void; share: number }[] = []

function nextSteps(): void {
  let left = 1
  while (steps.length > 0 && (left === 1 || steps[0]!.share <= left)) {
    const { resolve, share } = steps.shift()!
    left -= share
    resolve()
  }
  if (steps.length > 0) endOfTurn(nextSteps)
}

/**
 * Calls `work`, which computes and changes nothing, in one turn after the other until its parts are all made: what they
 * cost ends a turn (see `part`), and the next one begins with `work` from its start, where it finds them. For what is
 * long because of its parts and cannot be left in the middle.
 */
export async function inParts<T>(work: () => T): Promise<T> {
  const own: Parts = { made: [], next: 0, left: 0 }
  for (;;) {
    const before = parts
    parts = Object.assign(own, { next: 0, left: limits.partsPerTurnMicroseconds })
    try {
      return work()
    } catch (error) {
      if (error !== partsOver) throw error
    } finally {
      parts = before
    }
    await ownTurn()
  }
}

/**
 * What `make` returns or throws. Within `inParts` it is made once, by its place in the order of calls, which must not
 * change.
 *
 * @param microseconds about what it takes, or took
 */
export function part<T>(microseconds: number | ((made: T) => number), make: () => T): T {
  const own = parts
  if (!own) return make()
  const index = own.next++
  const known = own.made[index]
  if (known) return known() as T
  if (own.left <= 0) throw partsOver
  const outcome = outcomeOf(make)
  own.made[index] = outcome
  if (typeof microseconds === 'number') own.left -= microseconds
  const value = outcome()
  if (typeof microseconds === 'function') own.left -= microseconds(value)
  return value
}

const partsOver = new Error('the turn is over')
let parts: Parts | undefined

interface Parts {
  readonly made: (() => unknown)[]
  next: number
  /** Microseconds of this turn; what exceeds them is the last part's. */
  left: number
}

/** Parts of a part are made with it. */
function outcomeOf<T>(make: () => T): () => T {
  const before = parts
  parts = undefined
  try {
    const value = make()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  } finally {
    parts = before
  }
}

/** What `use` makes of the value: at once when it is there, for a promise costs time and garbage that most requests need not. */
export function whenKnown<T, R>(value: T | Promise<T>, use: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** As `inTurns`, but what takes no more than one turn is done at once. */
export function nowOrInTurns<T>(work: Generator<void, T>): T | Promise<T> {
  const { done, value } = work.next()
  return done ? value : ownTurn().then(() => inTurns(work))
}

/** Runs what yields when it has taken its turn, and lets everybody else have theirs. */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await ownTurn()
  }
}
