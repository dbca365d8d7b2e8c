/**
 * The SQLite file: its tables, statements and rows (https://www.sqlite.org/wal.html).
 *
 * Current values stand in `current`. `history` is an undo log: each row keeps what a write replaced, so that a value is
 * stored once, watches can resume with the previous state at hand, and forgetting history never touches current values.
 * A history row's id is its revision times `idsPerRevision` plus its place in the commit.
 *
 * Values carry a checksum, which SQLite does not: a bit that the disk turned is told, not answered.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { KeyValue } from '../store.ts'
import { DamagedError } from './unavailable.ts'

/** Room for `limits.storeWritesPerCommitMax` writes. */
export const idsPerRevision = 1024

const schemaVersion = 3

/** Measured with 2.5 KB values: 4 and 16 KiB pages are no faster for commits, and slower for lists or memory. */
export const pageBytes = 8192

const schema = `
  create table current (
    id integer primary key, key text not null unique, value blob not null,
    created integer not null, modified integer not null, expires_ms integer, sum integer
  );
  create index current_expires on current (expires_ms) where expires_ms is not null;
  create table history (
    id integer primary key, key text not null,
    previous_created integer, previous_modified integer, previous_value blob, previous_sum integer
  );
  create table meta (name text primary key, number integer not null) without rowid;
  insert into meta values ('compacted', 0), ('checkpoints', 0);
  create table probe (content blob);
  pragma user_version = ${schemaVersion};
`

export interface Row {
  key: string
  value: Uint8Array
  created: number
  modified: number
  /** Null in rows of files of earlier versions. */
  sum: number | null
}

export interface PreviousRow {
  previous_value: Uint8Array | null
  previous_created: number | null
  previous_modified: number | null
  previous_sum: number | null
}

export interface Database {
  readonly db: DatabaseSync
  readonly statements: Statements
}

export type Statements = ReturnType<typeof prepare>

export type Durability = 'off' | 'full'

/**
 * Creates or opens the file. It is opened and completed with SQLite syncing by itself; what the log held is in the file
 * afterwards. From then on SQLite syncs nothing: `DurableLog` does.
 *
 * Throws when it is damaged, of another version, or used by another process.
 */
export function openDatabase(path: string): Database {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec(`
      pragma locking_mode = exclusive;
      pragma page_size = ${pageBytes};
      pragma auto_vacuum = incremental;
      pragma synchronous = full;
      pragma journal_mode = wal;
      pragma wal_autocheckpoint = 0;
      pragma cache_size = -4096;
    `)
    const version = numberOf(db.prepare('pragma user_version').get())
    if (version === 0) db.exec(`begin immediate; ${schema} commit`)
    else if (version < schemaVersion) upgrade(db, version)
    else if (version !== schemaVersion) {
      throw new Error(`it is of version ${version}, this program reads version ${schemaVersion}`)
    }
    const [check] = Object.values(db.prepare('pragma integrity_check(1)').get() ?? {})
    if (check !== 'ok') throw new Error(`the file is damaged (${check}); restore a snapshot`)
    const statements = prepare(db)
    // Each is compared with its checksum.
    for (const row of statements.everything.iterate()) itemOf(row as unknown as Row)
    db.exec('pragma wal_checkpoint(truncate)')
    return { db, statements }
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * From version 1: the index of history moved to memory, and free pages can be given back. From version 2: checksums came,
 * which values get when they are written.
 */
function upgrade(db: DatabaseSync, version: number): void {
  const toVersion2 = `drop index history_key; insert into meta values ('checkpoints', 0);`
  db.exec(`
    begin immediate;
    ${version === 1 ? toVersion2 : ''}
    alter table current add column sum integer;
    alter table history add column previous_sum integer;
    pragma user_version = ${schemaVersion};
    commit
  `)
  if (version > 1) return
  // Lays the file out anew, which needs as much space again; without it all works but giving pages back.
  try {
    db.exec('pragma auto_vacuum = incremental; vacuum')
  } catch {
    return
  }
}

/** `off` once the store syncs by itself; `full` before closing: then the log is brought into the file and removed. */
export function setDurability(db: DatabaseSync, durability: Durability): void {
  db.exec(`pragma synchronous = ${durability}`)
}

function prepare(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text)
  const columns = 'key, value, created, modified, sum'
  return {
    begin: sql('begin immediate'),
    commit: sql('commit'),
    rollback: sql('rollback'),
    get: sql(`select ${columns} from current where key = ?`),
    everything: sql(`select ${columns} from current`),
    range: sql(`select ${columns} from current where key >= ? and key < ? order by key limit ?`),
    count: sql('select count(*) from current where key >= ? and key < ?'),
    unchanged: sql(`select ${columns} from current where key >= ? and key < ? and modified <= ? order by key limit ?`),
    countUnchanged: sql('select count(*) from current where key >= ? and key < ? and modified <= ?'),
    insert: sql('insert into current (key, value, created, modified, expires_ms, sum) values (?, ?, ?, ?, ?, ?)'),
    update: sql('update current set value = ?, modified = ?, expires_ms = ?, sum = ? where key = ?'),
    remove: sql('delete from current where key = ?'),
    remember: sql(
      `insert into history (id, key, previous_created, previous_modified, previous_value, previous_sum)
      values (?, ?, ?, ?, ?, ?)`,
    ),
    previous: sql('select previous_value, previous_created, previous_modified, previous_sum from history where id = ?'),
    historyKeys: sql(
      'select id, key, previous_modified is not null as replaced, length(previous_value) as bytes from history order by id',
    ),
    forget: sql('delete from history where id < ?'),
    newestHistory: sql('select max(id) from history'),
    oldestHistory: sql('select min(id) from history'),
    compacted: sql(`select number from meta where name = 'compacted'`),
    setCompacted: sql(`update meta set number = ? where name = 'compacted'`),
    countCheckpoint: sql(`update meta set number = number + 1 where name = 'checkpoints'`),
    checkpoint: sql('pragma wal_checkpoint(passive)'),
    freePages: sql('pragma freelist_count'),
    pages: sql('pragma page_count'),
    expiring: sql('select key, expires_ms from current where expires_ms is not null'),
    expiryOf: sql('select modified, expires_ms from current where key = ?'),
    probe: sql('insert into probe values (zeroblob(65536))'),
    pad: sql('insert into probe values (zeroblob(?))'),
    unprobe: sql('delete from probe'),
  }
}

/** Commits what `work` wrote, or leaves nothing of it behind. */
export function inTransaction<T>({ db, statements }: Database, work: () => T): T {
  statements.begin.run()
  try {
    const result = work()
    statements.commit.run()
    return result
  } catch (error) {
    // SQLite itself has rolled back after some errors, such as a full disk.
    if (db.isTransaction) statements.rollback.run()
    throw error
  }
}

export function numberOf(row: unknown): number {
  return Number(Object.values((row ?? {}) as Record<string, unknown>)[0] ?? 0)
}

/** Of a key, what it holds and since when. */
export function checksum({ key, value, createRevision, modRevision }: KeyValue): number {
  return crc32(`${key} ${createRevision} ${modRevision}`, crc32(value))
}

/** Throws `DamagedError`. */
export function itemOf(row: Row | undefined): KeyValue | undefined {
  if (!row) return undefined
  const { key, value, created, modified, sum } = row
  return checked({ key, value, createRevision: created, modRevision: modified }, sum)
}

/** Throws `DamagedError`. */
export function previousOf(key: string, row: PreviousRow | undefined): KeyValue | undefined {
  if (!row || row.previous_modified === null) return undefined
  const item = {
    key,
    value: row.previous_value ?? new Uint8Array(),
    createRevision: row.previous_created ?? 0,
    modRevision: row.previous_modified,
  }
  return checked(item, row.previous_sum)
}

function checked(item: KeyValue, sum: number | null): KeyValue {
  if (sum !== null && sum !== checksum(item)) throw new DamagedError(`the value of ${item.key} has another checksum`)
  return item
}
