/**
 * Which keys the history's revisions wrote: in memory, because an index in the file would cost every commit a page. Its
 * size is bounded by `limits.storeHistoryRevisionsMax`.
 */
export interface HistoryEntry {
  id: number
  key: string
  /** Whether the write replaced something. */
  replaced: boolean
}

export class HistoryIndex {
  #entries: HistoryEntry[] = []

  /** Ids only grow. */
  append(entry: HistoryEntry): void {
    this.#entries.push(entry)
  }

  /** Id of the oldest entry; undefined when there is none. */
  get oldestId(): number | undefined {
    return this.#entries[0]?.id
  }

  forgetBefore(id: number): void {
    const count = this.#indexOf(id)
    if (count > 0) this.#entries = this.#entries.slice(count)
  }

  /** The first write of each key from `start` up to `end` since `firstId`, in key order. */
  firstWrites({ start, end, firstId }: { start: string; end: string; firstId: number }): HistoryEntry[] {
    const first = new Map<string, HistoryEntry>()
    for (let index = this.#indexOf(firstId); index < this.#entries.length; index++) {
      const entry = this.#entries[index]!
      if (entry.key >= start && entry.key < end && !first.has(entry.key)) first.set(entry.key, entry)
    }
    return [...first.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Entries from `firstId` up to `endId` of keys below `prefix`, each with the id of its key's next write. */
  between(prefix: string, firstId: number, endId: number): { entry: HistoryEntry; nextId: number | undefined }[] {
    const from = this.#indexOf(firstId)
    const found: { entry: HistoryEntry; nextId: number | undefined }[] = []
    const next = new Map<string, number>()
    for (let index = this.#entries.length - 1; index >= from; index--) {
      const entry = this.#entries[index]!
      if (!entry.key.startsWith(prefix)) continue
      if (entry.id < endId) found.push({ entry, nextId: next.get(entry.key) })
      next.set(entry.key, entry.id)
    }
    return found.reverse()
  }

  /** Index of the first entry that is not before `id`. */
  #indexOf(id: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.id < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
