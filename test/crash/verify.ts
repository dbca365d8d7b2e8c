/**
 * Opens what a crash left with the real store and compares it with what the process was told: every acknowledged commit is
 * there, none is half there or there twice, the past leads to the present, and revisions go on from where they were.
 */
import assert from 'node:assert/strict'
import { realDisk } from '../../src/platform/real/disk.ts'
import { simulatedClock } from '../../src/platform/simulated/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { CompactedError, type KeyValue, type Store, type StoreEvent } from '../../src/store/store.ts'
import { type Begun, type Log, valueBytes } from './operations.ts'

/** Rejects with what is wrong. `goOn`: writes once more, and leaves that in the file. */
export async function verifyStore(path: string, log: Log, options: { goOn?: boolean } = {}): Promise<void> {
  const store = await openSqliteStore({ path, clock: simulatedClock(), disk: realDisk(), historyRevisionsMax: 1e6 })
  try {
    const current = await store.currentRevision()
    const answers = [...log.answered.values()].filter(({ revision }) => revision > 0)
    const newest = Math.max(1, ...answers.map(({ revision }) => revision))
    assert.ok(current >= newest, `revision ${current} is before the acknowledged ${newest}`)
    const { base, batches, from } = await pastOf(store, current)
    const state = checkBase(base, log, from)
    checkBatches(batches, log, from, current)
    replay(state, batches, log)
    const { items } = await store.range({ prefix: '' })
    assert.deepEqual(describe(items), describe([...state.values()]), 'the present does not follow from the past')
    if (!options.goOn) return
    const next = await store.commit([{ op: 'put', key: '/after', value: Buffer.from('1') }])
    assert.ok(next.ok && next.revision === current + 1, 'revisions do not go on')
  } finally {
    await store.close()
  }
}

interface Past {
  /** State at `from`. */
  base: KeyValue[]
  from: number
  /** What a watcher that resumes is told, from `from + 1` on. */
  batches: { revision: number; events: StoreEvent[] }[]
}

async function pastOf(store: Store, current: number): Promise<Past> {
  const from = await oldestRevision(store)
  const { items: base } = await store.range({ prefix: '', revision: from })
  const batches: Past['batches'] = []
  const signal = new AbortController().signal
  if (from < current) {
    for await (const batch of store.watch({ prefix: '', fromRevision: from + 1, signal })) {
      if (batch.events.length > 0) batches.push(batch)
      if (batch.revision >= current) break
    }
  }
  return { base, from, batches }
}

async function oldestRevision(store: Store): Promise<number> {
  try {
    await store.range({ prefix: '', limit: 1, revision: 1 })
    return 1
  } catch (error) {
    if (error instanceof CompactedError) return error.compactRevision
    throw error
  }
}

/** History before `from` is gone: what stands then must be at least as new as what was acknowledged. */
function checkBase(base: readonly KeyValue[], log: Log, from: number): Map<string, KeyValue> {
  const state = new Map(base.map((item) => [item.key, item]))
  const byNumber = new Map([...log.begun.values()].map((begun) => [begun.number, begun]))
  for (const item of base) {
    const write = byNumber.get(numberOf(item))?.writes.find(({ key, op }) => key === item.key && op === 'put')
    assert.ok(write, `${item.key} has a value that nobody wrote`)
    assert.ok(valueBytes(numberOf(item), write.bytes).equals(item.value), `${item.key} has a damaged value`)
  }
  for (const { number, revision } of log.answered.values()) {
    if (revision === 0 || revision > from) continue
    for (const { key, op } of log.begun.get(number)!.writes) {
      const item = state.get(key)
      // A later write, acknowledged or not, may have removed it: replaying tells what can be told.
      if (op === 'put' && item) assert.ok(item.modRevision >= revision, `${key} is older than acknowledged`)
    }
  }
  return state
}

function checkBatches(batches: Past['batches'], log: Log, from: number, current: number): void {
  const byRevision = new Map(batches.map((batch) => [batch.revision, batch.events]))
  assert.equal(byRevision.size, batches.length, 'a revision was told twice')
  assert.equal(batches.length, current - from, 'a revision is missing')
  const seen = new Set<number>()
  const revisionOf = new Map([...log.answered.values()].map(({ number, revision }) => [number, revision]))
  for (const { revision, events } of batches) {
    const put = events.find((event) => event.type === 'put')
    const number = put ? numberOf(put.item) : undefined
    if (number === undefined) continue
    assert.ok(!seen.has(number), `operation ${number} is there twice`)
    seen.add(number)
    checkWhole(log.begun.get(number), events, revision)
    const told = revisionOf.get(number)
    if (told !== undefined) assert.equal(told, revision, `operation ${number} was told another revision`)
  }
  for (const { number, revision } of log.answered.values()) {
    // Deleting what is not there has the revision of another operation.
    if (revision <= from || log.begun.get(number)!.writes.some(({ op }) => op === 'delete')) continue
    const put = byRevision.get(revision)?.find((event) => event.type === 'put')
    assert.ok(put?.type === 'put', `acknowledged operation ${number} of revision ${revision} is missing`)
    assert.equal(numberOf(put.item), number, `revision ${revision} holds another operation than the acknowledged one`)
  }
}

function checkWhole(begun: Begun | undefined, events: readonly StoreEvent[], revision: number): void {
  assert.ok(begun, `revision ${revision} was written by nobody`)
  const puts = begun.writes.filter(({ op }) => op === 'put')
  assert.equal(events.length, puts.length, `operation ${begun.number} is half there`)
  for (const { key, bytes } of puts) {
    const event = events.find((each) => each.type === 'put' && each.item.key === key)
    assert.ok(event?.type === 'put', `operation ${begun.number} lacks ${key}`)
    assert.ok(valueBytes(begun.number, bytes).equals(event.item.value), `${key} has a damaged value`)
  }
}

function replay(state: Map<string, KeyValue>, batches: Past['batches'], log: Log): void {
  const deleted = new Map<number, string[]>()
  for (const { number, revision } of log.answered.values()) {
    const keys = log.begun.get(number)!.writes.filter(({ op }) => op === 'delete')
    deleted.set(revision, [...(deleted.get(revision) ?? []), ...keys.map(({ key }) => key)])
  }
  for (const { revision, events } of batches) {
    for (const event of events) {
      const key = event.type === 'put' ? event.item.key : event.key
      assert.equal(event.previous?.modRevision, state.get(key)?.modRevision, `${key} at ${revision} had another past`)
      if (event.type === 'put') state.set(key, event.item)
      else state.delete(key)
    }
    for (const key of deleted.get(revision) ?? []) {
      assert.ok(!state.has(key), `the acknowledged deletion of ${key} at ${revision} is missing`)
    }
  }
}

function describe(items: readonly KeyValue[]): string[] {
  return items.map(({ key, modRevision, createRevision }) => `${key} ${createRevision} ${modRevision}`).sort()
}

function numberOf({ value }: KeyValue): number {
  return Number.parseInt(Buffer.from(value).toString(), 10)
}
