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

const schemaVersion = 1

/** Measured with 2.5 KB values: 4 and 16 KiB pages are no faster for commits, and slower for lists or memory. */
const pageBytes = 8192

const schema = `
  create table current (
    id integer primary key, key text not null unique, value blob not null,
    created integer not null, modified integer not null, expires_ms integer
  );
  create index current_expires on current (expires_ms) where expires_ms is not null;
  create table history (
    id integer primary key, key text not null,
    previous_value blob, previous_created integer, previous_modified integer
  );
  create index history_key on history (key, id);
  create table meta (name text primary key, number integer not null) without rowid;
  insert into meta values ('compacted', 0);
  create table probe (content blob);
  pragma user_version = ${schemaVersion};
`

export interface Row {
  key: string
  value: Uint8Array
  created: number
  modified: number
}

export interface HistoryRow {
  id: number
  key: string
  previous_value: Uint8Array | null
  previous_created: number | null
  previous_modified: number | null
}

export interface Database {
  readonly db: DatabaseSync
  readonly statements: Statements
}

export type Statements = ReturnType<typeof prepare>

/**
 * Creates or opens the file. `synchronous=normal` orders what is written and leaves the sync of each commit to the
 * caller: a commit is durable once the `-wal` file was synced after it.
 *
 * Throws when it is damaged, of a newer version, or used by another process.
 */
export function openDatabase(path: string): Database {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec(`
      pragma page_size = ${pageBytes};
      pragma locking_mode = exclusive;
      pragma journal_mode = wal;
      pragma synchronous = normal;
      pragma journal_size_limit = ${64 * 1024 * 1024};
    `)
    const version = numberOf(db.prepare('pragma user_version').get())
    if (version === 0) db.exec(`begin immediate; ${schema} commit`)
    else if (version !== schemaVersion) {
      throw new Error(`opening ${path}: version ${version} of the store, this program reads version ${schemaVersion}`)
    }
    const [check] = Object.values(db.prepare('pragma quick_check(1)').get() ?? {})
    if (check !== 'ok') throw new Error(`opening ${path}: the file is damaged (${check}); restore a snapshot`)
    return { db, statements: prepare(db) }
  } catch (error) {
    db.close()
    throw error
  }
}

function prepare(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text)
  const columns = 'key, value, created, modified'
  return {
    get: sql(`select ${columns} from current where key = ?`),
    range: sql(`select ${columns} from current where key >= ? and key < ? order by key limit ?`),
    count: sql('select count(*) from current where key >= ? and key < ?'),
    rangeAt: sql(rangeAt(columns, 'order by key limit :limit')),
    countAt: sql(rangeAt('count(*)', '')),
    insert: sql('insert into current (key, value, created, modified, expires_ms) values (?, ?, ?, ?, ?)'),
    update: sql('update current set value = ?, modified = ?, expires_ms = ? where key = ?'),
    remove: sql('delete from current where key = ?'),
    remember: sql('insert into history values (?, ?, ?, ?, ?)'),
    historyBetween: sql('select * from history where id >= ? and id < ? order by id'),
    nextOfKey: sql('select * from history where key = ? and id > ? order by id limit 1'),
    forget: sql('delete from history where id < ?'),
    newestHistory: sql('select max(id) from history'),
    oldestHistory: sql('select min(id) from history'),
    compacted: sql(`select number from meta where name = 'compacted'`),
    setCompacted: sql(`update meta set number = ? where name = 'compacted'`),
    expiring: sql('select key, expires_ms from current where expires_ms is not null'),
    expiryOf: sql('select modified, expires_ms from current where key = ?'),
    probe: sql('insert into probe values (zeroblob(65536))'),
    unprobe: sql('delete from probe'),
  }
}

/** The keys in a range as they were: those unchanged since, and what the first later write of each other one replaced. */
function rangeAt(columns: string, tail: string): string {
  return `
    select ${columns} from (
      select key, value, created, modified from current
      where key >= :start and key < :end and modified <= :revision
      union all
      select key, previous_value, previous_created, previous_modified from history h
      where key >= :start and key < :end and id >= :firstId and previous_modified is not null
        and not exists (select 1 from history e where e.key = h.key and e.id >= :firstId and e.id < h.id)
    ) ${tail}`
}

/** Commits what `work` wrote, or leaves nothing of it behind. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (error) {
    // SQLite itself has rolled back after some errors, such as a full disk.
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

export function numberOf(row: unknown): number {
  return Number(Object.values((row ?? {}) as Record<string, unknown>)[0] ?? 0)
}

export function itemOf(row: Row | undefined): KeyValue | undefined {
  return row && { key: row.key, value: row.value, createRevision: row.created, modRevision: row.modified }
}

export function previousOf(row: HistoryRow): KeyValue | undefined {
  if (row.previous_modified === null) return undefined
  return {
    key: row.key,
    value: row.previous_value ?? new Uint8Array(),
    createRevision: row.previous_created ?? 0,
    modRevision: row.previous_modified,
  }
}
