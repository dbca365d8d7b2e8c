/** The open file of a store: its database, the log that makes it durable, and what is kept in memory of its history. */
import { limits } from '../../limits.ts'
import {
  type Database,
  idsPerRevision,
  inTransaction,
  numberOf,
  openDatabase,
  pageBytes,
  type Statements,
  setDurability,
} from './database.ts'
import { DurableLog, logPath, rescueLog, restoreLog, SyncFailedError } from './durable-log.ts'
import { HistoryIndex } from './history-index.ts'
import { checkLog } from './log-check.ts'
import { Reserve } from './reserve.ts'
import type { SqliteStoreOptions } from './sqlite-store.ts'
import { asUnavailable, isFull } from './unavailable.ts'

export class StoreFile implements Database {
  readonly db: Database['db']
  readonly statements: Statements
  readonly log: DurableLog
  readonly reserve: Reserve
  readonly history: HistoryIndex
  readonly historyBytes: number
  #closed = false

  private constructor(database: Database, log: DurableLog, reserve: Reserve) {
    this.db = database.db
    this.statements = database.statements
    this.log = log
    this.reserve = reserve
    this.history = new HistoryIndex()
    let bytes = 0
    for (const row of this.statements.historyKeys.all()) {
      const key = String(row.key)
      this.history.append({ id: Number(row.id), key, replaced: row.replaced === 1 })
      bytes += key.length + Number(row.bytes ?? 0)
    }
    this.historyBytes = bytes
  }

  /** Rejects with `StoreUnavailableError`. */
  static async open(options: SqliteStoreOptions): Promise<StoreFile> {
    const { path, disk, reserveBytes = 0 } = options
    try {
      const reserve = await Reserve.of(path, disk, reserveBytes)
      const file = await StoreFile.#open(options, reserve).catch(async (error: unknown) => {
        if (!isFull(error) || !(await reserve.giveUp())) throw error
        return await StoreFile.#open(options, reserve)
      })
      // Nobody who starts has to wait for it.
      void reserve.make()
      return file
    } catch (error) {
      throw asUnavailable(`opening the store ${path}`, error)
    }
  }

  static async #open(options: SqliteStoreOptions, reserve: Reserve): Promise<StoreFile> {
    const { path, disk, pagesMax, firstRevision = 1 } = options
    await restoreLog(disk, path)
    await checkLog(disk, path)
    if (await disk.stat(path)) await disk.chmod(path, 0o600)
    else await disk.write(path, '', { mode: 0o600 })
    const database = openDatabase(path)
    let log: DurableLog | undefined
    try {
      beginAt(database, firstRevision)
      setDurability(database.db, 'off')
      if (pagesMax !== undefined) database.db.exec(`pragma max_page_count = ${pagesMax}`)
      log = await DurableLog.open(options)
      return new StoreFile(database, log, reserve)
    } catch (error) {
      database.db.close()
      await log?.close()
      throw error
    }
  }

  get compacted(): number {
    return numberOf(this.statements.compacted.get())
  }

  get revision(): number {
    const newest = Math.floor(numberOf(this.statements.newestHistory.get()) / idsPerRevision)
    return Math.max(1, this.compacted, newest)
  }

  /** Whether writing works, by writing: undefined, or what is wrong. Throws `SyncFailedError`. */
  probe(): string | undefined {
    try {
      this.log.passBarrier(this)
      inTransaction(this, () => this.statements.probe.run())
      this.log.syncNow()
      inTransaction(this, () => this.statements.unprobe.run())
      this.log.syncNow()
      return undefined
    } catch (error) {
      if (error instanceof SyncFailedError) throw error
      return asUnavailable('writing', error).message
    }
  }

  /** Brings the log into the file. Resolves with what SQLite had against it; rejects when a sync failed. */
  async checkpoint(): Promise<string | undefined> {
    try {
      await this.log.checkpoint(this)
      return undefined
    } catch (error) {
      // SQLite's own errors leave everything as it was.
      if ((error as { errcode?: number }).errcode === undefined) throw error
      return asUnavailable('bringing the log into the file', error).message
    }
  }

  /**
   * Gives the reserve up on a full disk, and takes what of it will be needed into the file at once, before others fill the
   * disk: pages that are free, and a log that is begun anew where it stands. Rejects when a sync failed.
   */
  async makeRoom(): Promise<void> {
    await this.reserve.giveUp()
    await this.checkpoint()
    const pages = limits.storeFreePagesKept
    try {
      inTransaction(this, () => this.statements.pad.run(pages * pageBytes))
      inTransaction(this, () => this.statements.unprobe.run())
    } catch (error) {
      // Others were faster: what is taken now finds the pages that were free before.
      if (!isFull(error)) throw error
    }
    this.log.wrote(pages)
    await this.checkpoint()
  }

  /** Forgets some of the history before a revision; false when nothing is left to forget. */
  forgetStep(compacted: number): boolean {
    this.log.passBarrier(this)
    const endId = compacted * idsPerRevision
    const oldestId = this.history.oldestId
    const stepId = Math.min(endId, (oldestId ?? endId) + limits.storeCompactionStepRevisions * idsPerRevision)
    if (compacted > this.compacted || (oldestId !== undefined && oldestId < endId)) {
      inTransaction(this, () => {
        this.statements.setCompacted.run(compacted)
        this.statements.forget.run(stepId)
      })
      this.history.forgetBefore(stepId)
      this.log.wrote(limits.storeCompactionStepRevisions / 2)
    }
    return (this.history.oldestId ?? endId) < endId
  }

  /** Gives some free pages back to the file system, by the next checkpoint; false when few are left. */
  vacuumStep(): boolean {
    this.log.passBarrier(this)
    const free = numberOf(this.statements.freePages.get())
    const kept = Math.max(limits.storeFreePagesKept, numberOf(this.statements.pages.get()) / 10)
    if (free <= kept) return false
    this.db.exec(`pragma incremental_vacuum(${limits.storeVacuumStepPages})`)
    this.log.wrote(limits.storeVacuumStepPages)
    return numberOf(this.statements.freePages.get()) < free
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    // The file's own descriptor is closed last: closing it would give up SQLite's lock.
    setDurability(this.db, 'full')
    this.db.close()
    await this.log.close()
    await this.reserve.close()
  }

  /**
   * After a failed sync: writes the log anew, and opens the file again. `failed` is told of each attempt that failed and
   * says when to try again; undefined when it does not want to.
   */
  async recover(
    options: SqliteStoreOptions,
    failed: (problem: string) => Promise<void>,
  ): Promise<StoreFile | undefined> {
    const { disk, path } = options
    let rescued = false
    for (;;) {
      try {
        if (!rescued) await rescueLog(disk, path)
        rescued = true
        await this.#abandon()
        return await StoreFile.open(options)
      } catch (error) {
        const wanted = await failed(asUnavailable(`writing ${logPath(path)} anew`, error).message).then(
          () => true,
          () => false,
        )
        if (!wanted) return undefined
      }
    }
  }

  async #abandon(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.db.close()
    await this.log.close().catch(() => undefined)
    await this.reserve.close()
  }
}

function beginAt({ statements }: Database, revision: number): void {
  const fresh = numberOf(statements.compacted.get()) === 0 && statements.newestHistory.get()?.['max(id)'] === null
  if (fresh && revision > 1) statements.setCompacted.run(revision)
}
