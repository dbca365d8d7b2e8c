/**
 * A simulated write-ahead log. What was appended survives a crash for sure only once it was synced; of the rest, as much
 * from its front survives as the disk happened to have written.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { StoreUnavailableError, type Write } from '../../store/store.ts'

/** One commit as it was asked for. Applied in order from the same start, records give the same revisions again. */
export interface LogRecord {
  writes: readonly [Write, ...Write[]]
  /** Keys with a time to live, and the wall time at which they run out. */
  expiries: readonly (readonly [key: string, dueMs: number])[]
}

export interface Log {
  readonly records: readonly LogRecord[]
  /** Throws `StoreUnavailableError` while the disk is full. */
  append(record: LogRecord): void
  /** Resolves when everything appended before the call survives a crash. */
  sync(): Promise<void>
  /** Loses what a crash may lose. Returns how many records went. */
  crash(): number
}

export class SimulatedLog implements Log {
  /** Appends fail while it is. */
  full = false
  /** How long a sync takes. */
  syncMs = { min: 1, max: 3 }
  readonly #clock: Clock
  readonly #random: Random
  readonly #records: LogRecord[] = []
  #synced = 0
  #crashes = 0

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  get records(): readonly LogRecord[] {
    return this.#records
  }

  append(record: LogRecord): void {
    if (this.full) throw new StoreUnavailableError('no space left on device (simulated)')
    this.#records.push(record)
  }

  async sync(): Promise<void> {
    const upTo = this.#records.length
    const crashes = this.#crashes
    const { min, max } = this.syncMs
    await this.#clock.sleep(min + this.#random.int(max - min + 1))
    if (crashes === this.#crashes) this.#synced = Math.max(this.#synced, upTo)
  }

  crash(): number {
    this.#crashes++
    const unsynced = this.#records.length - this.#synced
    const lost = unsynced === 0 ? 0 : this.#random.int(unsynced + 1)
    this.#records.length -= lost
    this.#synced = this.#records.length
    return lost
  }
}
