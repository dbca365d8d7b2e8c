/** Keys in order, as a list of short sorted runs: an insert moves a few hundred entries at most, however many there are. */
const runLengthMax = 512

export class SortedKeys {
  readonly #runs: string[][] = [[]]

  add(key: string): void {
    const at = this.#runOf(key)
    const run = this.#runs[at]!
    const index = firstAtOrAfter(run, key)
    if (run[index] === key) return
    run.splice(index, 0, key)
    if (run.length > runLengthMax) this.#runs.splice(at + 1, 0, run.splice(runLengthMax / 2))
  }

  /** Adds a key that comes after all others. */
  append(key: string): void {
    let run = this.#runs.at(-1)!
    if (run.length >= runLengthMax) {
      run = []
      this.#runs.push(run)
    }
    run.push(key)
  }

  delete(key: string): void {
    const at = this.#runOf(key)
    const run = this.#runs[at]!
    const index = firstAtOrAfter(run, key)
    if (run[index] !== key) return
    run.splice(index, 1)
    if (run.length === 0 && this.#runs.length > 1) this.#runs.splice(at, 1)
  }

  /** Keys from `from` (included) up to `end` (excluded; undefined: no end). The keys must not change meanwhile. */
  *between(from: string, end: string | undefined): Generator<string> {
    let at = this.#runOf(from)
    let index = firstAtOrAfter(this.#runs[at]!, from)
    for (; at < this.#runs.length; at++, index = 0) {
      const run = this.#runs[at]!
      for (; index < run.length; index++) {
        const key = run[index]!
        if (end !== undefined && key >= end) return
        yield key
      }
    }
  }

  /** The run that holds `key` or would: the last one that starts at or before it. */
  #runOf(key: string): number {
    let low = 0
    let high = this.#runs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#runs[middle]![0]! <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

function firstAtOrAfter(run: readonly string[], key: string): number {
  let low = 0
  let high = run.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (run[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
