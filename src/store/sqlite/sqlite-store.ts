/**
 * The store in one SQLite file, with group commit: what arrives while the previous transaction is being synced to disk
 * shares the next transaction and its sync, and is answered after it. The transaction runs on the caller's thread, its
 * sync on Node's thread pool (docs/decisions/2026-11-22-store-group-commit.md has the figures). Until a sync ended nobody
 * reads what it makes durable.
 *
 * One thing writes at a time: a group of commits, a step of a compaction, or a checkpoint, which commits wait for.
 */
import { limits } from '../../limits.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
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
import { pageBytes } from './database.ts'
import { type LogDisk, logPath, SyncFailedError } from './durable-log.ts'
import { StoreFile } from './file.ts'
import { type CommittedBatch, commitBatch } from './group-commit.ts'
import { countKeys, getAt, rangeAt, readEvents } from './read.ts'
import { mayUseReserve, type ReserveDisk } from './reserve.ts'
import { asUnavailable, isDamage, isFull } from './unavailable.ts'

export interface SqliteStoreOptions {
  /** The file; `<path>-wal` stands beside it. Created with mode 0600; its directory must exist. */
  path: string
  /** For times to live and for the age of history. */
  clock: Clock
  /** Makes the file and syncs it. */
  disk: LogDisk & ReserveDisk
  /** Room kept on the disk for when it is full; see `Reserve`. Default 0: none. */
  reserveBytes?: number
  /** Default `limits.storeHistoryAgeMs`. */
  historyAgeMs?: number
  /** Default `limits.storeHistoryRevisionsMax`. */
  historyRevisionsMax?: number
  /** Default `limits.storeHistoryBytesMax`. */
  historyBytesMax?: number
  /** Where revisions begin in a file without any; what came before counts as compacted. Default 1. */
  firstRevision?: number
  /** The file's largest size in pages of 8 KiB; beyond it counts as a full disk. Default: none. */
  pagesMax?: number
  /** Default `limits.storeSyncOnThreadMsMax`. */
  syncOnThreadMsMax?: number
  /** Default `limits.storeCheckpointPages`. */
  checkpointPages?: number
}

/** Rejects with `StoreUnavailableError` when the file is damaged, in use, or cannot be made. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return new SqliteStore(await StoreFile.open(options), options)
}

interface QueuedCommit {
  writes: readonly Write[]
  resolve(result: CommitResult): void
  reject(error: unknown): void
}

/** Renewals of leases and repeated events, whose writers have time. They are durable before the answer like all else. */
function isPatient({ op, key, expected }: Write): boolean {
  return op === 'put' && expected !== 0 && patientPrefixes.some((prefix) => key.startsWith(prefix))
}

const patientPrefixes = ['/registry/leases/', '/registry/masterleases/', '/registry/events/']

const onlyWhatEnds = 'committing: the disk is full, only deletions and small changes are taken until there is space'

class SqliteStore implements Store {
  readonly #options: SqliteStoreOptions
  readonly #clock: Clock
  readonly #hub: WatchHub
  readonly #expiry: Expiry
  readonly #compactor: Compactor
  readonly #queue: QueuedCommit[] = []
  #file: StoreFile
  #flushScheduled = false
  /** Set while nothing waits but what is patient. */
  #waiting: CancelTimer | undefined
  /** A sync or checkpoint under way, during which nothing is written; never rejects. */
  #busy: Promise<void> | undefined
  /** Whether the file holds a commit that is not durable yet. */
  #unsynced = false
  /** The newest durable revision. */
  #revision: number
  #compacted: number
  #compaction: Promise<void> | undefined
  /** Why the last commit failed; cleared by the next success. */
  #failure: string | undefined
  /** What reading found to be damaged. */
  #damage: string | undefined
  /** Set while a failed sync is being made good; never rejects. */
  #recovery: Promise<void> | undefined
  /** When the reserve may be made again, in monotonic time. */
  #reserveDueMs = 0
  readonly #closing = new AbortController()
  #closed: StoreUnavailableError | undefined

  constructor(file: StoreFile, options: SqliteStoreOptions) {
    this.#file = file
    this.#options = options
    this.#clock = options.clock
    this.#compacted = file.compacted
    this.#revision = file.revision
    this.#hub = new WatchHub({
      currentRevision: () => this.#revision,
      compactRevision: () => this.#compacted,
      read: (range) => this.#reading(() => readEvents(this.#file, range)),
    })
    this.#expiry = new Expiry(options.clock, (keys) => this.#removeExpired(keys))
    this.#compactor = new Compactor({
      ...options,
      currentRevision: () => this.#revision,
      compact: (revision) => void this.#forgetBefore(revision),
    })
    this.#compactor.afterCommit(this.#revision, file.historyBytes)
    this.#learnExpiries()
  }

  async get(key: string, revision?: number): Promise<{ item: KeyValue | undefined; revision: number }> {
    const at = await this.#readable(revision)
    const past = at < this.#revision
    return { item: this.#reading(() => getAt(this.#file, { key, at, past })), revision: at }
  }

  async range(query: RangeQuery): Promise<RangeResult> {
    const at = await this.#readable(query.revision)
    const past = at < this.#revision
    return this.#reading(() => rangeAt(this.#file, { ...query, at, past }))
  }

  async count(prefix: string): Promise<number> {
    await this.#readable()
    return this.#reading(() => countKeys(this.#file.statements, prefix))
  }

  commit(writes: readonly [Write, ...Write[]]): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#checkOpen()
      checkWrites(writes)
      if (this.#queue.length >= limits.storeCommitsQueuedMax) {
        throw new StoreUnavailableError(`committing: ${limits.storeCommitsQueuedMax} commits wait already`)
      }
      this.#queue.push({ writes, resolve, reject })
      if (writes.every(isPatient)) this.#flushSoon()
      else this.#scheduleFlush()
    })
  }

  watch(options: WatchOptions): AsyncIterable<WatchBatch> {
    if (this.#closed) throw this.#closed
    return this.#hub.watch(options)
  }

  currentRevision(): number {
    this.#checkOpen()
    return this.#revision
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen()
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision)
    await this.#forgetBefore(revision)
  }

  async sizeBytes(): Promise<number> {
    this.#checkOpen()
    const { path, disk } = this.#options
    const files = await Promise.all([path, logPath(path)].map((each) => disk.stat(each)))
    return files.reduce((bytes, file) => bytes + (file?.sizeBytes ?? 0), 0)
  }

  async health(): Promise<string | undefined> {
    if (this.#closed) return this.#closed.message
    if (this.#damage !== undefined) return this.#damage
    if (this.#file.reserve.givenUp) await this.#makeReserve()
    if (this.#file.reserve.givenUp) return onlyWhatEnds
    if (this.#failure !== undefined && this.#recovery === undefined) {
      await this.#idle()
      if (!this.#closed && this.#recovery === undefined) this.#probe()
    }
    return this.#failure
  }

  async close(): Promise<void> {
    if (this.#closed) return
    while (this.#recovery === undefined && (this.#queue.length > 0 || this.#busy !== undefined)) {
      if (this.#busy === undefined) this.#flush()
      await this.#busy
    }
    const error = new StoreUnavailableError('the store is closed')
    this.#closed = error
    this.#waiting?.()
    this.#closing.abort(error)
    this.#expiry.close()
    this.#compactor.close()
    this.#hub.close(error)
    await Promise.all([this.#compaction, this.#recovery])
    await this.#file.close()
  }

  #probe(): void {
    try {
      this.#failure = this.#file.probe()
    } catch (error) {
      this.#lose(error, [])
    }
  }

  #learnExpiries(): void {
    for (const row of this.#file.statements.expiring.all()) this.#expiry.set(String(row.key), Number(row.expires_ms))
  }

  #checkOpen(): void {
    if (this.#closed) throw this.#closed
    if (this.#recovery !== undefined)
      throw new StoreUnavailableError(this.#failure ?? 'the store is being opened again')
  }

  /** The revision to read, once the file holds nothing that is not durable yet. */
  async #readable(revision?: number): Promise<number> {
    while (this.#unsynced) await this.#busy
    this.#checkOpen()
    const at = revision ?? this.#revision
    if (at > this.#revision) throw new FutureRevisionError(this.#revision)
    if (at < this.#compacted) throw new CompactedError(this.#compacted)
    return at
  }

  /** Resolves when nothing is being synced. What follows in the same turn may write. */
  async #idle(): Promise<void> {
    while (this.#busy !== undefined) await this.#busy
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      const unavailable = asUnavailable('reading the store', error)
      // Writing may still work: what was found damaged stays so until a snapshot is restored.
      if (isDamage(error)) this.#damage = unavailable.message
      throw unavailable
    }
  }

  /** Waits a little for company: in a quiet cluster the renewals of several leases share one sync. */
  #flushSoon(): void {
    this.#waiting ??= this.#clock.after(limits.storePatienceMs, () => {
      this.#waiting = undefined
      this.#scheduleFlush()
    })
  }

  #scheduleFlush(): void {
    this.#waiting?.()
    this.#waiting = undefined
    if (this.#flushScheduled || this.#busy !== undefined) return
    this.#flushScheduled = true
    endOfTurn(() => {
      this.#flushScheduled = false
      if (!this.#closed && this.#busy === undefined) this.#flush()
    })
  }

  #flush(): void {
    if (this.#file.reserve.givenUp) this.#refuseWhatIsNew()
    const commits = this.#queue.splice(0, limits.storeCommitsPerSyncMax)
    if (commits.length === 0) return
    try {
      this.#file.log.passBarrier(this.#file)
      const writes = commits.map((commit) => commit.writes)
      const now = { revision: this.#revision, nowMs: this.#clock.nowMs() }
      this.#makeDurable(commitBatch(this.#file, writes, now), commits)
    } catch (error) {
      if (error instanceof SyncFailedError) return this.#lose(error, commits)
      if (isFull(error) && this.#file.reserve.held) return this.#makeRoomFor(commits)
      const unavailable = asUnavailable('committing', error)
      if (isDamage(error)) this.#damage = unavailable.message
      this.#failure = unavailable.message
      for (const commit of commits) commit.reject(unavailable)
      if (this.#queue.length > 0) this.#scheduleFlush()
    }
  }

  #makeRoomFor(commits: readonly QueuedCommit[]): void {
    const done = (): void => {
      this.#busy = undefined
      this.#reserveDueMs = this.#clock.monotonicMs() + limits.storeReserveRetryMs
      this.#queue.unshift(...commits)
      this.#scheduleFlush()
    }
    this.#busy = this.#file.makeRoom().then(done, (error: unknown) => this.#lose(error, commits))
  }

  #refuseWhatIsNew(): void {
    const [taken, refused] = [[], []] as [QueuedCommit[], QueuedCommit[]]
    for (const commit of this.#queue.splice(0)) (mayUseReserve(commit.writes) ? taken : refused).push(commit)
    this.#queue.push(...taken)
    for (const { reject } of refused) reject(new StoreUnavailableError(onlyWhatEnds))
    if (refused.length > 0) void this.#makeReserve()
  }

  /** As there may be space again. */
  async #makeReserve(): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < this.#reserveDueMs) return
    this.#reserveDueMs = nowMs + limits.storeReserveRetryMs
    await this.#file.reserve.make()
  }

  #makeDurable(committed: CommittedBatch, commits: readonly QueuedCommit[]): void {
    // Conflicts alone wrote nothing.
    if (committed.batches.length === 0) {
      this.#answer(committed, commits)
      this.#goOn()
      return
    }
    const { log, history } = this.#file
    // Before it is durable: whoever reads what was there before must not take the new state for it.
    for (const entry of committed.entries) history.append(entry)
    const { entries, bytes, valueBytes } = committed
    log.wrote(entries.length * 3 + Math.ceil((bytes + valueBytes) / pageBytes))
    this.#unsynced = true
    const done = (): void => {
      this.#busy = undefined
      this.#unsynced = false
      this.#answer(committed, commits)
      this.#goOn()
    }
    try {
      const syncing = log.sync(commits.length === 1 && this.#queue.length === 0)
      if (syncing !== undefined) this.#busy = syncing.then(done, (error: unknown) => this.#lose(error, commits))
      else done()
    } catch (error) {
      this.#lose(error, commits)
    }
  }

  #answer(committed: CommittedBatch, commits: readonly QueuedCommit[]): void {
    this.#failure = undefined
    this.#revision = committed.revision
    committed.expiries.forEach((dueMs, key) => {
      if (dueMs === undefined) this.#expiry.forget(key)
      else this.#expiry.set(key, dueMs)
    })
    this.#hub.publish(committed.batches)
    for (let index = 0; index < commits.length; index++) commits[index]!.resolve(committed.results[index]!)
    this.#compactor.afterCommit(this.#revision, committed.bytes)
  }

  /** What comes after a sync: a checkpoint that is due, or the commits that came meanwhile. */
  #goOn(): void {
    const { log } = this.#file
    if (!log.checkpointDue) {
      if (this.#queue.length > 0) this.#scheduleFlush()
      return
    }
    this.#busy = this.#file.checkpoint().then(
      (problem) => {
        this.#busy = undefined
        if (problem !== undefined) this.#failure = problem
        if (this.#queue.length > 0) this.#scheduleFlush()
      },
      (error: unknown) => this.#lose(error, []),
    )
  }

  /**
   * A sync failed: nobody knows what the disk holds of these commits. The store takes nothing until its log was written
   * anew and the file was read again, which is tried until it succeeds.
   */
  #lose(error: unknown, commits: readonly QueuedCommit[]): void {
    const reason = `syncing the store to disk failed (${messageOf(error)}), it is being written anew`
    this.#busy = undefined
    this.#unsynced = false
    this.#failure = reason
    const unknown = new StoreUnavailableError(reason, { cause: error, outcomeUnknown: true })
    for (const commit of commits) commit.reject(unknown)
    const untouched = new StoreUnavailableError(reason, { cause: error })
    for (const commit of this.#queue.splice(0)) commit.reject(untouched)
    this.#recovery ??= this.#recover().finally(() => {
      this.#recovery = undefined
    })
  }

  async #recover(): Promise<void> {
    await this.#compaction
    const file = await this.#file.recover(this.#options, async (problem) => {
      this.#failure = problem
      await this.#clock.sleep(limits.storeRecoveryRetryMs, this.#closing.signal)
    })
    if (!file) return
    const known = this.#revision
    this.#file = file
    this.#revision = Math.max(known, file.revision)
    this.#failure = undefined
    this.#learnExpiries()
    const range = { prefix: '', from: known + 1, to: this.#revision }
    if (this.#revision > known) this.#hub.publish(readEvents(file, range))
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
    try {
      while ((await this.#step(() => this.#file.forgetStep(this.#compacted))) || (await this.#vacuumStep()));
    } catch (error) {
      if (error instanceof SyncFailedError) return this.#lose(error, [])
      // The next compaction starts where this one stopped; commits report the same trouble to those who wait.
      this.#failure = asUnavailable('compacting', error).message
    }
  }

  #vacuumStep(): Promise<boolean> {
    return this.#step(() => this.#file.vacuumStep())
  }

  /** Between two groups of commits, and synced before the next one is written. Resolves with whether more is left to do. */
  async #step(write: () => boolean): Promise<boolean> {
    await new Promise<void>(endOfTurn)
    await this.#idle()
    if (this.#closed || this.#recovery !== undefined) return false
    const more = write()
    const { log } = this.#file
    if (!log.unsynced) return more
    const done = (): void => {
      this.#busy = undefined
      this.#goOn()
    }
    this.#busy = log.sync(false)?.then(done, (error: unknown) => this.#lose(error, []))
    return more
  }

  async #removeExpired(keys: string[]): Promise<void> {
    if (this.#closed || this.#recovery !== undefined) return
    const { statements } = this.#file
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
