/**
 * Hands committed revisions to watchers. A watcher reads history first and then what is committed live; one that falls
 * behind its buffer goes back to reading history, so that a slow reader costs bounded memory and loses nothing.
 */
import { limits } from '../limits.ts'
import { keyOfEvent } from './commit-plan.ts'
import { CompactedError, type StoreEvent, type WatchBatch, type WatchOptions } from './store.ts'

/** What the hub reads from its store. */
export interface History {
  currentRevision(): number
  /** The oldest revision whose events are still there. */
  compactRevision(): number
  /** Revisions from `from` to `to`, both included, without those that have no event below `prefix`. */
  read(range: { prefix: string; from: number; to: number }): WatchBatch[]
}

interface Watcher {
  prefix: string
  pending: WatchBatch[]
  /** The buffer overflowed or was never filled: history has what is missing. */
  behind: boolean
  wake(): void
}

export class WatchHub {
  readonly #history: History
  readonly #watchers = new Set<Watcher>()
  #closedBy: Error | undefined

  constructor(history: History) {
    this.#history = history
  }

  /** Call after the batches are durable, in order of revision. */
  publish(batches: readonly WatchBatch[]): void {
    if (batches.length === 0) return
    for (const watcher of this.#watchers) {
      if (!watcher.behind) this.#offer(watcher, batches)
      watcher.wake()
    }
  }

  /** Ends every watch with this error. */
  close(error: Error): void {
    this.#closedBy = error
    for (const watcher of this.#watchers) watcher.wake()
  }

  async *watch({ prefix, fromRevision, signal }: WatchOptions): AsyncGenerator<WatchBatch> {
    let sleeping = Promise.withResolvers<void>()
    const watcher: Watcher = { prefix, pending: [], behind: true, wake: () => sleeping.resolve() }
    const wake = (): void => watcher.wake()
    this.#watchers.add(watcher)
    signal.addEventListener('abort', wake)
    let next = Math.max(1, fromRevision)
    let told = 0
    try {
      while (!signal.aborted) {
        if (this.#closedBy) throw this.#closedBy
        sleeping = Promise.withResolvers<void>()
        for (const batch of this.#take(watcher, next)) {
          if (signal.aborted) return
          if (batch.revision < next || (batch.events.length === 0 && batch.revision <= told)) continue
          if (batch.events.length > 0) next = batch.revision + 1
          told = batch.revision
          yield batch
        }
        next = Math.max(next, told + 1)
        if (watcher.pending.length === 0 && !watcher.behind) await sleeping.promise
      }
    } finally {
      signal.removeEventListener('abort', wake)
      this.#watchers.delete(watcher)
    }
  }

  #offer(watcher: Watcher, batches: readonly WatchBatch[]): void {
    for (const { revision, events } of batches) {
      const own = below(watcher.prefix, events)
      if (own.length > 0) watcher.pending.push({ revision, events: own })
    }
    const last = batches[batches.length - 1]!.revision
    if (watcher.pending.at(-1)?.revision !== last) watcher.pending.push({ revision: last, events: [] })
    if (watcher.pending.length > limits.storeWatchBufferRevisionsMax) {
      watcher.pending = []
      watcher.behind = true
    }
  }

  /** What can be delivered now: live batches, or the next page of history. */
  #take(watcher: Watcher, from: number): WatchBatch[] {
    if (!watcher.behind) {
      const { pending } = watcher
      watcher.pending = []
      return pending
    }
    const oldest = this.#history.compactRevision()
    if (from < oldest) throw new CompactedError(oldest)
    const current = this.#history.currentRevision()
    const to = Math.min(current, from + limits.storeWatchPageRevisions - 1)
    // From here on nothing is missed: what is committed later goes to the buffer.
    if (to >= current) watcher.behind = false
    const batches = from > to ? [] : this.#history.read({ prefix: watcher.prefix, from, to })
    const reached = Math.min(to, current)
    if (reached >= from && batches.at(-1)?.revision !== reached) batches.push({ revision: reached, events: [] })
    return batches
  }
}

export function below(prefix: string, events: readonly StoreEvent[]): StoreEvent[] {
  return prefix === '' ? [...events] : events.filter((event) => keyOfEvent(event).startsWith(prefix))
}
