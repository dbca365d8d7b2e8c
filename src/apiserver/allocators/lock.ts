/** Turns: who takes the lock waits for all before. */
export class Lock {
  #last: Promise<void> = Promise.resolve()

  /** Resolves with what ends the turn; to call it again does nothing. */
  async take(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return resolve
  }
}
