import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import type { Store, WatchBatch, WatchOptions } from '../../store/store.ts'
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
  return { store: new Proxy(store, { get: (target, name) => (name === 'watch' ? watch : bound(target, name)) }), cut }
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
