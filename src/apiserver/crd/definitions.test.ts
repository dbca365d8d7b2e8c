import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'
import { definitionOf, definitionsPath, serve } from './testbed/definitions.ts'

const callers: TestCaller[] = []
afterEach(async () => {
  for (const caller of callers.splice(0)) await caller.api.stop()
})

async function started(): Promise<TestCaller> {
  const caller = await TestCaller.start({ namespaces: ['one'] })
  callers.push(caller)
  return caller
}

const widgets = '/apis/example.com/v1/namespaces/one/widgets'
const widget = (name: string, more: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec: { size: 1 },
  ...more,
})
const sized = definitionOf({ properties: { size: { type: 'integer', minimum: 0 } } })

test('a definition is served at once after it is established, in discovery too', async () => {
  const caller = await started()
  assert.equal((await caller.call('GET', widgets)).status, 404)
  await serve(caller, sized)
  assert.equal((await caller.call('GET', widgets)).status, 200)
  assert.equal((await caller.call('POST', widgets, widget('a'))).status, 201)
  const groups = (await caller.call('GET', '/apis')).body.groups.map(({ name }: { name: string }) => name)
  assert.ok(groups.includes('example.com'))
  const { resources } = (await caller.call('GET', '/apis/example.com/v1')).body
  assert.deepEqual(
    resources.map(({ name }: { name: string }) => name),
    ['widgets', 'widgets/status'],
  )
})

test('who creates a definition and looks again sees its conditions, however many are created at once', async () => {
  const caller = await started()
  const kinds = ['Ape', 'Bee', 'Cat', 'Dog', 'Elk', 'Fox']
  const seen = await Promise.all(
    kinds.map(async (kind) => {
      const plural = `${kind.toLowerCase()}s`
      const definition = definitionOf({ spec: { names: { plural, kind } } })
      definition.metadata.name = `${plural}.example.com`
      await caller.call('POST', definitionsPath, definition)
      const { status } = (await caller.call('GET', `${definitionsPath}/${plural}.example.com`)).body
      return (status?.conditions ?? []).map((condition: { type: string }) => condition.type).join()
    }),
  )
  assert.deepEqual(
    seen,
    kinds.map(() => 'NamesAccepted,Established'),
  )
})

test('a deleted definition takes its instances along, ends their watches and leaves nothing behind', async () => {
  const caller = await started()
  await serve(caller, sized)
  await caller.call('POST', widgets, widget('a'))
  await caller.call('POST', widgets, widget('b', { metadata: { name: 'b', finalizers: ['example.com/hold'] } }))
  const nowhere = await caller.call('POST', '/apis/example.com/v1/widgets', widget('c'))
  assert.deepEqual([nowhere.status, nowhere.headers['content-type']], [404, 'text/plain; charset=utf-8'])
  const watching = await caller.watch(`${widgets}?watch=true`)
  assert.deepEqual(await watching.names(2), ['ADDED a', 'ADDED b'])
  const deleted = await caller.call('DELETE', `${definitionsPath}/widgets.example.com`)
  assert.deepEqual(deleted.body.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io'])
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = deleted.body.metadata
  assert.deepEqual([typeof deletionTimestamp, deletionGracePeriodSeconds, generation], ['string', undefined, 1])
  assert.deepEqual(await watching.names(2), ['DELETED a', 'MODIFIED b'])
  const refused = await caller.call('POST', widgets, widget('c'))
  assert.equal(refused.status, 403)
  assert.match(refused.body.message, /create not allowed while custom resource definition is terminating/)
  const release = { metadata: { finalizers: null } }
  await caller.call('PATCH', `${widgets}/b`, release, { contentType: 'application/merge-patch+json' })
  assert.deepEqual(await watching.names(1), ['DELETED b'])
  assert.equal(await watching.next(), undefined)
  assert.equal((await caller.call('GET', `${definitionsPath}/widgets.example.com`)).status, 404)
  assert.equal((await caller.call('GET', widgets)).status, 404)
  assert.equal((await caller.call('GET', '/apis/example.com/v1')).status, 404)
  await serve(caller, sized)
  assert.deepEqual((await caller.call('GET', widgets)).body.items, [])
})

test('a definition whose names are taken waits for them', async () => {
  const caller = await started()
  await serve(caller, sized)
  const other = definitionOf({ spec: { names: { plural: 'gadgets', kind: 'Widget' } } })
  other.metadata.name = 'gadgets.example.com'
  await caller.call('POST', definitionsPath, other)
  const path = `${definitionsPath}/gadgets.example.com`
  const watching = await caller.watch(`${definitionsPath}?watch=true&fieldSelector=metadata.name%3Dgadgets.example.com`)
  let conditions: { type: string; status: string; reason: string; message: string }[] = []
  const next = async () => {
    conditions = (await watching.next())?.object.status.conditions ?? []
  }
  while (conditions.length === 0) await next()
  assert.deepEqual(
    conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['NamesAccepted', 'False', 'ListKindConflict', '"WidgetList" is already in use'],
      ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
    ],
  )
  assert.equal((await caller.call('GET', '/apis/example.com/v1/gadgets')).status, 404)
  await caller.call('DELETE', `${definitionsPath}/widgets.example.com`)
  while (conditions[0]?.status !== 'True') await next()
  watching.stop()
  assert.equal((await caller.call('GET', '/apis/example.com/v1/gadgets')).status, 200)
  assert.equal((await caller.call('GET', path)).body.status.acceptedNames.kind, 'Widget')
})

test('a definition that changes shows old objects in the new way', async () => {
  const caller = await started()
  await serve(caller, sized)
  await caller.call('POST', widgets, widget('a'))
  const { body } = await caller.call('GET', `${definitionsPath}/widgets.example.com`)
  const color = { type: 'string', default: 'red' }
  body.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties = { color }
  const watching = await caller.watch(`${widgets}?watch=true`)
  await watching.names(1)
  assert.equal((await caller.call('PUT', `${definitionsPath}/widgets.example.com`, body)).status, 200)
  while ((await watching.next()) !== undefined) assert.fail('the watch goes on')
  assert.deepEqual((await caller.call('GET', `${widgets}/a`)).body.spec, { color: 'red' })
  assert.deepEqual((await caller.call('GET', widgets)).body.items[0].spec, { color: 'red' })
})

test('the storage version may change while objects are kept in the old one', async () => {
  const caller = await started()
  const v1 = sized.spec.versions[0]!
  const two = definitionOf({ spec: { versions: [v1, { ...v1, name: 'v2', storage: false }] } })
  await serve(caller, two)
  await caller.call('POST', widgets, widget('a'))
  const path = `${definitionsPath}/widgets.example.com`
  const { body } = await caller.call('GET', path)
  body.spec.versions[0].storage = false
  body.spec.versions[1].storage = true
  assert.deepEqual((await caller.call('PUT', path, body)).body.status.storedVersions, ['v1', 'v2'])
  const v2 = widgets.replace('/v1/', '/v2/')
  const shown = (await caller.call('GET', `${v2}/a`)).body
  assert.equal(shown.apiVersion, 'example.com/v2')
  assert.equal((await caller.call('PUT', `${v2}/a`, { ...shown, spec: { size: 2 } })).status, 200)
  assert.equal((await caller.call('GET', `${widgets}/a`)).body.spec.size, 2)
  const { body: both } = await caller.call('GET', path)
  both.spec.versions = [both.spec.versions[1]]
  const refused = await caller.call('PUT', path, both)
  assert.match(refused.body.message, /status.storedVersions\[0\]: Invalid value: "v1": missing from spec.versions/)
  await caller.call('PATCH', `${path}/status`, { status: { storedVersions: ['v2'] } }, merge)
  const { body: migrated } = await caller.call('GET', path)
  migrated.spec.versions = both.spec.versions
  assert.equal((await caller.call('PUT', path, migrated)).status, 200)
})

const merge = { contentType: 'application/merge-patch+json' }

test('a cluster-scoped resource is not reached by a namespaced path, nor the other way round', async () => {
  const caller = await started()
  await serve(caller, definitionOf({ kind: 'Plan', scope: 'Cluster' }))
  await serve(caller, sized)
  const plan = { apiVersion: 'example.com/v1', kind: 'Plan', metadata: { name: 'a' } }
  assert.equal((await caller.call('POST', '/apis/example.com/v1/plans', plan)).status, 201)
  assert.equal((await caller.call('GET', '/apis/example.com/v1/namespaces/one/plans/a')).status, 404)
  assert.equal((await caller.call('GET', '/apis/example.com/v1/namespaces/one/plans')).status, 404)
  assert.equal((await caller.call('GET', '/apis/example.com/v1/widgets/a')).status, 404)
})

test('strategic merge patches are refused', async () => {
  const caller = await started()
  await serve(caller, sized)
  await caller.call('POST', widgets, widget('a'))
  const contentType = 'application/strategic-merge-patch+json'
  assert.equal((await caller.call('PATCH', `${widgets}/a`, { spec: { size: 2 } }, { contentType })).status, 415)
})
