/**
 * Calls back when the current turn of the event loop is over: after everything that had already arrived was handled,
 * and before waiting for more. What came in one turn can so be done as one batch, without adding delay.
 */
export function endOfTurn(callback: () => void): void {
  setImmediate(callback)
}

/** What `use` makes of the value: at once when it is there, for a promise costs time and garbage that most requests need not. */
export function whenKnown<T, R>(value: T | Promise<T>, use: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(use) : use(value)
}
