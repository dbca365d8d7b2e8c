/** What the built-in controllers do for kinds that they were not made for: namespaces, owners and quotas. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../src/api/errors.ts'
import type { KubeObject, Resource } from '../../src/api/meta.ts'
import { apiextensionsV1, coreV1 } from '../../src/api/resources.ts'
import { namespace, startTestbed, type Testbed } from './testbed.ts'

const widgets: Resource = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  namespaced: true,
}

const definition = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}

async function define(bed: Testbed): Promise<void> {
  await bed.create(apiextensionsV1.customResourceDefinitions, definition)
  await bed.settle()
}

function owner({ metadata }: KubeObject, apiVersion: string, kind: string) {
  return [{ apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '' }]
}

async function isGone(read: Promise<unknown>): Promise<boolean> {
  return await read.then(
    () => false,
    (error: unknown) => error instanceof ApiError && error.reason === 'NotFound',
  )
}

test('a namespace takes custom resources along whose kind was defined a moment before', async () => {
  await using bed = await startTestbed()
  const other = { metadata: { name: 'other' } }
  await bed.client.of(coreV1.namespaces).create(other)
  await bed.client.of(coreV1.namespaces).delete('other')
  await bed.settle()
  await define(bed)
  await bed.create(widgets, { metadata: { name: 'one' } })
  await bed.client.of(coreV1.namespaces).delete(namespace)
  await bed.settle()
  assert.ok(await isGone(bed.client.of(coreV1.namespaces).get(namespace)))
  assert.deepEqual((await bed.client.of(widgets).list()).items, [])
})

test('a custom resource that is held back keeps its namespace, which says so', async () => {
  await using bed = await startTestbed()
  await define(bed)
  await bed.create(widgets, { metadata: { name: 'one', finalizers: ['example.com/hold'] } })
  await bed.client.of(coreV1.namespaces).delete(namespace)
  await bed.settle()
  const { status } = await bed.client.of(coreV1.namespaces).get(namespace)
  const said = status?.conditions?.filter((one) => one.status === 'True').map(({ message }) => message)
  assert.deepEqual(said, [
    'Some resources are remaining: widgets.example.com has 1 resource instances',
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  ])
  await bed.client.of(widgets, namespace).patch('one', { type: 'merge', patch: { metadata: { finalizers: null } } })
  await bed.advance(2000)
  assert.ok(await isGone(bed.client.of(coreV1.namespaces).get(namespace)))
})

test('a pod that outlives its grace keeps its namespace, which says so', async () => {
  await using bed = await startTestbed()
  const spec = { nodeName: 'nowhere', terminationGracePeriodSeconds: 2, containers: [{ name: 'c', image: 'i' }] }
  await bed.create(coreV1.pods, { metadata: { name: 'stuck' }, spec })
  await bed.client.of(coreV1.namespaces).delete(namespace)
  const said = async () => {
    const { status } = await bed.client.of(coreV1.namespaces).get(namespace)
    return status?.conditions?.filter((one) => one.status === 'True').map(({ message }) => message)
  }
  await bed.settle()
  assert.deepEqual(await said(), [])
  await bed.advance(3000)
  assert.deepEqual(await said(), [
    `Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: ${namespace} for gvr: /v1, Resource=pods`,
  ])
})

test('owners and dependents may be custom resources, from the moment that their kind is served', async () => {
  await using bed = await startTestbed()
  await define(bed)
  const widget = await bed.create(widgets, { metadata: { name: 'one' } })
  const ownedByOld = owner(widget, 'example.com/v1beta1', 'Widget')
  const config = await bed.create(coreV1.configMaps, { metadata: { name: 'c', ownerReferences: ownedByOld } })
  const ownerReferences = owner(config, 'v1', 'ConfigMap')
  await bed.create(widgets, { metadata: { name: 'two', ownerReferences } })
  await bed.settle()
  await bed.client.of(widgets, namespace).delete('one')
  await bed.settle()
  assert.ok(await isGone(bed.client.of(coreV1.configMaps, namespace).get('c')))
  assert.ok(await isGone(bed.client.of(widgets, namespace).get('two')))
})

test('a custom resource that is deleted in the foreground waits for what it owns', async () => {
  await using bed = await startTestbed()
  await define(bed)
  const widget = await bed.create(widgets, { metadata: { name: 'one' } })
  const ownerReferences = owner(widget, 'example.com/v1', 'Widget').map((one) => ({ ...one, blockOwnerDeletion: true }))
  const held = { name: 'c', ownerReferences, finalizers: ['example.com/hold'] }
  await bed.create(coreV1.configMaps, { metadata: held })
  await bed.settle()
  await bed.client.of(widgets, namespace).delete('one', { propagationPolicy: 'Foreground' })
  await bed.settle()
  assert.deepEqual((await bed.client.of(widgets, namespace).get('one')).metadata.finalizers, ['foregroundDeletion'])
  await bed.client
    .of(coreV1.configMaps, namespace)
    .patch('c', { type: 'merge', patch: { metadata: { finalizers: null } } })
  await bed.settle()
  assert.ok(await isGone(bed.client.of(widgets, namespace).get('one')))
})

test('kinds that are defined again are collected again', async () => {
  await using bed = await startTestbed()
  await define(bed)
  await bed.create(widgets, { metadata: { name: 'old' } })
  await bed.client.of(apiextensionsV1.customResourceDefinitions).delete('widgets.example.com')
  await bed.settle()
  assert.ok(await isGone(bed.client.of(apiextensionsV1.customResourceDefinitions).get('widgets.example.com')))
  await define(bed)
  const widget = await bed.create(widgets, { metadata: { name: 'one' } })
  const ownerReferences = owner(widget, 'example.com/v1', 'Widget')
  await bed.create(coreV1.configMaps, { metadata: { name: 'c', ownerReferences } })
  await bed.settle()
  await bed.client.of(widgets, namespace).delete('one')
  await bed.settle()
  assert.ok(await isGone(bed.client.of(coreV1.configMaps, namespace).get('c')))
})

test('a quota counts custom resources, refuses what is too many, and gets back what goes', async () => {
  await using bed = await startTestbed()
  const hard = { 'count/widgets.example.com': '1', 'count/secrets': '1' }
  await bed.create(coreV1.resourceQuotas, { metadata: { name: 'q' }, spec: { hard } })
  await define(bed)
  await bed.create(widgets, { metadata: { name: 'one' } })
  await bed.create(coreV1.secrets, { metadata: { name: 's' } })
  await bed.settle()
  const used = async () => (await bed.client.of(coreV1.resourceQuotas, namespace).get('q')).status?.used
  assert.deepEqual(await used(), hard)
  await assert.rejects(
    bed.create(widgets, { metadata: { name: 'two' } }),
    /exceeded quota: q, requested: count\/widgets\.example\.com=1, used: .*=1, limited: .*=1/,
  )
  await bed.client.of(widgets, namespace).delete('one')
  await bed.client.of(coreV1.secrets, namespace).delete('s')
  await bed.settle()
  assert.deepEqual(await used(), { 'count/widgets.example.com': '0', 'count/secrets': '0' })
  await bed.create(widgets, { metadata: { name: 'two' } })
})
