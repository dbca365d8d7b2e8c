/** What the garbage collector makes of owners that own each other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, rbacV1 } from '../../src/api/resources.ts'
import { namespace, startTestbed } from './testbed.ts'

test('objects that own each other in a circle go when one is deleted in the foreground', async () => {
  await using bed = await startTestbed()
  const configMaps = bed.client.of(coreV1.configMaps, namespace)
  const names = ['a', 'b', 'c']
  const uids: (string | undefined)[] = []
  for (const name of names) uids.push((await configMaps.create({ metadata: { name } })).metadata.uid)
  for (const [index, name] of names.entries()) {
    const owner = (index + names.length - 1) % names.length
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: names[owner], uid: uids[owner] }
    const ownerReferences = [{ ...reference, controller: true, blockOwnerDeletion: true }]
    await configMaps.patch(name, { type: 'merge', patch: { metadata: { ownerReferences } } })
  }
  await bed.settle()
  await configMaps.delete('a', { propagationPolicy: 'Foreground' })
  await bed.settle()
  const left = (await configMaps.list()).items.map(({ metadata }) => metadata.name)
  assert.deepEqual(
    left.filter((name) => names.includes(name ?? '')),
    [],
  )
})

test('an owner in another namespace is none: its dependent goes, with a word', async () => {
  await using bed = await startTestbed()
  await bed.client.of(coreV1.namespaces).create({ metadata: { name: 'other' } })
  const owner = await bed.client.of(coreV1.configMaps, 'other').create({ metadata: { name: 'owner' } })
  const uid = owner.metadata.uid ?? ''
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }]
  await bed.settle()
  await bed.client.of(coreV1.configMaps, namespace).create({ metadata: { name: 'stray', ownerReferences } })
  await bed.settle()
  await assert.rejects(bed.client.of(coreV1.configMaps, namespace).get('stray'), { reason: 'NotFound' })
  assert.ok(await bed.client.of(coreV1.configMaps, 'other').get('owner'))
  assert.deepEqual(await bed.events(), [
    `ConfigMap/stray Warning OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: test, name: owner, uid: ${uid}] does not exist in namespace "test"`,
  ])
})

test('what is in no namespace and names an owner in one is never collected', async () => {
  await using bed = await startTestbed()
  const configMaps = bed.client.of(coreV1.configMaps, namespace)
  const owner = await configMaps.create({ metadata: { name: 'owner' } })
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner' }
  const roles = bed.client.of(rbacV1.clusterRoles)
  for (const [name, uid] of [
    ['of-one', owner.metadata.uid ?? ''],
    ['of-none', '11111111-2222-3333-4444-555555555555'],
  ] as const)
    await roles.create({ metadata: { name, ownerReferences: [{ ...reference, uid }] } })
  await bed.settle()
  await configMaps.delete('owner')
  await bed.settle()
  assert.ok(await roles.get('of-one'))
  assert.ok(await roles.get('of-none'))
})

test('who is deleted in the foreground takes along at once also those that do not block it', async () => {
  await using bed = await startTestbed()
  const configMaps = bed.client.of(coreV1.configMaps, namespace)
  const create = async (name: string, ownerName?: string, more: object = {}, finalizers: string[] = []) => {
    const uid = ownerName && ((await configMaps.get(ownerName)).metadata.uid ?? '')
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: ownerName ?? '', uid: uid ?? '', ...more }
    await configMaps.create({ metadata: { name, finalizers, ...(uid ? { ownerReferences: [reference] } : {}) } })
  }
  await create('owner')
  await create('blocking', 'owner', { blockOwnerDeletion: true }, ['example.com/held'])
  await create('free', 'owner')
  await create('free-owner', 'owner')
  await create('held', 'free-owner', { blockOwnerDeletion: true }, ['example.com/held'])
  await bed.settle()
  await configMaps.delete('owner', { propagationPolicy: 'Foreground' })
  await bed.settle()
  const left = (await configMaps.list()).items.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
  assert.deepEqual(
    left.map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined, metadata.finalizers]),
    [
      ['blocking', true, ['example.com/held']],
      ['free-owner', true, ['foregroundDeletion']],
      ['held', true, ['example.com/held']],
      ['owner', true, ['foregroundDeletion']],
    ],
  )
})

test('a reference whose name or kind is not that of the uid names nobody, and says nothing of who bears the uid', async () => {
  await using bed = await startTestbed()
  const configMaps = bed.client.of(coreV1.configMaps, namespace)
  const uid = (await configMaps.create({ metadata: { name: 'owner' } })).metadata.uid ?? ''
  const right = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }
  const wrong = [{ name: 'another' }, { kind: 'Secret' }, { apiVersion: 'apps/v1', kind: 'Deployment' }]
  for (const [index, more] of [...wrong, {}, { apiVersion: 'v7' }].entries())
    await configMaps.create({ metadata: { name: `of-${index}`, ownerReferences: [{ ...right, ...more }] } })
  await bed.settle()
  const left = (await configMaps.list()).items.map(({ metadata }) => metadata.name)
  assert.deepEqual(left.filter((name) => name !== 'kube-root-ca.crt').sort(), ['of-3', 'of-4', 'owner'])
})
