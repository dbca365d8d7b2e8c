import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import type { KeyValue, Store, WatchBatch, WatchOptions } from '../../store/store.ts'
import { transformedStore } from '../../store/transformed-store.ts'
import { Hub } from './hub.ts'
import { type CacheEvent, ResourceCache } from './resource-cache.ts'

const put = (store: Store, key: string) => store.commit([{ op: 'put', key, value: new TextEncoder().encode('{}') }])

/** A store whose watch can be cut. */
function fragile(store: Store): { store: Store; cut(): void } {
  let fail: ((error: Error) => void) | undefined
  const watch = async function* (options: WatchOptions): AsyncGenerator<WatchBatch> {
    const iterator = store.watch(options)[Symbol.asyncIterator]()
    const broken = new Promise<never>((_, reject) => {
      fail = reject
    })
    for (;;) {
      const next = await Promise.race([iterator.next(), broken])
      if (next.done) return
      yield next.value
    }
  }
  const cut = () => fail?.(new Error('the connection broke'))
  return { store: watchedBy(store, watch), cut }
}

function watchedBy(store: Store, watch: Store['watch']): Store {
  return new Proxy(store, { get: (target, name) => (name === 'watch' ? watch : bound(target, name)) })
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

async function start() {
  const clock = simulatedClock()
  const { store, cut } = fragile(memoryStore({ clock }))
  const hub = new Hub({ store, clock, log: silent })
  await hub.start()
  return { clock, store, cut, hub }
}

test('Hub brings each cache what is written below its prefix, once, in order', async () => {
  const { store, hub } = await start()
  await put(store, '/registry/pods/a/1')
  const pods = new ResourceCache(hub, '/registry/pods/')
  const specs = new ResourceCache(hub, '/registry/services/specs/')
  await Promise.all([pods.ready(), specs.ready()])
  const seen: string[] = []
  const subscriber = {
    deliver: ({ key, current }: CacheEvent) => seen.push(`${current ? 'put' : 'delete'} ${key}`),
    ended: () => undefined,
  }
  pods.subscribe(subscriber)
  specs.subscribe(subscriber)
  await put(store, '/registry/pods/a/2')
  await put(store, '/registry/services/specs/a/s')
  await put(store, '/registry/services/endpoints/a/s')
  await store.commit([{ op: 'delete', key: '/registry/pods/a/1' }])
  assert.equal(await hub.fresh(), true)
  assert.deepEqual(seen, ['put /registry/pods/a/2', 'put /registry/services/specs/a/s', 'delete /registry/pods/a/1'])
  assert.deepEqual(
    pods.list({ prefix: '/registry/pods/' }).items.map(({ key }) => key),
    ['/registry/pods/a/2'],
  )
  await hub.stop()
})

test('Hub tells a reader that waits in vain', async () => {
  const { clock, hub } = await start()
  const waiting = hub.reached(hub.revision + 5)
  await clock.advance(limits.freshReadWaitMs)
  assert.equal(await waiting, false)
  await hub.stop()
})

test('Hub ends watchers and reads anew when the store watch breaks', async () => {
  const { clock, store, cut, hub } = await start()
  const cache = new ResourceCache(hub, '/registry/pods/')
  await cache.ready()
  let ended = 0
  cache.subscribe({ deliver: () => undefined, ended: () => ended++ })
  cut()
  await put(store, '/registry/pods/a/1')
  await clock.advance(limits.storeWatchRetryMs)
  assert.equal(ended, 1)
  await cache.ready()
  assert.ok(cache.get('/registry/pods/a/1'))
  await put(store, '/registry/pods/a/2')
  await hub.fresh()
  assert.ok(cache.get('/registry/pods/a/2'))
  await hub.stop()
})

test('ResourceCache remembers a bounded number of events', async () => {
  const { store, hub } = await start()
  const cache = new ResourceCache(hub, '/registry/pods/')
  await cache.ready()
  const first = hub.revision
  for (let index = 0; index < limits.cacheHistoryEventsMax * 2; index++) await put(store, `/registry/pods/a/${index}`)
  await hub.fresh()
  assert.equal(cache.eventsAfter(first), undefined)
  const recent = cache.eventsAfter(hub.revision - 10)
  assert.equal(recent?.length, 10)
  await hub.stop()
})

/** Values that say so cannot be read, until they can. */
function partlyUnreadable(store: Store): { store: Store; mend(): void } {
  let mended = false
  const read = (item: KeyValue): KeyValue => {
    if (!mended && Buffer.from(item.value).toString() === 'locked') throw new Error('no key fits')
    return item
  }
  const mend = (): void => {
    mended = true
  }
  return { store: transformedStore(store, () => ({ write: (_, value) => value, read })), mend }
}

test('a change that cannot be read ends the watchers of its resource alone, until it can be read', async () => {
  const base = memoryStore({ clock: simulatedClock() })
  const { store, mend } = partlyUnreadable(base)
  const hub = new Hub({ store, clock: simulatedClock(), log: silent })
  await hub.start()
  const [secrets, pods] = ['secrets', 'pods'].map((each) => new ResourceCache(hub, `/registry/${each}/`))
  await Promise.all([secrets!.ready(), pods!.ready()])
  const ended: string[] = []
  const seen: string[] = []
  for (const cache of [secrets!, pods!])
    cache.subscribe({ deliver: ({ key }) => seen.push(key), ended: () => ended.push(cache.prefix) })
  await base.commit([
    { op: 'put', key: '/registry/secrets/a/locked', value: Buffer.from('locked') },
    { op: 'put', key: '/registry/pods/a/1', value: Buffer.from('{}') },
  ])
  await put(base, '/registry/pods/a/2')
  await hub.fresh()
  assert.deepEqual([ended, seen], [['/registry/secrets/'], ['/registry/pods/a/1', '/registry/pods/a/2']])
  await assert.rejects(async () => secrets!.ready(), /no key fits/)
  mend()
  await secrets!.ready()
  assert.ok(secrets!.get('/registry/secrets/a/locked'))
  await hub.stop()
})

test('a cache that was being read when a change could not be is read again', async () => {
  const base = memoryStore({ clock: simulatedClock() })
  const { store } = partlyUnreadable(base)
  const gate = Promise.withResolvers<void>()
  let reads = 0
  const range: Store['range'] = async (query) => {
    const result = await store.range(query)
    if (++reads === 1) await gate.promise
    return result
  }
  const hub = new Hub({ store: { ...store, range }, clock: simulatedClock(), log: silent })
  await hub.start()
  const secrets = new ResourceCache(hub, '/registry/secrets/')
  const loading = assert.rejects(async () => secrets.ready(), /no key fits/)
  while (reads === 0) await new Promise((resolve) => setImmediate(resolve))
  await base.commit([{ op: 'put', key: '/registry/secrets/a/locked', value: Buffer.from('locked') }])
  await hub.fresh()
  gate.resolve()
  await loading
  await hub.stop()
})

test('a cache that was read before the hub came so far is at the revision of what it read', async () => {
  const base = memoryStore({ clock: simulatedClock() })
  await put(base, '/registry/pods/a/1')
  const held = Promise.withResolvers<void>()
  async function* watch(options: WatchOptions): AsyncGenerator<WatchBatch> {
    for await (const batch of base.watch(options)) {
      await held.promise
      yield batch
    }
  }
  const hub = new Hub({ store: watchedBy(base, watch), clock: simulatedClock(), log: silent })
  await hub.start()
  const pods = new ResourceCache(hub, '/registry/pods/')
  await base.commit([{ op: 'delete', key: '/registry/pods/a/1' }])
  const ready = pods.ready()
  while (!pods.loaded) await new Promise((resolve) => setImmediate(resolve))
  const { items, revision } = pods.list({ prefix: '/registry/pods/' })
  assert.deepEqual([items, revision], [[], await base.currentRevision()])
  held.resolve()
  await ready
  await hub.stop()
})
