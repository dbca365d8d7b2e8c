import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../api/meta.ts'
import { coreV1 } from '../api/resources.ts'
import type { ConfigMap } from '../api/types/core/v1.ts'
import { silent } from '../platform/log.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { createClient } from './client-impl.ts'
import type { Informer } from './informer.ts'
import { createInformers, type InformersOptions } from './informer-impl.ts'
import { failure, StubApi } from './testbed/stub-api.ts'

function setUp(more: Partial<InformersOptions> = {}) {
  const api = new StubApi()
  const client = createClient(api)
  const clock = simulatedClock()
  const informers = createInformers({ client, clock, random: simulatedRandom(), log: silent, freeze: true, ...more })
  const maps = client.of(coreV1.configMaps, 'ns')
  const put = (name: string, labels?: Record<string, string>) =>
    maps.create({ metadata: { name, namespace: 'ns', ...(labels ? { labels } : {}) } })
  return { api, clock, informers, maps, put, settle: () => clock.settle() }
}

function recorded(informer: Informer<ConfigMap>): string[] {
  const seen: string[] = []
  informer.onChange((change) => seen.push(`${change.type} ${keyOf(change.object)}`))
  return seen
}

test('informer lists, then follows changes, and serves both from its cache', async () => {
  const { informers, maps, put, settle } = setUp()
  await put('a')
  const informer = informers.of(coreV1.configMaps)
  const seen = recorded(informer)
  informers.start()
  assert.equal(informer.hasSynced, false)
  await informers.synced()
  const created = await put('b')
  await maps.update({ ...created, data: { k: 'v' } })
  await maps.delete('a')
  await settle()
  assert.deepEqual(seen, ['added ns/a', 'added ns/b', 'updated ns/b', 'deleted ns/a'])
  assert.equal(informer.get('ns/b')?.data?.k, 'v')
  assert.deepEqual([informer.list().length, informer.list('ns').length, informer.list('other').length], [1, 1, 0])
  assert.equal(informers.of(coreV1.configMaps), informer)
  await informers.stop()
})

test('informer resumes from the last version when the watch ends, without listing again', async () => {
  const { api, informers, put, settle, clock } = setUp()
  const informer = informers.of(coreV1.configMaps)
  const seen = recorded(informer)
  informers.start()
  await informers.synced()
  await settle()
  api.bookmark('/api/v1/configmaps')
  await settle()
  api.endWatches()
  await put('a')
  await clock.advance(1_000)
  assert.deepEqual(seen, ['added ns/a'])
  const lists = api.requests.filter(({ path }) => path.startsWith('/api/v1/configmaps') && !path.includes('watch=true'))
  assert.equal(lists.length, 1)
  assert.match(api.requests.filter(({ path }) => path.includes('watch=true')).at(-1)!.path, /resourceVersion=11/)
  await informers.stop()
  assert.equal(api.watchCount, 0)
})

test('informer lists again after 410 and reports what it missed', async () => {
  const { api, informers, maps, put, clock, settle } = setUp()
  await put('kept')
  await put('gone')
  const informer = informers.of(coreV1.configMaps)
  const seen = recorded(informer)
  informers.start()
  await informers.synced()
  await settle()
  api.intercept = () => failure(503, 'ServiceUnavailable')
  api.endWatches()
  await settle()
  api.intercept = undefined
  await maps.delete('gone')
  await put('new')
  api.forgetHistory()
  await clock.advance(5_000)
  assert.deepEqual(seen, ['added ns/kept', 'added ns/gone', 'deleted ns/gone', 'added ns/new'])
  await put('later')
  await settle()
  assert.equal(seen.at(-1), 'added ns/later')
  await informers.stop()
})

test('informer tells of an object that was replaced by another one of its name while it did not look', async () => {
  const { api, informers, maps, put, settle, clock } = setUp()
  const first = await put('a')
  const informer = informers.of(coreV1.configMaps)
  const seen: string[] = []
  informer.onChange(({ type, object }) => seen.push(`${type} ${object.metadata.uid}`))
  informers.start()
  await informers.synced()
  await settle()
  api.intercept = () => failure(503, 'ServiceUnavailable')
  api.endWatches()
  await settle()
  api.intercept = undefined
  await maps.delete('a')
  const second = await put('a')
  api.forgetHistory()
  await clock.advance(5_000)
  const uids = [first.metadata.uid, second.metadata.uid]
  assert.deepEqual(seen, [`added ${uids[0]}`, `deleted ${uids[0]}`, `added ${uids[1]}`])
  assert.ok(Number(informer.resourceVersion) >= Number(second.metadata.resourceVersion))
  await informers.stop()
})

test('informer backs off while the server refuses, and not for ever', async () => {
  const { api, informers, clock } = setUp()
  api.intercept = () => failure(500, 'InternalError')
  const informer = informers.of(coreV1.configMaps)
  informers.start()
  await clock.advance(60_000)
  const { length } = api.requests
  assert.ok(length >= 7 && length <= 16, `${length} requests in a minute`)
  api.intercept = undefined
  await clock.advance(31_000)
  assert.equal(informer.hasSynced, true)
  await informers.stop()
})

test('informer starts by watch events when asked, and by a list when the server can not', async () => {
  const { api, informers, put, settle, clock } = setUp({ initialEvents: true })
  await put('a')
  const frames = [
    { type: 'ADDED', object: { metadata: { name: 'a', namespace: 'ns', resourceVersion: '11' } } },
    {
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: '11', annotations: { 'k8s.io/initial-events-end': 'true' } } },
    },
    { type: 'ADDED', object: { metadata: { name: 'b', namespace: 'ns', resourceVersion: '12' } } },
  ]
  api.intercept = (request) => {
    if (request.path.includes('/secrets') && request.path.includes('sendInitialEvents')) return failure(422, 'Invalid')
    if (!request.path.includes('sendInitialEvents=true')) return undefined
    const body = (async function* () {
      for (const frame of frames) yield Buffer.from(`${JSON.stringify(frame)}\n`)
    })()
    return { status: 200, headers: {}, body }
  }
  const informer = informers.of(coreV1.configMaps)
  const refused = informers.of(coreV1.secrets)
  const seen = recorded(informer)
  informers.start()
  await settle()
  assert.deepEqual(seen, ['added ns/a', 'added ns/b'])
  await clock.advance(1_000)
  assert.equal(refused.hasSynced, true)
  await informers.stop()
})

test('informer freezes what it caches, drops managed fields, and survives a failing handler', async () => {
  const errors: string[] = []
  const log = { ...silent, error: (message: string) => void errors.push(message), with: () => log }
  const { informers, maps, settle } = setUp({ log })
  await maps.create({ metadata: { name: 'a', namespace: 'ns', managedFields: [{ manager: 'x' }] } })
  const informer = informers.of(coreV1.configMaps)
  informer.onChange(() => {
    throw new Error('broken')
  })
  const seen = recorded(informer)
  informers.start()
  await settle()
  const cached = informer.get('ns/a')!
  assert.equal(cached.metadata.managedFields, undefined)
  assert.throws(() => Object.assign(cached.metadata, { name: 'b' }), TypeError)
  assert.deepEqual([seen, errors], [['added ns/a'], ['informer handler failed']])
  await informers.stop()
})

test('indexes follow changes, late handlers get what is there, and snapshots stay', async () => {
  const { informers, maps, put, settle } = setUp()
  const labelled = await put('a', { app: 'x' })
  await put('b', { app: 'x' })
  const informer = informers.of(coreV1.configMaps)
  informer.addIndex('app', (object) => [object.metadata.labels?.app ?? ''])
  informers.start()
  await informers.synced()
  const before = informer.byIndex('app', 'x')
  await maps.update({ ...labelled, metadata: { ...labelled.metadata, labels: { app: 'y' } } })
  await settle()
  assert.deepEqual([before.length, informer.byIndex('app', 'x').length, informer.byIndex('app', 'y').length], [2, 1, 1])
  assert.equal(informer.byIndex('app', 'none').length, 0)
  informer.addIndex('late', () => ['all'])
  assert.equal(informer.byIndex('late', 'all').length, 2)
  assert.deepEqual(recorded(informer), ['added ns/b', 'added ns/a'].sort())
  assert.throws(() => informer.byIndex('unknown', 'x'), /no index named "unknown"/)
  await informers.stop()
})

test('synced rejects when the informers stop first', async () => {
  const { api, informers } = setUp()
  api.intercept = () => failure(500, 'InternalError')
  const informer = informers.of(coreV1.configMaps)
  informers.start()
  const waiting = assert.rejects(informer.synced(), /stopped before its first list/)
  await informers.stop()
  await waiting
})

test('an informer of metadata keeps nothing else, and whole objects serve who asks for metadata', async () => {
  const { informers, maps, settle } = setUp()
  await maps.create({ metadata: { name: 'a', namespace: 'ns' }, data: { big: 'value' } })
  const slim = informers.of(coreV1.configMaps, { metadataOnly: true })
  informers.start()
  await settle()
  assert.deepEqual(Object.keys(slim.get('ns/a')!), ['metadata'])
  const whole = informers.of(coreV1.configMaps)
  assert.equal(informers.of(coreV1.configMaps, { metadataOnly: true }), whole)
  await informers.stop()
})
