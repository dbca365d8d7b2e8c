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
 * Resolves in a turn in which nobody else who waits here goes on: what costs a few milliseconds is done by one request in
 * each turn, however many requests have such work, so that others never wait for more than one step.
 */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (steps.push(resolve) === 1) endOfTurn(nextStep)
  })
}

/** In the order of asking. The first is of the coming turn. */
const steps: (() => void)[] = []

function nextStep(): void {
  steps.shift()!()
  if (steps.length > 0) endOfTurn(nextStep)
}

/** What `use` makes of the value: at once when it is there, for a promise costs time and garbage that most requests need not. */
export function whenKnown<T, R>(value: T | Promise<T>, use: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** Runs what yields when it has taken its turn, and lets everybody else have theirs. */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await ownTurn()
  }
}
