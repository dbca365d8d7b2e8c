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
}

/** Revisions by time, marked this many times per age. */
const marksPerAge = 5

export class Compactor {
  readonly #options: CompactorOptions
  readonly #revisionsMax: number
  readonly #marks: number[] = []
  readonly #cancel: CancelTimer
  #compacted: number

  constructor(options: CompactorOptions) {
    const { clock, historyAgeMs = limits.storeHistoryAgeMs } = options
    this.#options = options
    this.#revisionsMax = options.historyRevisionsMax ?? limits.storeHistoryRevisionsMax
    this.#compacted = options.currentRevision()
    this.#cancel = clock.every(historyAgeMs / marksPerAge, () => this.#mark())
  }

  /** Keeps a burst of commits between two marks from growing history without bound. */
  afterCommit(revision: number): void {
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
