/**
 * The store in one SQLite file, with group commit: what arrives while the previous transaction is being synced to disk
 * shares the next transaction and its sync, and is answered after it. The transaction runs on the caller's thread, its
 * sync on Node's thread pool, so that a slow disk delays writers and nobody else (docs/decisions/2026-11-22-store-group-commit.md has the
 * figures). Until a sync ended nobody reads what it makes durable.
 */

import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk, OpenFile } from '../../platform/disk.ts'
import { messageOf } from '../../platform/log.ts'
import { endOfTurn } from '../../platform/turn.ts'
import { checkWrites } from '../commit-plan.ts'
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
  StoreUnavailableError,
  type WatchBatch,
  type WatchOptions,
  type Write,
} from '../store.ts'
import { WatchHub } from '../watch-hub.ts'
import { type Database, idsPerRevision, inTransaction, numberOf, openDatabase } from './database.ts'
import { type CommittedBatch, commitBatch } from './group-commit.ts'
import { countKeys, getAt, rangeAt, readEvents } from './read.ts'
import { asUnavailable } from './unavailable.ts'

export interface SqliteStoreOptions {
  /** The file; `<path>-wal` stands beside it. Created with mode 0600; its directory must exist. */
  path: string
  /** For times to live and for the age of history. */
  clock: Clock
  /** Makes the file and syncs it. */
  disk: Pick<Disk, 'stat' | 'write' | 'chmod' | 'open'>
  /** Default `limits.storeHistoryAgeMs`. */
  historyAgeMs?: number
  /** Default `limits.storeHistoryRevisionsMax`. */
  historyRevisionsMax?: number
  /** The file's largest size in pages of 8 KiB; beyond it counts as a full disk. Default: none. */
  pagesMax?: number
}

/** Rejects with `StoreUnavailableError` when the file is damaged, in use, or cannot be made. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, disk } = options
  try {
    if (await disk.stat(path)) await disk.chmod(path, 0o600)
    else await disk.write(path, '', { mode: 0o600 })
    const database = openDatabase(path)
    try {
      if (options.pagesMax !== undefined) database.db.exec(`pragma max_page_count = ${options.pagesMax}`)
      return new SqliteStore(database, await disk.open(`${path}-wal`, 'append'), options)
    } catch (error) {
      database.db.close()
      throw error
    }
  } catch (error) {
    throw asUnavailable(`opening the store ${path}`, error)
  }
}

interface QueuedCommit {
  writes: readonly Write[]
  resolve(result: CommitResult): void
  reject(error: unknown): void
}

class SqliteStore implements Store {
  readonly #database: Database
  readonly #clock: Clock
  readonly #hub: WatchHub
  readonly #expiry: Expiry
  readonly #compactor: Compactor
  readonly #queue: QueuedCommit[] = []
  readonly #wal: OpenFile
  #flushScheduled = false
  /** The sync under way; never rejects. */
  #syncing: Promise<void> | undefined
  /** The newest durable revision. */
  #revision: number
  #compacted: number
  #compaction: Promise<void> | undefined
  /** Why the last commit failed; cleared by the next success. */
  #failure: string | undefined
  #closed: StoreUnavailableError | undefined

  constructor(database: Database, wal: OpenFile, options: SqliteStoreOptions) {
    const { statements } = database
    this.#database = database
    this.#wal = wal
    this.#clock = options.clock
    this.#compacted = numberOf(statements.compacted.get())
    const newest = Math.floor(numberOf(statements.newestHistory.get()) / idsPerRevision)
    this.#revision = Math.max(1, this.#compacted, newest)
    this.#hub = new WatchHub({
      currentRevision: () => this.#revision,
      compactRevision: () => this.#compacted,
      read: (range) => this.#reading(() => readEvents(statements, range)),
    })
    this.#expiry = new Expiry(options.clock, (keys) => this.#removeExpired(keys))
    for (const row of statements.expiring.all()) this.#expiry.set(String(row.key), Number(row.expires_ms))
    this.#compactor = new Compactor({
      ...options,
      currentRevision: () => this.#revision,
      compact: (revision) => void this.#forgetBefore(revision),
    })
  }

  async get(key: string, revision?: number): Promise<{ item: KeyValue | undefined; revision: number }> {
    const at = await this.#readable(revision)
    const past = at < this.#revision
    return { item: this.#reading(() => getAt(this.#database.statements, { key, at, past })), revision: at }
  }

  async range(query: RangeQuery): Promise<RangeResult> {
    const at = await this.#readable(query.revision)
    const past = at < this.#revision
    return this.#reading(() => rangeAt(this.#database.statements, { ...query, at, past }))
  }

  async count(prefix: string): Promise<number> {
    await this.#readable()
    return this.#reading(() => countKeys(this.#database.statements, prefix))
  }

  commit(writes: readonly [Write, ...Write[]]): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#checkOpen()
      checkWrites(writes)
      if (this.#queue.length >= limits.storeCommitsQueuedMax) {
        throw new StoreUnavailableError(`committing: ${limits.storeCommitsQueuedMax} commits wait already`)
      }
      this.#queue.push({ writes, resolve, reject })
      this.#scheduleFlush()
    })
  }

  watch(options: WatchOptions): AsyncIterable<WatchBatch> {
    this.#checkOpen()
    return this.#hub.watch(options)
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen()
    return this.#revision
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen()
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision)
    await this.#forgetBefore(revision)
  }

  async health(): Promise<string | undefined> {
    if (this.#closed) return this.#closed.message
    if (this.#failure !== undefined) this.#probe()
    return this.#failure
  }

  async close(): Promise<void> {
    if (this.#closed) return
    while (this.#queue.length > 0 || this.#syncing !== undefined) {
      if (this.#syncing === undefined) this.#flush()
      await this.#syncing
    }
    this.#closeBy(new StoreUnavailableError('the store is closed'))
    await this.#compaction
    await this.#wal.close()
    this.#database.db.close()
  }

  #closeBy(error: StoreUnavailableError): void {
    this.#closed = error
    this.#expiry.close()
    this.#compactor.close()
    this.#hub.close(error)
    for (const commit of this.#queue.splice(0)) commit.reject(error)
  }

  #checkOpen(): void {
    if (this.#closed) throw this.#closed
  }

  /** The revision to read, once the file holds nothing that is not durable yet. */
  async #readable(revision?: number): Promise<number> {
    while (this.#syncing !== undefined) await this.#syncing
    this.#checkOpen()
    const at = revision ?? this.#revision
    if (at > this.#revision) throw new FutureRevisionError(this.#revision)
    if (at < this.#compacted) throw new CompactedError(this.#compacted)
    return at
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw asUnavailable('reading the store', error)
    }
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#syncing !== undefined) return
    this.#flushScheduled = true
    endOfTurn(() => {
      this.#flushScheduled = false
      if (!this.#closed && this.#syncing === undefined) this.#flush()
    })
  }

  #flush(): void {
    const commits = this.#queue.splice(0, limits.storeCommitsPerSyncMax)
    if (commits.length === 0) return
    try {
      const writes = commits.map((commit) => commit.writes)
      const now = { revision: this.#revision, nowMs: this.#clock.nowMs() }
      this.#makeDurable(commitBatch(this.#database, writes, now), commits)
    } catch (error) {
      const unavailable = asUnavailable('committing', error)
      this.#failure = unavailable.message
      for (const commit of commits) commit.reject(unavailable)
    }
    if (this.#queue.length > 0) this.#scheduleFlush()
  }

  #makeDurable(committed: CommittedBatch, commits: readonly QueuedCommit[]): void {
    // Conflicts alone wrote nothing.
    if (committed.batches.length === 0) {
      this.#answer(committed, commits)
      return
    }
    this.#syncing = this.#wal.sync().then(
      () => {
        this.#syncing = undefined
        this.#answer(committed, commits)
        if (this.#queue.length > 0) this.#scheduleFlush()
      },
      (error: unknown) => {
        this.#syncing = undefined
        this.#giveUp(error, commits)
      },
    )
  }

  #answer(committed: CommittedBatch, commits: readonly QueuedCommit[]): void {
    this.#failure = undefined
    this.#revision = committed.revision
    for (const [key, dueMs] of committed.expiries) {
      if (dueMs === undefined) this.#expiry.forget(key)
      else this.#expiry.set(key, dueMs)
    }
    this.#hub.publish(committed.batches)
    for (const [index, commit] of commits.entries()) commit.resolve(committed.results[index]!)
    this.#compactor.afterCommit(this.#revision)
  }

  /**
   * After a failed sync nobody knows what the disk holds, and a second sync would not tell the truth. Only reading the
   * file anew does, so the store stays closed until it is opened again.
   */
  #giveUp(error: unknown, commits: readonly QueuedCommit[]): void {
    const reason = messageOf(error)
    const unavailable = new StoreUnavailableError(
      `syncing the store to disk failed (${reason}); it must be opened again`,
    )
    for (const commit of commits) commit.reject(unavailable)
    this.#closeBy(unavailable)
    this.#database.db.close()
    void this.#wal.close().catch(() => {})
  }

  /** Whether writing works again, by writing. */
  #probe(): void {
    const { db, statements } = this.#database
    try {
      inTransaction(db, () => statements.probe.run())
      inTransaction(db, () => statements.unprobe.run())
      this.#failure = undefined
    } catch (error) {
      this.#failure = asUnavailable('writing', error).message
    }
  }

  /** Readers can't go below `revision` from now on; the rows follow in steps, between commits. */
  #forgetBefore(revision: number): Promise<void> {
    this.#compacted = Math.max(this.#compacted, revision)
    this.#compaction ??= this.#forgetInSteps().finally(() => {
      this.#compaction = undefined
    })
    return this.#compaction
  }

  async #forgetInSteps(): Promise<void> {
    const { db, statements } = this.#database
    for (;;) {
      await new Promise<void>(endOfTurn)
      if (this.#closed) return
      const endId = this.#compacted * idsPerRevision
      const oldestId = numberOf(statements.oldestHistory.get())
      const stepId = Math.min(endId, oldestId + limits.storeCompactionStepRevisions * idsPerRevision)
      try {
        inTransaction(db, () => {
          statements.setCompacted.run(this.#compacted)
          statements.forget.run(stepId)
        })
      } catch (error) {
        // The next compaction starts where this one stopped; commits report the same trouble to those who wait.
        this.#failure = asUnavailable('compacting', error).message
        return
      }
      if (oldestId === 0 || stepId >= this.#compacted * idsPerRevision) return
    }
  }

  async #removeExpired(keys: string[]): Promise<void> {
    const { statements } = this.#database
    const nowMs = this.#clock.nowMs()
    const removals = keys.map(async (key) => {
      const row = statements.expiryOf.get(key)
      // Written again since: its new time, if it has one, is known already.
      if (row && Number(row.expires_ms) > nowMs) return
      if (row) await this.commit([{ op: 'delete', key, expected: Number(row.modified) }])
      else this.#expiry.forget(key)
    })
    // A key that could not be removed now is still due, and the next sweep takes it.
    await Promise.allSettled(removals)
  }
}
