/** Reads of the SQLite store: current values, values as of a revision, and the events of revisions. */
import { prefixEnd } from '../commit-plan.ts'
import type { KeyValue, RangeQuery, RangeResult, StoreEvent, WatchBatch } from '../store.ts'
import {
  idsPerRevision,
  itemOf,
  numberOf,
  type PreviousRow,
  previousOf,
  type Row,
  type Statements,
} from './database.ts'
import type { HistoryIndex } from './history-index.ts'

/** Sorts after every key. */
const endOfKeys = '\u{10FFFF}'

export interface ReadParts {
  statements: Statements
  history: HistoryIndex
}

/** `past`: `at` is not the newest revision. */
export function getAt(
  parts: ReadParts,
  { key, at, past }: { key: string; at: number; past: boolean },
): KeyValue | undefined {
  const current = itemOf(parts.statements.get.get(key) as Row | undefined)
  if (!past) return current
  const [later] = parts.history.firstWrites({ start: key, end: `${key}\0`, firstId: (at + 1) * idsPerRevision })
  return later ? replacedBy(parts, later) : current
}

export function rangeAt(
  parts: ReadParts,
  { prefix, after, limit = 0, at, past }: RangeQuery & { at: number; past: boolean },
): RangeResult {
  const start = after === undefined || after < prefix ? prefix : `${after}\0`
  const end = prefixEnd(prefix) ?? endOfKeys
  if (past) return pastRange(parts, { start, end, limit, at })
  const { statements } = parts
  const items = itemsOf(statements.range.all(start, end, limit > 0 ? limit : -1))
  const full = limit > 0 && items.length === limit
  const remaining = full ? numberOf(statements.count.get(`${items.at(-1)!.key}\0`, end)) : 0
  return { items, revision: at, remaining }
}

/** What was not written since, and what the first later write of each other key replaced. */
function pastRange(
  parts: ReadParts,
  { start, end, limit, at }: { start: string; end: string; limit: number; at: number },
): RangeResult {
  const { statements, history } = parts
  const replaced = history
    .firstWrites({ start, end, firstId: (at + 1) * idsPerRevision })
    .filter((entry) => entry.replaced)
  const unchanged = itemsOf(statements.unchanged.all(start, end, at, limit > 0 ? limit : -1))
  const items: KeyValue[] = []
  let [here, there] = [0, 0]
  while ((limit === 0 || items.length < limit) && (here < unchanged.length || there < replaced.length)) {
    const next = replaced[there]
    if (next && (here === unchanged.length || next.key < unchanged[here]!.key)) {
      there++
      items.push(replacedBy(parts, next)!)
    } else items.push(unchanged[here++]!)
  }
  let remaining = 0
  if (limit > 0 && items.length === limit) {
    const rest = numberOf(statements.countUnchanged.get(`${items.at(-1)!.key}\0`, end, at))
    remaining = rest + replaced.length - there
  }
  return { items, revision: at, remaining }
}

export function countKeys(statements: Statements, prefix: string): number {
  return numberOf(statements.count.get(prefix, prefixEnd(prefix) ?? endOfKeys))
}

/** Revisions `from` to `to` (both included) that have events below `prefix`. */
export function readEvents(
  parts: ReadParts,
  { prefix, from, to }: { prefix: string; from: number; to: number },
): WatchBatch[] {
  const batches: WatchBatch[] = []
  for (const { entry, nextId } of parts.history.between(prefix, from * idsPerRevision, (to + 1) * idsPerRevision)) {
    const { id, key } = entry
    const revision = Math.floor(id / idsPerRevision)
    // What a write made is what the key's next write replaced, or else what is there now.
    const item =
      nextId === undefined
        ? itemOf(parts.statements.get.get(key) as Row | undefined)
        : replacedBy(parts, { id: nextId, key })
    const previous = replacedBy(parts, entry)
    const event: StoreEvent = item ? { type: 'put', item, previous } : { type: 'delete', key, revision, previous }
    const last = batches.at(-1)
    if (last?.revision === revision) last.events.push(event)
    else batches.push({ revision, events: [event] })
  }
  return batches
}

function replacedBy({ statements }: ReadParts, { id, key }: { id: number; key: string }): KeyValue | undefined {
  return previousOf(key, statements.previous.get(id) as PreviousRow | undefined)
}

function itemsOf(rows: unknown[]): KeyValue[] {
  return (rows as Row[]).map((row) => itemOf(row)!)
}
