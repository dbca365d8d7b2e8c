/**
 * Makes what SQLite wrote durable, so that only syncs that are needed are waited for, and none holds up the thread.
 *
 * SQLite itself syncs nothing (`synchronous=off`). What it would do, in this order, is done here:
 * - A transaction is durable once the log (`-wal`) is synced after it. The next one is written only then, so that a power
 *   cut can spoil the last one alone (`log-check.ts` relies on it).
 * - The log is brought into the file (a checkpoint) only when all of it is synced; nothing is written until the file is
 *   synced too, because the next transaction may overwrite the log from its start.
 * - That next transaction is a barrier: it changes one page, one frame of the log, and is synced before any other. A
 *   power cut that keeps the new frame without the new head, or the other way round, leaves a log without a valid first
 *   frame, and the file alone is complete. Two frames at once could leave the old first one, which is out of date.
 */
import { dirname } from 'node:path'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk, OpenFile } from '../../platform/disk.ts'
import { messageOf } from '../../platform/log.ts'
import { type Database, inTransaction } from './database.ts'

export type LogDisk = Pick<Disk, 'stat' | 'read' | 'write' | 'chmod' | 'open' | 'rename' | 'syncDirectory'>

export interface DurableLogOptions {
  path: string
  disk: LogDisk
  clock: Clock
  /** Default `limits.storeSyncOnThreadMsMax`. */
  syncOnThreadMsMax?: number
  /** Default `limits.storeCheckpointPages`. */
  checkpointPages?: number
}

/** What the disk holds is unknown: see `rescueLog`. */
export class SyncFailedError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = 'SyncFailedError'
  }
}

export class DurableLog {
  readonly #log: OpenFile
  readonly #file: OpenFile
  readonly #clock: Clock
  readonly #onThreadMsMax: number
  readonly #checkpointPages: number
  /** Written to the log since it was last brought into the file, about. */
  #pages = 0
  #unsynced = false
  #barrierDue = false
  /** How long the disk takes, a moving average. */
  #syncMs = Number.POSITIVE_INFINITY

  private constructor(files: { log: OpenFile; file: OpenFile }, options: DurableLogOptions) {
    this.#log = files.log
    this.#file = files.file
    this.#clock = options.clock
    this.#onThreadMsMax = options.syncOnThreadMsMax ?? limits.storeSyncOnThreadMsMax
    this.#checkpointPages = options.checkpointPages ?? limits.storeCheckpointPages
  }

  /** Of a database that is open. Its files' names survive a power cut from now on. */
  static async open(options: DurableLogOptions): Promise<DurableLog> {
    const { path, disk } = options
    const log = await disk.open(logPath(path), 'append')
    try {
      const file = await disk.open(path, 'append')
      const opened = new DurableLog({ log, file }, options)
      await disk.syncDirectory(dirname(path)).catch(async (error: unknown) => {
        await file.close()
        throw error
      })
      return opened
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Undefined when it is done already, which is tried for a lone commit on a fast disk. Throws or rejects as the disk does. */
  sync(alone: boolean): Promise<void> | undefined {
    const startMs = this.#clock.monotonicMs()
    if (alone && this.#syncMs < this.#onThreadMsMax) {
      this.#log.syncNow()
      this.#learn(startMs)
      return undefined
    }
    return this.#log.sync().then(() => this.#learn(startMs))
  }

  wrote(pages: number): void {
    this.#pages += pages
    this.#unsynced = true
  }

  /** Whether the log holds what was not synced. */
  get unsynced(): boolean {
    return this.#unsynced
  }

  get checkpointDue(): boolean {
    return this.#pages >= this.#checkpointPages
  }

  /** Nothing else may be written until it has resolved. */
  async checkpoint(database: Database): Promise<void> {
    if (this.#unsynced) await this.#log.sync()
    this.#pages = 0
    this.#unsynced = false
    const row = database.statements.checkpoint.get() as { busy: number; log: number; checkpointed: number }
    if (row.busy !== 0 || row.checkpointed !== row.log) return
    await this.#file.sync()
    this.#barrierDue = true
    this.#writeBarrier(database)
    await this.#log.sync()
    this.#barrierDue = false
  }

  /**
   * Before each other transaction: makes good for a barrier that could not be written, as on a
   * full disk. Throws what SQLite throws when it still can't, or `SyncFailedError`.
   */
  passBarrier(database: Database): void {
    if (!this.#barrierDue) return
    this.#writeBarrier(database)
    this.syncNow()
    this.#barrierDue = false
  }

  /** Throws `SyncFailedError`. */
  syncNow(): void {
    try {
      this.#log.syncNow()
      this.#unsynced = false
    } catch (error) {
      throw new SyncFailedError(error)
    }
  }

  #writeBarrier(database: Database): void {
    inTransaction(database, () => database.statements.countCheckpoint.run())
  }

  async close(): Promise<void> {
    await this.#log.close()
    await this.#file.close()
  }

  #learn(startMs: number): void {
    this.#unsynced = false
    const tookMs = this.#clock.monotonicMs() - startMs
    this.#syncMs = Number.isFinite(this.#syncMs) ? this.#syncMs * 0.9 + tookMs * 0.1 : tookMs
  }
}

export function logPath(path: string): string {
  return `${path}-wal`
}

/**
 * After a failed sync nobody knows what the disk holds: the system may keep pages in memory, call them written, and lose
 * them. So the log is written anew, under another name, until that is durable. It holds every page that is not known to be
 * in the file.
 */
export async function rescueLog(disk: LogDisk, path: string): Promise<void> {
  if (await disk.stat(logPath(path)))
    await disk.write(rescuePath(path), await disk.read(logPath(path)), { mode: 0o600 })
}

/** Puts a rescued log in its place. Call when the database is closed. */
export async function restoreLog(disk: LogDisk, path: string): Promise<void> {
  if (!(await disk.stat(rescuePath(path)))) return
  await disk.rename(rescuePath(path), logPath(path))
  await disk.syncDirectory(dirname(path))
}

function rescuePath(path: string): string {
  return `${path}-rescue`
}
