/** Decides when history is forgotten: what is older than its age, and what is beyond its count. */
import { limits } from '../limits.ts'
import type { CancelTimer, Clock } from '../platform/clock.ts'

export interface CompactorOptions {
  clock: Clock
  currentRevision(): number
  /** Must not throw; a failed compaction is tried again at the next mark. */
  compact(revision: number): void
  /** Default `limits.storeHistoryAgeMs`. */
  historyAgeMs?: number
  /** Default `limits.storeHistoryRevisionsMax`. */
  historyRevisionsMax?: number
  /** Default `limits.storeHistoryBytesMax`. */
  historyBytesMax?: number
}

/** Revisions by time, marked this many times per age. */
const marksPerAge = 5
const sharesOfBytes = 16

export class Compactor {
  readonly #options: CompactorOptions
  readonly #revisionsMax: number
  readonly #bytesMax: number
  readonly #marks: number[] = []
  /** Revisions with the bytes of all history up to them, one for each share of `#bytesMax`. */
  #sizes: { revision: number; bytes: number }[] = []
  #bytes = 0
  readonly #cancel: CancelTimer
  #compacted: number

  constructor(options: CompactorOptions) {
    const { clock, historyAgeMs = limits.storeHistoryAgeMs } = options
    this.#options = options
    this.#revisionsMax = options.historyRevisionsMax ?? limits.storeHistoryRevisionsMax
    this.#bytesMax = options.historyBytesMax ?? limits.storeHistoryBytesMax
    this.#compacted = options.currentRevision()
    this.#cancel = clock.every(historyAgeMs / marksPerAge, () => this.#mark())
  }

  /** Keeps a burst of commits between two marks from growing history without bound. `bytes`: what it added to history. */
  afterCommit(revision: number, bytes = 0): void {
    this.#bytes += bytes
    if (this.#bytes - (this.#sizes.at(-1)?.bytes ?? 0) > this.#bytesMax / sharesOfBytes) {
      this.#sizes.push({ revision, bytes: this.#bytes })
      const oldest = this.#sizes.findLast((size) => this.#bytes - size.bytes > this.#bytesMax)
      if (oldest) {
        this.#sizes = this.#sizes.filter((size) => size.revision > oldest.revision)
        this.#compact(oldest.revision)
      }
    }
    if (revision - this.#compacted > this.#revisionsMax * 1.25) this.#compact(revision - this.#revisionsMax)
  }

  close(): void {
    this.#cancel()
  }

  #mark(): void {
    const current = this.#options.currentRevision()
    this.#marks.push(current)
    const aged = this.#marks.length > marksPerAge ? this.#marks.shift()! : 0
    this.#compact(Math.max(aged, current - this.#revisionsMax))
  }

  #compact(revision: number): void {
    if (revision <= this.#compacted) return
    this.#compacted = revision
    this.#options.compact(revision)
  }
}
