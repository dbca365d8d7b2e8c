/**
 * The SQLite file: its tables, statements and rows (https://www.sqlite.org/wal.html).
 *
 * Current values stand in `current`. `history` is an undo log: each row keeps what a write replaced, so that a value is
 * stored once, watches can resume with the previous state at hand, and forgetting history never touches current values.
 * A history row's id is its revision times `idsPerRevision` plus its place in the commit.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { KeyValue } from '../store.ts'

/** Room for `limits.storeWritesPerCommitMax` writes. */
export const idsPerRevision = 1024

const schemaVersion = 2

/** Measured with 2.5 KB values: 4 and 16 KiB pages are no faster for commits, and slower for lists or memory. */
export const pageBytes = 8192

const schema = `
  create table current (
    id integer primary key, key text not null unique, value blob not null,
    created integer not null, modified integer not null, expires_ms integer
  );
  create index current_expires on current (expires_ms) where expires_ms is not null;
  create table history (
    id integer primary key, key text not null,
    previous_created integer, previous_modified integer, previous_value blob
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
}

export interface PreviousRow {
  previous_value: Uint8Array | null
  previous_created: number | null
  previous_modified: number | null
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
      pragma page_size = ${pageBytes};
      pragma auto_vacuum = incremental;
      pragma locking_mode = exclusive;
      pragma synchronous = full;
      pragma journal_mode = wal;
      pragma wal_autocheckpoint = 0;
      pragma cache_size = -4096;
    `)
    const version = numberOf(db.prepare('pragma user_version').get())
    if (version === 0) db.exec(`begin immediate; ${schema} commit`)
    else if (version === 1) upgrade(db)
    else if (version !== schemaVersion) {
      throw new Error(`opening ${path}: version ${version} of the store, this program reads version ${schemaVersion}`)
    }
    const [check] = Object.values(db.prepare('pragma quick_check(1)').get() ?? {})
    if (check !== 'ok') throw new Error(`opening ${path}: the file is damaged (${check}); restore a snapshot`)
    db.exec('pragma wal_checkpoint(truncate)')
    setDurability(db, 'off')
    return { db, statements: prepare(db) }
  } catch (error) {
    db.close()
    throw error
  }
}

/** From version 1: the index of history moved to memory, and free pages can be given back. */
function upgrade(db: DatabaseSync): void {
  db.exec(`
    begin immediate;
    drop index history_key;
    insert into meta values ('checkpoints', 0);
    pragma user_version = ${schemaVersion};
    commit
  `)
  // Lays the file out anew, which needs as much space again; without it all works but giving pages back.
  try {
    db.exec('pragma auto_vacuum = incremental; vacuum')
  } catch {
    return
  }
}

/** `full` before closing: then the log is brought into the file and removed. */
export function setDurability(db: DatabaseSync, durability: Durability): void {
  db.exec(`pragma synchronous = ${durability}`)
}

function prepare(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text)
  const columns = 'key, value, created, modified'
  return {
    begin: sql('begin immediate'),
    commit: sql('commit'),
    rollback: sql('rollback'),
    get: sql(`select ${columns} from current where key = ?`),
    range: sql(`select ${columns} from current where key >= ? and key < ? order by key limit ?`),
    count: sql('select count(*) from current where key >= ? and key < ?'),
    unchanged: sql(`select ${columns} from current where key >= ? and key < ? and modified <= ? order by key limit ?`),
    countUnchanged: sql('select count(*) from current where key >= ? and key < ? and modified <= ?'),
    insert: sql('insert into current (key, value, created, modified, expires_ms) values (?, ?, ?, ?, ?)'),
    update: sql('update current set value = ?, modified = ?, expires_ms = ? where key = ?'),
    remove: sql('delete from current where key = ?'),
    remember: sql(
      'insert into history (id, key, previous_created, previous_modified, previous_value) values (?, ?, ?, ?, ?)',
    ),
    previous: sql('select previous_value, previous_created, previous_modified from history where id = ?'),
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

export function itemOf(row: Row | undefined): KeyValue | undefined {
  return row && { key: row.key, value: row.value, createRevision: row.created, modRevision: row.modified }
}

export function previousOf(key: string, row: PreviousRow | undefined): KeyValue | undefined {
  if (!row || row.previous_modified === null) return undefined
  return {
    key,
    value: row.previous_value ?? new Uint8Array(),
    createRevision: row.previous_created ?? 0,
    modRevision: row.previous_modified,
  }
}
