import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../limits.ts'
import { type SimulatedClock, simulatedClock } from '../../platform/simulated/clock.ts'
import { TestCaller } from '../testbed/caller.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
let clock: SimulatedClock
let api: TestCaller

beforeEach(async () => {
  clock = simulatedClock()
  api = await TestCaller.start({ clock })
})
afterEach(() => api.api.stop())

const create = async (name: string, labels: Record<string, string> = {}): Promise<string> => {
  const { body } = await api.call('POST', configMaps, { metadata: { name, labels } })
  return body.metadata.resourceVersion
}
const label = (name: string, labels: object) =>
  api.call('PATCH', `${configMaps}/${name}`, { metadata: { labels } }, { contentType: 'application/merge-patch+json' })
const remove = (name: string) => api.call('DELETE', `${configMaps}/${name}`)

test('watch without a version delivers what is there, then every change with its version', async () => {
  const version = await create('a')
  const watch = await api.watch(`${configMaps}?watch=true`)
  const first = await watch.next()
  assert.deepEqual(
    [first?.type, first?.object.kind, first?.object.metadata.resourceVersion],
    ['ADDED', 'ConfigMap', version],
  )
  await create('b')
  await label('a', { x: 'y' })
  const deleted = await remove('a')
  assert.deepEqual(await watch.names(2), ['ADDED b', 'MODIFIED a'])
  const last = await watch.next()
  assert.equal(last?.type, 'DELETED')
  assert.ok(Number(last?.object.metadata.resourceVersion) > Number(version))
  assert.equal(deleted.status, 200)
  watch.stop()
  assert.equal(await watch.next(), undefined)
})

test('watch shows objects that start or stop matching its selector as added and deleted', async () => {
  await create('a')
  const watch = await api.watch(`${configMaps}?watch=true&labelSelector=x%3Dy`)
  await label('a', { x: 'y' })
  await label('a', { z: '1' })
  await label('a', { x: 'n' })
  await label('a', { x: 'y' })
  await remove('a')
  assert.deepEqual(await watch.names(5), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a'])
  watch.stop()
})

test('watch of one name or another namespace hears nothing else', async () => {
  const one = await api.watch(`${configMaps}?watch=true&fieldSelector=metadata.name%3Db`)
  const elsewhere = await api.watch('/api/v1/namespaces/kube-system/configmaps?watch=true&timeoutSeconds=5')
  await create('a')
  await create('b')
  assert.deepEqual(await one.names(1), ['ADDED b'])
  await clock.advance(5_000)
  assert.equal(await elsewhere.next(), undefined)
  one.stop()
})

test('watch resumes after a version, from memory and from the store beyond it', async () => {
  const version = await create('a')
  for (let index = 0; index < limits.cacheHistoryEventsMax * 2; index++) await label('a', { n: String(index) })
  await create('last')
  const old = await api.watch(`${configMaps}?watch=true&resourceVersion=${version}`)
  const events: string[] = []
  for (let event = await old.next(); event; event = await old.next()) {
    events.push(event.object.metadata.labels?.n ?? event.object.metadata.name)
    if (event.object.metadata.name === 'last') break
  }
  const wanted = Array.from({ length: limits.cacheHistoryEventsMax * 2 }, (_, index) => String(index))
  assert.deepEqual(events, [...wanted, 'last'])
  await create('live')
  assert.deepEqual(await old.names(1), ['ADDED live'])
  const { body } = await api.get(`${configMaps}/last`)
  const recent = await api.watch(`${configMaps}?watch=true&resourceVersion=${body.metadata.resourceVersion}`)
  assert.deepEqual(await recent.names(1), ['ADDED live'])
  old.stop()
  recent.stop()
})

test('watch from a version whose history is gone tells so with an ERROR event', async () => {
  const version = await create('a')
  for (let index = 0; index < limits.cacheHistoryEventsMax * 2; index++) await label('a', { n: String(index) })
  await api.api.store.compact(await api.api.store.currentRevision())
  const watch = await api.watch(`${configMaps}?watch=true&resourceVersion=${version}`)
  const event = await watch.next()
  assert.deepEqual(
    [watch.status, event?.type, event?.object.code, event?.object.reason],
    [200, 'ERROR', 410, 'Expired'],
  )
  assert.match(event?.object.message, /^too old resource version: \d+ \(\d+\)$/)
  assert.equal(await watch.next(), undefined)
})

for (const from of ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan', 'resourceVersion=0', '']) {
  test(`watch with "${from}" sends bookmarks to who allows them, and marks the end of the initial events`, async () => {
    const version = await create('a')
    const watch = await api.watch(`${configMaps}?watch=true&allowWatchBookmarks=true&${from}`)
    assert.deepEqual(await watch.names(1), ['ADDED a'])
    const mark = await watch.next()
    assert.equal(mark?.type, 'BOOKMARK')
    assert.deepEqual(mark?.object.metadata, {
      resourceVersion: version,
      annotations: { 'k8s.io/initial-events-end': 'true' },
    })
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'elsewhere' } })
    await clock.advance(limits.watchBookmarkPeriodMs)
    const bookmark = await watch.next()
    assert.equal(bookmark?.type, 'BOOKMARK')
    assert.equal(Number(bookmark?.object.metadata.resourceVersion), Number(version) + 1)
    watch.stop()
  })
}

test('watch ends a reader that falls too far behind', async () => {
  const big = 'x'.repeat(600_000)
  await api.call('POST', configMaps, { metadata: { name: 'big' }, data: { big } })
  const watch = await api.watch(`${configMaps}?watch=true`)
  for (let sent = 0; sent <= limits.watchBufferBytesMax; sent += big.length) await label('big', { n: String(sent) })
  assert.deepEqual(await watch.names(2), ['END', 'END'])
})

test('watch as partial metadata and as tables carries those', async () => {
  await create('a')
  const watching = async (as: string) => {
    const reply = await api.api.transport.send({
      method: 'GET',
      path: `${configMaps}?watch=true&timeoutSeconds=1`,
      headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io` },
    })
    const [first] = reply.body instanceof Uint8Array ? [reply.body] : await firstOf(reply.body)
    return JSON.parse(new TextDecoder().decode(first))
  }
  const partial = await watching('PartialObjectMetadata')
  assert.deepEqual(
    [partial.type, partial.object.kind, partial.object.metadata.name, partial.object.data],
    ['ADDED', 'PartialObjectMetadata', 'a', undefined],
  )
  const table = await watching('Table')
  assert.deepEqual([table.object.kind, table.object.rows[0].cells[0]], ['Table', 'a'])
})

async function firstOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  for await (const chunk of body) return [chunk]
  return []
}
