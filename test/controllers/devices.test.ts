/** Devices for pods: claims from templates, allocated by the scheduler, given back at the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, resourceV1 } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types/core/v1.ts'
import type { Device, DeviceRequest } from '../../src/api/types/resource/v1.ts'
import { startCluster } from '../../src/testing/cluster.ts'
import type { TestCluster } from '../../src/testing/test-cluster.ts'

const namespace = 'default'
const driver = 'gpu.example.com'

async function start(nodes: Record<string, Device[]>): Promise<TestCluster> {
  const names = Object.keys(nodes)
  const cluster = await startCluster({
    https: false,
    freeze: true,
    nodes: names.map((name) => ({ name })),
    startTime: '2026-01-01T00:00:00Z',
  })
  const expression = `device.driver == "${driver}" && device.attributes["${driver}"].kind == "gpu"`
  await cluster.api
    .of(resourceV1.deviceClasses)
    .create({ metadata: { name: 'gpu' }, spec: { selectors: [{ cel: { expression } }] } })
  for (const [name, devices] of Object.entries(nodes)) {
    const pool = { name, generation: 1, resourceSliceCount: 1 }
    await cluster.api
      .of(resourceV1.resourceSlices)
      .create({ metadata: { name }, spec: { driver, pool, nodeName: name, devices } })
  }
  return cluster
}

const gpu = (name: string, more: Partial<Device> = {}): Device => ({
  name,
  attributes: { kind: { string: 'gpu' } },
  ...more,
})
const request = (name: string): DeviceRequest => ({ name, exactly: { deviceClassName: 'gpu' } })

function pod(name: string, claim: object): Pod {
  const containers = [{ name: 'c', image: 'i:1', resources: { claims: [{ name: 'gpu' }] } }]
  return { metadata: { name, namespace }, spec: { containers, resourceClaims: [{ name: 'gpu', ...claim }] } }
}

async function template(cluster: TestCluster): Promise<void> {
  const spec = { spec: { devices: { requests: [request('r')] } } }
  await cluster.api.of(resourceV1.resourceClaimTemplates, namespace).create({ metadata: { name: 'one' }, spec })
}

async function refusal(cluster: TestCluster, name: string): Promise<string | undefined> {
  await cluster.settled()
  const { status } = await cluster.api.of(coreV1.pods, namespace).get(name)
  return status?.conditions?.find(({ type, status: value }) => type === 'PodScheduled' && value === 'False')?.message
}

test('pods go where their devices are, and the next waits until one is given back', async () => {
  await using cluster = await start({
    a: [gpu('g0')],
    b: [gpu('g0'), gpu('nic', { attributes: { kind: { string: 'nic' } } })],
    c: [],
  })
  await template(cluster)
  const pods = cluster.api.of(coreV1.pods, namespace)
  for (const name of ['p1', 'p2', 'p3']) await pods.create(pod(name, { resourceClaimTemplateName: 'one' }))
  await cluster.settled()
  const placed = (await pods.list()).items.filter(({ spec }) => spec?.nodeName)
  assert.deepEqual(placed.map(({ spec }) => spec?.nodeName).sort(), ['a', 'b'])
  const waiting = (await pods.list()).items.find(({ spec }) => !spec?.nodeName)?.metadata.name ?? ''
  assert.equal(
    await refusal(cluster, waiting),
    '0/3 nodes are available: 3 cannot allocate all claims. still not schedulable, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  )
  const [first] = placed
  const claimName = first?.status?.resourceClaimStatuses?.[0]?.resourceClaimName ?? ''
  const claim = await cluster.api.of(resourceV1.resourceClaims, namespace).get(claimName)
  assert.deepEqual(claim.status?.reservedFor, [
    { resource: 'pods', name: first?.metadata.name, uid: first?.metadata.uid },
  ])
  assert.deepEqual(claim.status?.allocation?.devices?.results, [
    { request: 'r', driver, pool: first?.spec?.nodeName, device: 'g0' },
  ])
  assert.ok(claim.status?.allocation?.allocationTimestamp)
  assert.deepEqual(claim.metadata.finalizers, ['resource.kubernetes.io/delete-protection'])
  await pods.delete(first?.metadata.name ?? '', { gracePeriodSeconds: 0 })
  await cluster.settled()
  await cluster.clock.advance('15s')
  await cluster.settled()
  assert.equal((await pods.get(waiting)).spec?.nodeName, first?.spec?.nodeName)
  const { items: claims } = await cluster.api.of(resourceV1.resourceClaims, namespace).list()
  assert.equal(claims.length, 2)
})

test('pods that share a claim go to the node of its device', async () => {
  await using cluster = await start({ a: [], b: [gpu('g0')] })
  await cluster.api
    .of(resourceV1.resourceClaims, namespace)
    .create({ metadata: { name: 'shared' }, spec: { devices: { requests: [request('r')] } } })
  const pods = cluster.api.of(coreV1.pods, namespace)
  for (const name of ['p1', 'p2', 'p3']) await pods.create(pod(name, { resourceClaimName: 'shared' }))
  await cluster.settled()
  await cluster.clock.advance('30s')
  await cluster.settled()
  assert.deepEqual(
    (await pods.list()).items.map(({ spec }) => spec?.nodeName),
    ['b', 'b', 'b'],
  )
  const { status } = await cluster.api.of(resourceV1.resourceClaims, namespace).get('shared')
  assert.deepEqual(status?.reservedFor?.map(({ name }) => name).sort(), ['p1', 'p2', 'p3'])
})

test('a claim that is not there yet holds its pod back without a word, and a class that is not is named', async () => {
  await using cluster = await start({ a: [gpu('g0')] })
  const pods = cluster.api.of(coreV1.pods, namespace)
  await pods.create(pod('early', { resourceClaimName: 'later' }))
  assert.equal(await refusal(cluster, 'early'), undefined)
  const claims = cluster.api.of(resourceV1.resourceClaims, namespace)
  const unknown = { name: 'r', exactly: { deviceClassName: 'tpu' } }
  await claims.create({ metadata: { name: 'wrong' }, spec: { devices: { requests: [unknown] } } })
  await pods.create(pod('lost', { resourceClaimName: 'wrong' }))
  assert.equal(
    await refusal(cluster, 'lost'),
    '0/1 nodes are available: request r: device class tpu does not exist. not found',
  )
  await claims.create({ metadata: { name: 'later' }, spec: { devices: { requests: [request('r')] } } })
  await cluster.settled()
  assert.equal((await pods.get('early')).spec?.nodeName, 'a')
})

test('a pod waits for its device to be made ready', async () => {
  const bindingConditions = ['Attached']
  await using cluster = await start({ a: [gpu('g0', { bindingConditions, bindingFailureConditions: ['Broken'] })] })
  const claims = cluster.api.of(resourceV1.resourceClaims, namespace)
  await claims.create({ metadata: { name: 'mine' }, spec: { devices: { requests: [request('r')] } } })
  const pods = cluster.api.of(coreV1.pods, namespace)
  await pods.create(pod('p', { resourceClaimName: 'mine' }))
  await cluster.settled()
  assert.equal((await pods.get('p')).spec?.nodeName, undefined)
  const claim = await claims.get('mine')
  const condition = {
    type: 'Attached',
    status: 'True',
    reason: 'Done',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  const devices = [{ driver, pool: 'a', device: 'g0', conditions: [condition] }]
  await claims.updateStatus({ ...claim, status: { ...claim.status, devices } })
  await cluster.settled()
  assert.equal((await pods.get('p')).spec?.nodeName, 'a')
})

test('a class that stands for an extended resource gives its devices to whoever asks for that', async () => {
  await using cluster = await start({ a: [], b: [gpu('g0'), gpu('g1'), gpu('g2')] })
  const classes = cluster.api.of(resourceV1.deviceClasses)
  const { spec } = await classes.get('gpu')
  await classes.update({ metadata: { name: 'gpu' }, spec: { ...spec, extendedResourceName: 'example.com/gpu' } })
  const pods = cluster.api.of(coreV1.pods, namespace)
  const amounts = (count: string) => ({ requests: { 'example.com/gpu': count }, limits: { 'example.com/gpu': count } })
  const containers = [{ name: 'c', image: 'i:1', resources: amounts('2') }]
  const initContainers = [{ name: 'i', image: 'i:1', resources: amounts('1') }]
  await pods.create({ metadata: { name: 'p' }, spec: { containers, initContainers } })
  await pods.create({ metadata: { name: 'q' }, spec: { containers } })
  await cluster.settled()
  const { spec: placed, status } = await pods.get('p')
  assert.equal(placed?.nodeName, 'b')
  const { resourceClaimName = '', requestMappings } = status?.extendedResourceClaimStatus ?? {}
  assert.match(resourceClaimName, /^p-extended-resources-/)
  assert.deepEqual(requestMappings, [
    { containerName: 'c', resourceName: 'example.com/gpu', requestName: 'container-1-request-0' },
    { containerName: 'i', resourceName: 'example.com/gpu', requestName: 'container-1-request-0' },
  ])
  const claims = cluster.api.of(resourceV1.resourceClaims, namespace)
  const claim = await claims.get(resourceClaimName)
  const results = claim.status?.allocation?.devices?.results ?? []
  assert.deepEqual(
    results.map(({ device }) => device),
    ['g0', 'g1'],
  )
  assert.deepEqual(claim.metadata.annotations, { 'resource.kubernetes.io/extended-resource-claim': 'true' })
  assert.match((await refusal(cluster, 'q')) ?? '', /2 cannot allocate all claims/)
  await pods.delete('p', { gracePeriodSeconds: 0 })
  await cluster.settled()
  await cluster.clock.advance('15s')
  await cluster.settled()
  assert.equal((await pods.get('q')).spec?.nodeName, 'b')
  assert.equal((await claims.list()).items.length, 1)
})
