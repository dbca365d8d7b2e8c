/** What ends an exchange before its time: a crash, a cut, a client that leaves. Cheaper than signals, of which one is heard by many. */
export class Ending {
  readonly #waiting = new Set<(reason: unknown) => void>()
  #reason: unknown
  #ended = false

  /** The first reason counts. */
  end(reason: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    for (const wake of this.#waiting) wake(reason)
    this.#waiting.clear()
  }

  /** The promise's outcome, or the reason of the end, whichever comes first. */
  until<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended) return reject(this.#reason)
      this.#waiting.add(reject)
      promise.then(
        (value) => {
          this.#waiting.delete(reject)
          resolve(value)
        },
        (error: unknown) => {
          this.#waiting.delete(reject)
          reject(error)
        },
      )
    })
  }

  /** Nothing comes any more but the end. */
  wait(): Promise<never> {
    return this.until(new Promise<never>(() => undefined))
  }
}
