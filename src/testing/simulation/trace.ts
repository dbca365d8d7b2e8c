/** What happened in a simulated run, line by line; two runs of one seed write the same bytes. */
import { createHash } from 'node:crypto'

export class Trace {
  readonly #sinceStartMs: () => number
  readonly #lines: string[] = []

  constructor(sinceStartMs: () => number) {
    this.#sinceStartMs = sinceStartMs
  }

  note(who: string, text: string): void {
    this.#lines.push(`${(this.#sinceStartMs() / 1000).toFixed(3).padStart(9)}  ${who.padEnd(14)}  ${text}`)
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** SHA-256 of all lines. */
  digest(): string {
    const hash = createHash('sha256')
    for (const line of this.#lines) hash.update(line).update('\n')
    return hash.digest('hex')
  }
}
