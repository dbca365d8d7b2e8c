/**
 * Calls back when the current turn of the event loop is over: after everything that had already arrived was handled,
 * and before waiting for more. What came in one turn can so be done as one batch, without adding delay.
 */
export function endOfTurn(callback: () => void): void {
  setImmediate(callback)
}
