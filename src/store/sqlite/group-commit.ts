/** Several commits in one transaction: each succeeds or conflicts by itself, and one sync makes them all durable. */
import { type CommitChange, eventOf, planCommit } from '../commit-plan.ts'
import type { CommitResult, WatchBatch, Write } from '../store.ts'
import {
  checksum,
  type Database,
  idsPerRevision,
  inTransaction,
  itemOf,
  type Row,
  type Statements,
} from './database.ts'
import type { HistoryEntry } from './history-index.ts'

export interface CommittedBatch {
  revision: number
  /** One for each commit, in order. */
  results: CommitResult[]
  batches: WatchBatch[]
  /** Wall time at which written keys run out; undefined: never. */
  expiries: Map<string, number | undefined>
  /** What was added to history. */
  entries: HistoryEntry[]
  /** Of what history keeps of it. */
  bytes: number
  /** Of new values. */
  valueBytes: number
}

/** Throws what SQLite throws; then nothing of any commit was kept. */
export function commitBatch(
  database: Database,
  commits: readonly (readonly Write[])[],
  { revision, nowMs }: { revision: number; nowMs: number },
): CommittedBatch {
  const { statements } = database
  const written = { results: [], batches: [], expiries: new Map(), entries: [], bytes: 0, valueBytes: 0 }
  const committed: CommittedBatch = { revision, ...written }
  const lookUp = (key: string) => itemOf(statements.get.get(key) as Row | undefined)
  inTransaction(database, () => {
    for (const writes of commits) {
      const plan = planCommit(writes, lookUp)
      if (!plan.ok) {
        committed.results.push({ ok: false, key: plan.key, current: plan.current, revision: committed.revision })
        continue
      }
      if (plan.changes.length > 0) writeChanges(statements, plan.changes, committed, nowMs)
      committed.results.push({ ok: true, revision: committed.revision })
    }
  })
  return committed
}

function writeChanges(
  statements: Statements,
  changes: readonly CommitChange[],
  committed: CommittedBatch,
  nowMs: number,
): void {
  const revision = ++committed.revision
  for (let place = 0; place < changes.length; place++) {
    const { write, current } = changes[place]!
    const id = revision * idsPerRevision + place
    const previous = current
      ? ([current.createRevision, current.modRevision, current.value, checksum(current)] as const)
      : nothing
    committed.entries.push({ id, key: write.key, replaced: current !== undefined })
    committed.bytes += write.key.length + (current?.value.length ?? 0)
    // Removing first lets what it frees take the history, so that deleting works on a disk without a free page.
    if (write.op === 'delete') statements.remove.run(write.key)
    statements.remember.run(id, write.key, ...previous)
    if (write.op === 'delete') {
      committed.expiries.set(write.key, undefined)
      continue
    }
    const dueMs = write.ttlSeconds ? nowMs + write.ttlSeconds * 1000 : undefined
    committed.expiries.set(write.key, dueMs)
    const { key, value } = write
    committed.valueBytes += value.length
    const createRevision = current?.createRevision ?? revision
    const sum = checksum({ key, value, createRevision, modRevision: revision })
    if (current) statements.update.run(value, revision, dueMs ?? null, sum, key)
    else statements.insert.run(key, value, revision, revision, dueMs ?? null, sum)
  }
  committed.batches.push({ revision, events: changes.map((change) => eventOf(change, revision)) })
}

const nothing = [null, null, null, null] as const
