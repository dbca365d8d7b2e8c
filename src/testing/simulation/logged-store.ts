/**
 * The memory store behind a simulated log: a commit is applied, seen by watchers and acknowledged only after the log was
 * synced; after a crash the store is made again from what the log still holds. Commits that come while a sync is under
 * way share the next one, as in the SQLite store.
 */
import type { Clock } from '../../platform/clock.ts'
import { checkWrites } from '../../store/commit-plan.ts'
import { Expiry } from '../../store/expiry.ts'
import type { ForkableStore } from '../../store/memory/memory-store.ts'
import {
  type CommitResult,
  type RangeQuery,
  type Store,
  StoreUnavailableError,
  type WatchOptions,
  type Write,
} from '../../store/store.ts'
import type { Log, LogRecord } from './log.ts'

export interface LoggedStoreParts {
  /** What was there before the log's first record. Left as it is. */
  image: ForkableStore
  log: Log
  clock: Clock
  /** Told of each revision when it can be read, before anybody else. */
  onCommit(record: LogRecord, revision: number): void
}

interface Waiting {
  record: LogRecord
  done: PromiseWithResolvers<CommitResult>
}

export class LoggedStore implements Store {
  readonly #parts: LoggedStoreParts
  readonly #base: ForkableStore
  readonly #expiry: Expiry
  #waiting: Waiting[] = []
  #syncing = false
  #dead = false

  private constructor(parts: LoggedStoreParts) {
    this.#parts = parts
    this.#base = parts.image.fork({ clock: parts.clock })
    this.#expiry = new Expiry(parts.clock, (keys) => this.#removeExpired(keys))
  }

  /** The store as the log has it. */
  static async recover(parts: LoggedStoreParts): Promise<LoggedStore> {
    const store = new LoggedStore(parts)
    for (const record of parts.log.records) await store.#apply(record)
    return store
  }

  get(key: string, revision?: number) {
    return this.#open().get(key, revision)
  }

  range(query: RangeQuery) {
    return this.#open().range(query)
  }

  count(prefix: string) {
    return this.#open().count(prefix)
  }

  watch(options: WatchOptions) {
    return this.#open().watch(options)
  }

  async currentRevision() {
    return await this.#open().currentRevision()
  }

  compact(revision: number) {
    return this.#open().compact(revision)
  }

  sizeBytes() {
    return this.#open().sizeBytes()
  }

  async health() {
    return this.#dead ? 'the store is closed' : undefined
  }

  async commit(writes: readonly [Write, ...Write[]]): Promise<CommitResult> {
    this.#open()
    checkWrites(writes)
    const nowMs = this.#parts.clock.nowMs()
    const expiries = writes.flatMap((write) =>
      write.op === 'put' && write.ttlSeconds ? [[write.key, nowMs + write.ttlSeconds * 1000] as const] : [],
    )
    const done = Promise.withResolvers<CommitResult>()
    this.#waiting.push({ record: { writes, expiries }, done })
    if (!this.#syncing) void this.#syncAll()
    return done.promise
  }

  async close(): Promise<void> {
    if (this.#dead) return
    this.#dead = true
    const error = new StoreUnavailableError('the store is closed')
    for (const { done } of this.#waiting.splice(0)) done.reject(error)
    this.#expiry.close()
    await this.#base.close()
  }

  #open(): ForkableStore {
    if (this.#dead) throw new StoreUnavailableError('the store is closed')
    return this.#base
  }

  async #syncAll(): Promise<void> {
    this.#syncing = true
    while (this.#waiting.length > 0 && !this.#dead) {
      const appended = this.#waiting.splice(0).filter((waiting) => this.#append(waiting))
      await this.#parts.log.sync()
      for (const { record, done } of appended) {
        if (this.#dead) done.reject(new StoreUnavailableError('the store is closed'))
        else done.resolve(await this.#apply(record))
      }
    }
    this.#syncing = false
  }

  #append({ record, done }: Waiting): boolean {
    try {
      this.#parts.log.append(record)
      return true
    } catch (error) {
      done.reject(error)
      return false
    }
  }

  async #apply(record: LogRecord): Promise<CommitResult> {
    const [first, ...rest] = record.writes
    const before = await this.#base.currentRevision()
    const result = await this.#base.commit([forever(first), ...rest.map(forever)])
    if (!result.ok || result.revision === before) return result
    for (const { key } of record.writes) this.#expiry.forget(key)
    for (const [key, dueMs] of record.expiries) this.#expiry.set(key, dueMs)
    this.#parts.onCommit(record, result.revision)
    return result
  }

  async #removeExpired(keys: string[]): Promise<void> {
    for (const key of keys) if (!this.#dead) await this.commit([{ op: 'delete', key }])
  }
}

/** Times to live are kept here, where a key's end goes through the log. */
function forever(write: Write): Write {
  if (write.op === 'delete' || write.ttlSeconds === undefined) return write
  const { ttlSeconds: _, ...rest } = write
  return rest
}
