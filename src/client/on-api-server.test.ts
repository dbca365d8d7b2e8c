/** The client and its kit against our own API server, in memory and in process. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../api/errors.ts'
import { keyOf } from '../api/meta.ts'
import { coordinationV1, coreV1 } from '../api/resources.ts'
import { startTestApiServer } from '../apiserver/testbed/server.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { createClient } from './client-impl.ts'
import { done, source } from './controller.ts'
import { runController } from './controller-run.ts'
import { createEventRecorder } from './events-impl.ts'
import { createInformers } from './informer-impl.ts'
import { runAsLeader } from './leader-election.ts'

async function setUp() {
  const clock = simulatedClock()
  const api = await startTestApiServer({ clock })
  const client = createClient(api.transport, { fieldManager: 'tester' })
  const parts = { client, clock, random: api.random, log: api.log }
  const informers = createInformers({ ...parts, freeze: true })
  const maps = client.of(coreV1.configMaps, 'default')
  const stop = async (): Promise<void> => {
    await informers.stop()
    await api.stop()
  }
  return { api, clock, client, informers, maps, parts, stop }
}

test('the client writes, reads, patches and deletes, and gets the server’s own errors', async () => {
  const { client, maps, stop } = await setUp()
  const created = await maps.create({ metadata: { name: 'a', namespace: 'default' }, data: { x: '1' } })
  assert.equal((await maps.get('a')).metadata.uid, created.metadata.uid)
  await maps.patch('a', { type: 'json', operations: [{ op: 'replace', path: '/data/x', value: '2' }] })
  await maps.patch('a', { type: 'merge', patch: { data: { y: '3' } } })
  await maps.patch('a', { type: 'strategic', patch: { data: { y: null } } })
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { z: '4' } }
  const applied = await maps.patch('a', { type: 'apply', patch: object }, { fieldManager: 'applier' })
  assert.deepEqual(applied.data, { x: '2', z: '4' })
  await assert.rejects(
    maps.update({ ...created, data: {} }),
    (error) => error instanceof ApiError && error.code === 409,
  )
  await assert.rejects(maps.create(created), ApiError)
  const page = await client.of(coreV1.namespaces).list({ limit: 2 })
  assert.equal(page.items.length, 2)
  const rest = await client.of(coreV1.namespaces).list({ continue: page.metadata.continue! })
  assert.ok(rest.items.length > 0)
  await maps.delete('a', { preconditions: { uid: created.metadata.uid! } })
  const missing = { message: 'configmaps "a" not found' }
  await assert.rejects(maps.get('a'), missing)
  await stop()
})

test('an informer follows the server, through compacted history too', async () => {
  const { api, clock, informers, maps, stop } = await setUp()
  await maps.create({ metadata: { name: 'before', namespace: 'default' } })
  const informer = informers.of(coreV1.configMaps, { namespace: 'default' })
  const seen: string[] = []
  informer.onChange((change) => seen.push(`${change.type} ${keyOf(change.object)}`))
  informers.start()
  await informers.synced()
  const created = await maps.create({ metadata: { name: 'a', namespace: 'default' } })
  await maps.update({ ...created, data: { k: 'v' } })
  await maps.delete('a')
  await clock.advance(1_000)
  assert.deepEqual(seen, ['added default/before', 'added default/a', 'updated default/a', 'deleted default/a'])
  await api.store.compact(await api.store.currentRevision())
  await clock.advance(15 * 60_000)
  await maps.create({ metadata: { name: 'after', namespace: 'default' } })
  await clock.advance(5_000)
  assert.deepEqual(seen.slice(4), ['added default/after'])
  await stop()
})

test('a controller drives the server to what it wants, and becomes idle', async () => {
  const { clock, informers, maps, parts, stop } = await setUp()
  const informer = informers.of(coreV1.configMaps, { namespace: 'default' })
  const controller = {
    name: 'stamper',
    sources: [source(informer, (change) => [keyOf(change.object)])],
    reconcile: async (key: string) => {
      const object = informer.get(key)
      if (!object || object.data?.stamped) return done
      await maps.patch(object.metadata.name!, { type: 'merge', patch: { data: { stamped: 'yes' } } })
      return done
    },
  }
  const running = runController(controller, parts, new AbortController().signal)
  informers.start()
  for (const name of ['a', 'b', 'c']) await maps.create({ metadata: { name, namespace: 'default' } })
  await clock.advance(1_000)
  assert.equal(running.idle, true)
  assert.deepEqual(
    informer.list().map((object) => object.data?.stamped),
    ['yes', 'yes', 'yes'],
  )
  await running.stop()
  await stop()
})

test('events are counted on the server, and one candidate leads', async () => {
  const { client, clock, parts, stop } = await setUp()
  const recorder = createEventRecorder({ ...parts, component: 'kubelet', host: 'node1' })
  const object = { metadata: { name: 'p', namespace: 'default', uid: 'u' } }
  for (let round = 0; round < 3; round++)
    recorder.event({ resource: coreV1.pods, object }, 'Normal', 'Started', 'again')
  await recorder.flush()
  const { items } = await client.of(coreV1.events, 'default').list()
  assert.deepEqual(
    items.map(({ count, message }) => [count, message]),
    [[3, 'again']],
  )
  const lease = { namespace: 'kube-system', name: 'test' }
  const abort = new AbortController()
  const leaders: string[] = []
  const candidates = ['a', 'b'].map((identity) =>
    runAsLeader({ ...parts, lease, identity }, abort.signal, async (signal) => {
      leaders.push(identity)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }),
  )
  await clock.advance(30_000)
  assert.equal(leaders.length, 1)
  const { spec } = await client.of(coordinationV1.leases, lease.namespace).get(lease.name)
  assert.equal(spec?.holderIdentity, leaders[0])
  abort.abort()
  await Promise.all(candidates)
  await stop()
})
