/** Reads of the SQLite store: current values, values as of a revision, and the events of revisions. */
import { prefixEnd } from '../commit-plan.ts'
import type { KeyValue, RangeQuery, RangeResult, StoreEvent, WatchBatch } from '../store.ts'
import { type HistoryRow, idsPerRevision, itemOf, numberOf, previousOf, type Row, type Statements } from './database.ts'

/** Sorts after every key. */
const endOfKeys = '\u{10FFFF}'

/** `past`: `at` is not the newest revision. */
export function getAt(
  statements: Statements,
  { key, at, past }: { key: string; at: number; past: boolean },
): KeyValue | undefined {
  if (!past) return itemOf(statements.get.get(key) as Row | undefined)
  const { items } = rangeAt(statements, { prefix: key, limit: 1, at, past })
  return items[0]?.key === key ? items[0] : undefined
}

export function rangeAt(
  statements: Statements,
  { prefix, after, limit = 0, at, past }: RangeQuery & { at: number; past: boolean },
): RangeResult {
  const start = after === undefined || after < prefix ? prefix : `${after}\0`
  const end = prefixEnd(prefix) ?? endOfKeys
  const bounds = { start, end, revision: at, firstId: (at + 1) * idsPerRevision }
  const rowsMax = limit > 0 ? limit : -1
  const rows = past ? statements.rangeAt.all({ ...bounds, limit: rowsMax }) : statements.range.all(start, end, rowsMax)
  const items = (rows as unknown as Row[]).map((row) => itemOf(row)!)
  let remaining = 0
  if (limit > 0 && items.length === limit) {
    const rest = `${items[limit - 1]!.key}\0`
    remaining = numberOf(past ? statements.countAt.get({ ...bounds, start: rest }) : statements.count.get(rest, end))
  }
  return { items, revision: at, remaining }
}

export function countKeys(statements: Statements, prefix: string): number {
  return numberOf(statements.count.get(prefix, prefixEnd(prefix) ?? endOfKeys))
}

/** Revisions `from` to `to` (both included) that have events below `prefix`. */
export function readEvents(
  statements: Statements,
  { prefix, from, to }: { prefix: string; from: number; to: number },
): WatchBatch[] {
  const rows = statements.historyBetween.all(from * idsPerRevision, (to + 1) * idsPerRevision)
  const batches: WatchBatch[] = []
  for (const row of rows as unknown as HistoryRow[]) {
    if (!row.key.startsWith(prefix)) continue
    const revision = Math.floor(row.id / idsPerRevision)
    const last = batches.at(-1)
    const event = eventOfRow(statements, row, revision)
    if (last?.revision === revision) last.events.push(event)
    else batches.push({ revision, events: [event] })
  }
  return batches
}

/** What a write made is what the key's next write replaced, or else what is there now. */
function eventOfRow(statements: Statements, row: HistoryRow, revision: number): StoreEvent {
  const { key, id } = row
  const next = statements.nextOfKey.get(key, id) as HistoryRow | undefined
  const item = next ? previousOf(next) : itemOf(statements.get.get(key) as Row | undefined)
  const previous = previousOf(row)
  return item ? { type: 'put', item, previous } : { type: 'delete', key, revision, previous }
}
