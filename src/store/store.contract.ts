/** What every `Store` does. Each implementation's test file runs it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../limits.ts'
import { type SimulatedClock, simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  type Store,
  StoreUnavailableError,
  type WatchBatch,
  type Write,
} from './store.ts'

export interface StoreOptionsUnderTest {
  clock: SimulatedClock
  historyAgeMs?: number
  historyRevisionsMax?: number
}

interface Under {
  store: Store
  /** Lets time pass until the condition holds. */
  until(condition: () => Promise<boolean>): Promise<void>
  /** Closed by the suite. */
  make(options: Omit<StoreOptionsUnderTest, 'clock'>): Promise<Store>
}

export interface StoreContractOptions {
  /** Keys run out by a clock of the store's own, as etcd's do. Default false: by the simulated one. */
  ownTime?: boolean
  /** History is forgotten by its age alone. Default false. */
  byAgeOnly?: boolean
  skip?: string | false
}

const stepMs = 250
const untilMs = 100_000

export function storeContract(
  name: string,
  make: (options: StoreOptionsUnderTest) => Promise<Store>,
  options: StoreContractOptions = {},
): void {
  for (const [title, body] of cases) {
    if (options.byAgeOnly && title.startsWith('history is forgotten by count')) continue
    test(`${name}: ${title}`, { skip: options.skip ?? false }, async () => {
      const clock = simulatedClock()
      const until: Under['until'] = async (condition) => {
        for (let passedMs = 0; !(await condition()); passedMs += stepMs) {
          assert.ok(passedMs < untilMs, 'it did not come to pass in time')
          await clock.advance(stepMs)
          // The store tells when its own time has passed: nothing else can be waited for.
          if (options.ownTime) await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
      const stores = [await make({ clock })]
      const another: Under['make'] = async (options) => {
        const store = await make({ clock, ...options })
        stores.push(store)
        return store
      }
      try {
        await body({ store: stores[0]!, until, make: another })
      } finally {
        for (const store of stores) await store.close()
      }
    })
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (item: KeyValue | undefined): string | undefined => item && new TextDecoder().decode(item.value)
const put = (key: string, value: string, more: { expected?: number; ttlSeconds?: number } = {}): Write => ({
  op: 'put',
  key,
  value: bytes(value),
  ...more,
})
const remove = (key: string, expected?: number): Write =>
  expected === undefined ? { op: 'delete', key } : { op: 'delete', key, expected }

async function revisionOf(store: Store, ...writes: [Write, ...Write[]]): Promise<number> {
  const result = await store.commit(writes)
  assert.ok(result.ok)
  return result.revision
}

/** `+key=value` with what it replaced, `-key` with what was there. */
function show(batch: WatchBatch): string[] {
  return batch.events.map((event) => {
    const was = event.previous ? `(${text(event.previous)})` : ''
    return event.type === 'put' ? `+${event.item.key}=${text(event.item)}${was}` : `-${event.key}${was}`
  })
}

/** The next `count` events of a watch, as shown. */
async function take(watch: AsyncIterable<WatchBatch>, count: number): Promise<string[]> {
  const seen: string[] = []
  for await (const batch of watch) {
    seen.push(...show(batch))
    if (seen.length >= count) break
  }
  return seen
}

const never = new AbortController().signal

const cases: readonly [title: string, body: (under: Under) => Promise<void>][] = [
  [
    'a commit raises the revision by one however many keys it writes, and is read back',
    async ({ store }) => {
      const before = await store.currentRevision()
      assert.ok(before >= 1)
      const first = await revisionOf(store, put('/a', '1'), put('/b', '2'))
      assert.equal(first, before + 1)
      const second = await revisionOf(store, put('/a', '3'))
      assert.equal(second, first + 1)
      const { item, revision } = await store.get('/a')
      assert.deepEqual([text(item), item?.createRevision, item?.modRevision, revision], ['3', first, second, second])
      assert.equal((await store.get('/none')).item, undefined)
    },
  ],
  [
    'a key created again after a delete starts over',
    async ({ store }) => {
      await revisionOf(store, put('/a', '1'))
      await revisionOf(store, remove('/a'))
      assert.equal((await store.get('/a')).item, undefined)
      const again = await revisionOf(store, put('/a', ''))
      const { item } = await store.get('/a')
      assert.deepEqual([text(item), item?.createRevision], ['', again])
    },
  ],
  [
    'a failed expectation writes nothing and returns the current state',
    async ({ store }) => {
      const created = await revisionOf(store, put('/a', '1', { expected: 0 }))
      const twice = await store.commit([put('/b', 'x'), put('/a', '2', { expected: 0 })])
      assert.ok(!twice.ok)
      assert.deepEqual([twice.key, text(twice.current), twice.revision], ['/a', '1', created])
      assert.equal((await store.get('/b')).item, undefined)
      const absent = await store.commit([remove('/none', created)])
      assert.ok(!absent.ok && absent.current === undefined)
      assert.ok((await store.commit([remove('/a', created)])).ok)
    },
  ],
  [
    'deleting what is not there changes nothing',
    async ({ store }) => {
      const before = await store.currentRevision()
      assert.deepEqual(await store.commit([remove('/none')]), { ok: true, revision: before })
      assert.equal(await store.currentRevision(), before)
    },
  ],
  [
    'a commit is refused when it names a key twice, an empty key, or too many',
    async ({ store }) => {
      await assert.rejects(store.commit([put('/a', '1'), remove('/a')]), TypeError)
      await assert.rejects(store.commit([put('', '1')]), TypeError)
      const many = Array.from({ length: limits.storeWritesPerCommitMax + 1 }, (_, index) => put(`/${index}`, ''))
      await assert.rejects(store.commit(many as [Write]), RangeError)
      assert.equal(await store.count(''), 0)
    },
  ],
  [
    'commits made at once each get their revision, and their expectations see one another',
    async ({ store }) => {
      const before = await store.currentRevision()
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.commit([put('/same', `${index}`, { expected: 0 })])),
      )
      assert.equal(results.filter((result) => result.ok).length, 1)
      assert.equal(await store.currentRevision(), before + 1)
    },
  ],
  [
    'range returns keys below the prefix in order, in pages, with what remains',
    async ({ store }) => {
      for (const key of ['/p/b', '/p/a', '/q', '/p/c', '/p', '/p0']) await revisionOf(store, put(key, key))
      const all = await store.range({ prefix: '/p/' })
      assert.deepEqual(all.items.map(text), ['/p/a', '/p/b', '/p/c'])
      assert.deepEqual([all.remaining, all.revision], [0, await store.currentRevision()])
      const first = await store.range({ prefix: '/p/', limit: 2 })
      assert.deepEqual([first.items.map(text), first.remaining], [['/p/a', '/p/b'], 1])
      const second = await store.range({ prefix: '/p/', limit: 2, after: '/p/b' })
      assert.deepEqual([second.items.map(text), second.remaining], [['/p/c'], 0])
      assert.equal((await store.range({ prefix: '' })).items.length, 6)
      assert.deepEqual([await store.count('/p/'), await store.count(''), await store.count('/x')], [3, 6, 0])
    },
  ],
  [
    'get and range as of a revision see that revision, until it is compacted',
    async ({ store }) => {
      const start = await revisionOf(store, put('/a', '1'), put('/b', '1'))
      await revisionOf(store, put('/a', '2'))
      await revisionOf(store, remove('/b'))
      const last = await revisionOf(store, put('/a', '3'), put('/c', '1'), put('/0', '1'))
      const then = await store.range({ prefix: '/', revision: start })
      assert.deepEqual(then.items.map(text), ['1', '1'])
      assert.equal(then.revision, start)
      const middle = await store.range({ prefix: '/', revision: start + 1, limit: 1 })
      assert.deepEqual([middle.items.map(text), middle.remaining], [['2'], 1])
      const rest = await store.range({ prefix: '/', revision: start + 1, after: '/a', limit: 1 })
      assert.deepEqual([rest.items.map((item) => item.key), rest.remaining], [['/b'], 0])
      assert.equal(text((await store.get('/b', start)).item), '1')
      assert.equal((await store.get('/c', start)).item, undefined)
      await assert.rejects(store.get('/a', last + 1), FutureRevisionError)
      await store.compact(start + 1)
      assert.equal(text((await store.get('/a', start + 1)).item), '2')
      await assert.rejects(store.get('/a', start), CompactedError)
      await assert.rejects(store.range({ prefix: '/', revision: start }), { compactRevision: start + 1 })
      await assert.rejects(store.compact(last + 1), FutureRevisionError)
      assert.equal(text((await store.get('/a')).item), '3')
    },
  ],
  [
    'watch delivers history and then what is committed, with previous states, one batch a revision',
    async ({ store }) => {
      const from = await revisionOf(store, put('/a', '1'), put('/b', '1'))
      await revisionOf(store, put('/other', '1'))
      await revisionOf(store, put('/a', '2'))
      await revisionOf(store, remove('/a'))
      await revisionOf(store, put('/a', '3'))
      const watching = store.watch({ prefix: '/a', fromRevision: from, signal: never })[Symbol.asyncIterator]()
      const seen: string[] = []
      const revisions: number[] = []
      const read = async (count: number): Promise<void> => {
        while (seen.length < count) {
          const { value } = await watching.next()
          seen.push(...show(value))
          if (value.events.length > 0) revisions.push(value.revision)
        }
      }
      await read(4)
      const live = await revisionOf(store, put('/a', '4'), put('/ab', 'new'), put('/b', '2'))
      await read(6)
      assert.deepEqual(seen, ['+/a=1', '+/a=2(1)', '-/a(2)', '+/a=3', '+/a=4(3)', '+/ab=new'])
      assert.deepEqual(revisions, [from, from + 2, from + 3, from + 4, live])
      await watching.return?.()
    },
  ],
  [
    'watch tells how far it got when nothing below its prefix changed',
    async ({ store }) => {
      const current = await store.currentRevision()
      const signal = never
      const watching = store.watch({ prefix: '/a', fromRevision: current + 1, signal })[Symbol.asyncIterator]()
      const next = watching.next()
      const revision = await revisionOf(store, put('/b', '1'))
      assert.deepEqual((await next).value, { revision, events: [] })
      await watching.return?.()
    },
  ],
  [
    'sizeBytes says how much room all of it takes',
    async ({ store }) => {
      const before = await store.sizeBytes()
      let [grown, written] = [0, 0]
      // etcd's file grows a little later.
      while (grown < 2_000_000 && written < 100_000_000) {
        await store.commit([put(`/size/${written}`, 'x'.repeat(500_000))])
        written += 500_000
        grown = (await store.sizeBytes()) - before
      }
      assert.ok(grown >= 2_000_000 && grown < 4 * written, `${written} bytes written, ${grown} more there`)
    },
  ],
  [
    'watch throws CompactedError when its start is compacted, and ends when aborted or the store closes',
    async ({ store, make }) => {
      const first = await revisionOf(store, put('/a', '1'))
      const second = await revisionOf(store, put('/a', '2'))
      await store.compact(second)
      await assert.rejects(take(store.watch({ prefix: '/', fromRevision: first, signal: never }), 1), CompactedError)
      const resumed = await take(store.watch({ prefix: '/', fromRevision: second, signal: never }), 1)
      assert.deepEqual(resumed, ['+/a=2(1)'])
      const abort = new AbortController()
      const waiting = take(store.watch({ prefix: '/', fromRevision: second + 1, signal: abort.signal }), 1)
      abort.abort()
      assert.deepEqual(await waiting, [])
      const closing = await make({})
      const fromRevision = (await closing.currentRevision()) + 1
      const watching = take(closing.watch({ prefix: '/', fromRevision, signal: never }), 1)
      const ended = assert.rejects(watching, StoreUnavailableError)
      await closing.close()
      await ended
      await assert.rejects(closing.commit([put('/a', '1')]), StoreUnavailableError)
      assert.equal(await closing.health(), 'the store is closed')
    },
  ],
  [
    'watch loses and repeats nothing when its reader is slower than its buffer',
    async ({ store }) => {
      const count = limits.storeWatchBufferRevisionsMax + 500
      const from = (await store.currentRevision()) + 1
      const revisions: number[] = []
      const watching = store.watch({ prefix: '/', fromRevision: from, signal: never })[Symbol.asyncIterator]()
      const first = watching.next()
      for (let index = 0; index < count; index += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, each) => store.commit([put('/k', `${index + each}`)])))
      }
      revisions.push((await first).value.revision)
      while (revisions.at(-1)! < from + count - 1) revisions.push((await watching.next()).value.revision)
      assert.deepEqual(
        revisions,
        Array.from({ length: count }, (_, index) => from + index),
      )
      await watching.return?.()
    },
  ],
  [
    'keys vanish after their time to live, unless written again',
    async ({ store, until }) => {
      const ttl = { ttlSeconds: 2 }
      const from = await revisionOf(store, put('/short', '1', ttl), put('/kept', '1', ttl), put('/again', '1', ttl))
      await revisionOf(store, put('/longer', '1', { ttlSeconds: 4 }))
      await revisionOf(store, put('/kept', '2'), put('/again', '2', { ttlSeconds: 60 }))
      assert.equal(await store.count('/'), 4)
      const gone = (key: string) => async (): Promise<boolean> => (await store.get(key)).item === undefined
      await until(gone('/short'))
      assert.ok((await store.get('/longer')).item)
      const events = await take(store.watch({ prefix: '/short', fromRevision: from, signal: never }), 2)
      assert.deepEqual(events, ['+/short=1', '-/short(1)'])
      await until(gone('/longer'))
      const { items } = await store.range({ prefix: '/' })
      assert.deepEqual(
        items.map((item) => [item.key, text(item)]),
        [
          ['/again', '2'],
          ['/kept', '2'],
        ],
      )
    },
  ],
  [
    'history is forgotten by age, current values stay',
    async ({ until, make }) => {
      const aged = await make({ historyAgeMs: 1_000 })
      const old = await revisionOf(aged, put('/a', '1'))
      await revisionOf(aged, put('/a', '2'))
      await until(() =>
        aged.get('/a', old).then(
          () => false,
          (error: unknown) => error instanceof CompactedError,
        ),
      )
      assert.equal(text((await aged.get('/a')).item), '2')
    },
  ],
  [
    'history is forgotten by count, current values stay',
    async ({ make }) => {
      const counted = await make({ historyRevisionsMax: 10 })
      const first = await revisionOf(counted, put('/a', '1'))
      for (let index = 0; index < 30; index++) await revisionOf(counted, put('/a', `${index}`))
      await assert.rejects(counted.get('/a', first), CompactedError)
      const recent = (await counted.currentRevision()) - 5
      assert.equal(text((await counted.get('/a', recent)).item), '24')
    },
  ],
  [
    'random commits read, page and watch as a plain model does',
    async ({ store }) => {
      const random = simulatedRandom('store')
      const model = new Map<string, string>()
      const snapshots: Map<string, string>[] = []
      const start = await store.currentRevision()
      for (let round = 0; round < 300; round++) {
        const key = `/${'abc'[random.int(3)]}/${random.int(8)}`
        if (random.int(3) === 0 && model.has(key)) {
          await revisionOf(store, remove(key))
          model.delete(key)
        } else {
          await revisionOf(store, put(key, `${round}`))
          model.set(key, `${round}`)
        }
        snapshots.push(new Map(model))
      }
      for (let draw = 0; draw < 40; draw++) {
        const index = random.int(snapshots.length)
        const { items } = await store.range({ prefix: '/b/', revision: start + 1 + index })
        const expected = [...snapshots[index]!]
          .filter(([key]) => key.startsWith('/b/'))
          .sort(([a], [b]) => (a < b ? -1 : 1))
        assert.deepEqual(
          items.map((item) => [item.key, text(item)]),
          expected,
        )
      }
      const replayed = new Map<string, string>()
      for await (const batch of store.watch({ prefix: '/', fromRevision: start + 1, signal: never })) {
        for (const event of batch.events) {
          const key = event.type === 'put' ? event.item.key : event.key
          assert.equal(text(event.previous), replayed.get(key))
          if (event.type === 'put') replayed.set(key, text(event.item)!)
          else replayed.delete(key)
        }
        if (batch.revision === start + 300) break
      }
      assert.deepEqual(replayed, model)
    },
  ],
]
