/** The store in memory, for tests and the library: everything happens within the call, nothing outlives the process. */
import type { Clock } from '../../platform/clock.ts'
import { checkWrites, eventOf, keyOfEvent, planCommit, prefixEnd } from '../commit-plan.ts'
import { Compactor } from '../compactor.ts'
import { Expiry } from '../expiry.ts'
import {
  type CommitResult,
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  type RangeQuery,
  type RangeResult,
  type Store,
  type StoreEvent,
  StoreUnavailableError,
  type WatchBatch,
  type WatchOptions,
  type Write,
} from '../store.ts'
import { below, WatchHub } from '../watch-hub.ts'
import { SortedKeys } from './sorted-keys.ts'

export interface MemoryStoreOptions {
  /** For times to live and for the age of history. */
  clock: Clock
  /** Default `limits.storeHistoryAgeMs`. */
  historyAgeMs?: number
  /** Default `limits.storeHistoryRevisionsMax`. */
  historyRevisionsMax?: number
}

/** A store whose present or past can be branched off. */
export interface ForkableStore extends Store {
  /**
   * An independent store that holds what this one held at `revision` (default: now) and goes on from there. Values are
   * shared, history is not copied. Throws `CompactedError` or `FutureRevisionError`.
   */
  fork(options: MemoryStoreOptions, revision?: number): ForkableStore
}

export function memoryStore(options: MemoryStoreOptions): ForkableStore {
  return new MemoryStore(options)
}

class MemoryStore implements ForkableStore {
  readonly #clock: Clock
  readonly #items = new Map<string, KeyValue>()
  readonly #keys = new SortedKeys()
  readonly #hub: WatchHub
  readonly #expiry: Expiry
  readonly #compactor: Compactor
  /** Events by revision, without gaps: `#history[i]` is revision `#historyStart + i`. */
  #history: StoreEvent[][] = []
  #historyStart = 2
  #revision = 1
  #compacted = 0
  #closed = false

  constructor(options: MemoryStoreOptions) {
    this.#clock = options.clock
    this.#expiry = new Expiry(options.clock, (keys) => this.#removeExpired(keys))
    this.#compactor = new Compactor({
      ...options,
      currentRevision: () => this.#revision,
      compact: (revision) => this.#forgetBefore(revision),
    })
    this.#hub = new WatchHub({
      currentRevision: () => this.#revision,
      compactRevision: () => this.#compacted,
      read: ({ prefix, from, to }) => this.#read(prefix, from, to),
    })
  }

  async get(key: string, revision?: number): Promise<{ item: KeyValue | undefined; revision: number }> {
    const at = this.#readable(revision)
    const overrides = this.#overrides(at, key)
    return { item: overrides.has(key) ? overrides.get(key) : this.#items.get(key), revision: at }
  }

  async range({ prefix, after, limit = 0, revision }: RangeQuery): Promise<RangeResult> {
    const at = this.#readable(revision)
    const overrides = this.#overrides(at, prefix)
    const end = prefixEnd(prefix)
    const items: KeyValue[] = []
    let remaining = 0
    for (const key of this.#keysAt(overrides, prefix, end)) {
      if (after !== undefined && key <= after) continue
      const item = overrides.has(key) ? overrides.get(key) : this.#items.get(key)
      if (!item) continue
      if (limit > 0 && items.length >= limit) remaining++
      else items.push(item)
    }
    return { items, revision: at, remaining }
  }

  async count(prefix: string): Promise<number> {
    this.#open()
    let count = 0
    for (const _key of this.#keys.between(prefix, prefixEnd(prefix))) count++
    return count
  }

  async commit(writes: readonly [Write, ...Write[]]): Promise<CommitResult> {
    this.#open()
    checkWrites(writes)
    const plan = planCommit(writes, (key) => this.#items.get(key))
    if (!plan.ok) return { ok: false, key: plan.key, current: plan.current, revision: this.#revision }
    if (plan.changes.length === 0) return { ok: true, revision: this.#revision }
    const revision = ++this.#revision
    const events = plan.changes.map((change) => eventOf(change, revision))
    for (const event of events) this.#apply(event)
    for (const { write } of plan.changes) {
      if (write.op === 'put' && write.ttlSeconds) {
        this.#expiry.set(write.key, this.#clock.nowMs() + write.ttlSeconds * 1000)
      } else this.#expiry.forget(write.key)
    }
    this.#history.push(events)
    this.#hub.publish([{ revision, events }])
    this.#compactor.afterCommit(revision)
    return { ok: true, revision }
  }

  watch(options: WatchOptions): AsyncIterable<WatchBatch> {
    this.#open()
    return this.#hub.watch(options)
  }

  fork(options: MemoryStoreOptions, revision?: number): ForkableStore {
    const at = this.#readable(revision)
    const fork = new MemoryStore(options)
    const overrides = this.#overrides(at, '')
    for (const key of this.#keysAt(overrides, '', undefined)) {
      const item = overrides.has(key) ? overrides.get(key) : this.#items.get(key)
      if (!item) continue
      fork.#items.set(key, item)
      fork.#keys.append(key)
    }
    fork.#revision = at
    fork.#compacted = at
    fork.#historyStart = at + 1
    for (const [key, dueMs] of this.#expiry.due()) if (fork.#items.has(key)) fork.#expiry.set(key, dueMs)
    return fork
  }

  currentRevision(): number {
    this.#open()
    return this.#revision
  }

  async compact(revision: number): Promise<void> {
    this.#open()
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision)
    this.#forgetBefore(revision)
  }

  async sizeBytes(): Promise<number> {
    this.#open()
    let bytes = 0
    for (const { key, value } of this.#items.values()) bytes += key.length + value.length
    return bytes
  }

  async health(): Promise<string | undefined> {
    return this.#closed ? 'the store is closed' : undefined
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#expiry.close()
    this.#compactor.close()
    this.#hub.close(new StoreUnavailableError('the store is closed'))
  }

  #open(): void {
    if (this.#closed) throw new StoreUnavailableError('the store is closed')
  }

  #readable(revision = this.#revision): number {
    this.#open()
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision)
    if (revision < this.#compacted) throw new CompactedError(this.#compacted)
    return revision
  }

  #apply(event: StoreEvent): void {
    if (event.type === 'put') {
      this.#items.set(event.item.key, event.item)
      if (!event.previous) this.#keys.add(event.item.key)
    } else {
      this.#items.delete(event.key)
      this.#keys.delete(event.key)
    }
  }

  /** Keys below `prefix` that were written after `revision`, with what they were then. */
  #overrides(revision: number, prefix: string): Map<string, KeyValue | undefined> {
    const overrides = new Map<string, KeyValue | undefined>()
    for (let at = this.#revision; at > revision; at--) {
      for (const event of below(prefix, this.#history[at - this.#historyStart] ?? [])) {
        overrides.set(keyOfEvent(event), event.previous)
      }
    }
    return overrides
  }

  *#keysAt(overrides: Map<string, KeyValue | undefined>, prefix: string, end: string | undefined): Iterable<string> {
    const gone = [...overrides.keys()].filter((key) => !this.#items.has(key)).sort()
    let next = 0
    for (const key of this.#keys.between(prefix, end)) {
      while (next < gone.length && gone[next]! < key) yield gone[next++]!
      yield key
    }
    while (next < gone.length) yield gone[next++]!
  }

  #read(prefix: string, from: number, to: number): WatchBatch[] {
    const batches: WatchBatch[] = []
    for (let revision = Math.max(from, this.#historyStart); revision <= to; revision++) {
      const events = below(prefix, this.#history[revision - this.#historyStart] ?? [])
      if (events.length > 0) batches.push({ revision, events })
    }
    return batches
  }

  #forgetBefore(revision: number): void {
    if (revision <= this.#compacted) return
    this.#compacted = revision
    const count = revision - this.#historyStart
    if (count <= 0) return
    this.#history = this.#history.slice(count)
    this.#historyStart = revision
  }

  async #removeExpired(keys: string[]): Promise<void> {
    for (const key of keys) if (!this.#closed) await this.commit([{ op: 'delete', key }])
  }
}
