import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, resourceV1 } from '../../api/resources.ts'
import { startCluster } from '../../testing/cluster.ts'
import type { TestCluster } from '../../testing/test-cluster.ts'

const namespace = 'default'
const containers = [{ name: 'c', image: 'i:1' }]
const devices = { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] }
const finalizers = ['resource.kubernetes.io/delete-protection']

function start(): Promise<TestCluster> {
  return startCluster({ https: false, freeze: true, nodes: 1, startTime: '2026-01-01T00:00:00Z' })
}

function podWith(name: string, entry: object, more: object = {}) {
  return { metadata: { name, namespace }, spec: { containers, resourceClaims: [{ name: 'gpu', ...entry }], ...more } }
}

test('a pod gets a claim from its template, once there is one, and its status names it', async () => {
  await using cluster = await start()
  const pods = cluster.api.of(coreV1.pods, namespace)
  await pods.create(podWith('a', { resourceClaimTemplateName: 'gpus' }))
  await cluster.settled()
  const { items: events } = await cluster.client.core.v1.events(namespace).list()
  const failed = events.find(({ reason }) => reason === 'FailedResourceClaimCreation')
  assert.equal(
    failed?.message,
    'PodResourceClaim gpu: resource claim template "gpus": resourceclaimtemplate.resource.k8s.io "gpus" not found',
  )
  assert.equal(failed?.source?.component, 'resource_claim')
  const template = { metadata: { name: 'gpus' }, spec: { metadata: { labels: { of: 'gpus' } }, spec: { devices } } }
  await cluster.api.of(resourceV1.resourceClaimTemplates, namespace).create(template)
  await cluster.settled()
  const { items: claims } = await cluster.api.of(resourceV1.resourceClaims, namespace).list()
  assert.equal(claims.length, 1)
  const { name = '', labels, annotations } = claims[0]?.metadata ?? {}
  assert.match(name, /^a-gpu-[a-z0-9]{5}$/)
  assert.deepEqual([labels, annotations], [{ of: 'gpus' }, { 'resource.kubernetes.io/pod-claim-name': 'gpu' }])
  const { status } = await pods.get('a')
  assert.deepEqual(status?.resourceClaimStatuses, [{ name: 'gpu', resourceClaimName: name }])
})

test('a claim whose template made it is replaced when it is deleted under its pod', async () => {
  await using cluster = await start()
  const claims = cluster.api.of(resourceV1.resourceClaims, namespace)
  const template = { metadata: { name: 'gpus' }, spec: { spec: { devices } } }
  await cluster.api.of(resourceV1.resourceClaimTemplates, namespace).create(template)
  await cluster.api.of(coreV1.pods, namespace).create(podWith('a', { resourceClaimTemplateName: 'gpus' }))
  await cluster.settled()
  const before = (await claims.list()).items[0]?.metadata.name ?? ''
  await claims.delete(before)
  await cluster.settled()
  const { items } = await claims.list()
  assert.equal(items.length, 1)
  assert.notEqual(items[0]?.metadata.name, before)
  const { status } = await cluster.api.of(coreV1.pods, namespace).get('a')
  assert.equal(status?.resourceClaimStatuses?.[0]?.resourceClaimName, items[0]?.metadata.name)
})

test('users that are gone leave a claim, and with the last one go its devices', async () => {
  await using cluster = await start()
  const claims = cluster.api.of(resourceV1.resourceClaims, namespace)
  const pods = cluster.api.of(coreV1.pods, namespace)
  await claims.create({ metadata: { name: 'shared', finalizers }, spec: { devices } })
  const stay = await pods.create(podWith('stay', { resourceClaimName: 'shared' }, { nodeName: 'node-1' }))
  const reserve = async (...users: { name: string; uid: string }[]) => {
    const claim = await claims.get('shared')
    const reservedFor = users.map((user) => ({ resource: 'pods', ...user }))
    await claims.updateStatus({ ...claim, status: { allocation: { devices: {} }, reservedFor } })
    await cluster.settled()
    return claims.get('shared')
  }
  const one = await reserve({ name: 'gone', uid: 'x' }, { name: 'stay', uid: stay.metadata.uid ?? '' })
  assert.deepEqual(one.status?.reservedFor, [{ resource: 'pods', name: 'stay', uid: stay.metadata.uid }])
  assert.ok(one.status?.allocation)
  await pods.delete('stay', { gracePeriodSeconds: 0 })
  await cluster.settled()
  const { metadata, status } = await claims.get('shared')
  assert.deepEqual([status?.reservedFor ?? [], status?.allocation, metadata.finalizers ?? []], [[], undefined, []])
})

test('a pod that somebody placed by hand is entered as a user of its claims', async () => {
  await using cluster = await start()
  const claims = cluster.api.of(resourceV1.resourceClaims, namespace)
  const claim = await claims.create({ metadata: { name: 'mine', finalizers }, spec: { devices } })
  await claims.updateStatus({ ...claim, status: { allocation: { devices: {} } } })
  const pod = await cluster.api
    .of(coreV1.pods, namespace)
    .create(podWith('p', { resourceClaimName: 'mine' }, { nodeName: 'node-1' }))
  await cluster.settled()
  assert.deepEqual((await claims.get('mine')).status?.reservedFor, [
    { resource: 'pods', name: 'p', uid: pod.metadata.uid },
  ])
})
