import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsV1, batchV1, coreV1, discoveryV1, policyV1 } from '../../src/api/resources.ts'
import type { PodTemplateSpec } from '../../src/api/types/core/v1.ts'
import { nodeIpamController } from '../../src/controllers/node-ipam/reconcile.ts'
import { namespace, startTestbed } from './testbed.ts'

const labels = { app: 'a' }
const template: PodTemplateSpec = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }

test('a PodDisruptionBudget counts its pods through their Deployment, and eviction goes by it', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.deployments, {
    metadata: { name: 'd' },
    spec: { replicas: 3, selector: { matchLabels: labels }, template },
  })
  await bed.create(policyV1.podDisruptionBudgets, {
    metadata: { name: 'pdb' },
    spec: { minAvailable: '50%', selector: { matchLabels: labels } },
  })
  await bed.settle()
  const budgets = bed.client.of(policyV1.podDisruptionBudgets, namespace)
  const { conditions, ...counts } = (await budgets.get('pdb')).status ?? {}
  assert.deepEqual(counts, {
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
  })
  assert.equal(conditions?.[0]?.reason, 'SufficientPods')
  const pods = bed.client.of(coreV1.pods, namespace)
  bed.behave = () => 'pending'
  const [first, second] = (await pods.list()).items.map(({ metadata }) => metadata.name ?? '')
  const evict = (name = '') => pods.createSub(name, 'eviction', { metadata: { name, namespace } })
  await evict(first)
  await bed.settle()
  assert.equal((await budgets.get('pdb')).status?.disruptionsAllowed, 0)
  await assert.rejects(evict(second), /violate the pod's disruption budget/)
})

test('a pod with two budgets is told of, and cannot be evicted', async () => {
  await using bed = await startTestbed()
  for (const [name, spec] of [
    ['one', { minAvailable: 0 }],
    ['two', {}],
  ] as const) {
    const selector = { matchLabels: { app: 'web' } }
    await bed.create(policyV1.podDisruptionBudgets, { metadata: { name }, spec: { selector, ...spec } })
  }
  await bed.settle()
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  await bed.create(coreV1.pods, { metadata: { name: 'p', labels: { app: 'web' } }, spec })
  await bed.settle()
  const message = `Pod "${namespace}"/"p" matches multiple PodDisruptionBudgets.  Chose "one" arbitrarily.`
  assert.ok((await bed.events()).includes(`Pod/p Warning MultiplePodDisruptionBudgets: ${message}`))
  const allowed = async (name: string) =>
    (await bed.client.of(policyV1.podDisruptionBudgets, namespace).get(name)).status?.disruptionsAllowed
  assert.deepEqual([await allowed('one'), await allowed('two')], [1, 0])
  const eviction = bed.client.of(coreV1.pods, namespace).createSub('p', 'eviction', { metadata: { name: 'p' } })
  await assert.rejects(eviction, /^ApiError: This pod has more than one PodDisruptionBudget/)
})

test('a budget over pods of a kind without scale allows nothing and says why', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.daemonSets, {
    metadata: { name: 'ds' },
    spec: { selector: { matchLabels: labels }, template },
  })
  await bed.create(policyV1.podDisruptionBudgets, {
    metadata: { name: 'pdb' },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  })
  await bed.settle()
  const { status } = await bed.client.of(policyV1.podDisruptionBudgets, namespace).get('pdb')
  assert.deepEqual(
    status?.conditions?.map(({ reason, message }) => ({ reason, message })),
    [{ reason: 'SyncFailed', message: 'daemonsets.apps does not implement the scale subresource' }],
  )
})

test('a ReplicationController keeps its pods at the wanted number', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.replicationControllers, {
    metadata: { name: 'rc' },
    spec: { replicas: 2, selector: labels, template },
  })
  await bed.settle()
  const api = bed.client.of(coreV1.replicationControllers, namespace)
  assert.deepEqual((await api.get('rc')).status, {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  })
  await api.patch('rc', { type: 'merge', patch: { spec: { replicas: 0 } } })
  await bed.settle()
  assert.deepEqual((await bed.client.of(coreV1.pods, namespace).list()).items, [])
})

test('a finished Job goes after its time to live', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'succeeded'
  await bed.create(batchV1.jobs, {
    metadata: { name: 'j' },
    spec: {
      ttlSecondsAfterFinished: 30,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } },
    },
  })
  await bed.advance(20_000)
  const jobs = bed.client.of(batchV1.jobs, namespace)
  assert.equal((await jobs.list()).items.length, 1)
  await bed.advance(15_000)
  assert.deepEqual((await jobs.list()).items, [])
  assert.deepEqual((await bed.client.of(coreV1.pods, namespace).list()).items, [])
})

test('a claim that a pod uses stays until the pod is gone', async () => {
  await using bed = await startTestbed()
  const claims = bed.client.of(coreV1.persistentVolumeClaims, namespace)
  await bed.create(coreV1.persistentVolumeClaims, {
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  await bed.create(coreV1.pods, {
    metadata: { name: 'p' },
    spec: {
      nodeName: 'node1',
      containers: [{ name: 'c', image: 'i:1' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
    },
  })
  await bed.settle()
  assert.deepEqual((await claims.get('c')).metadata.finalizers, ['kubernetes.io/pvc-protection'])
  await claims.delete('c')
  await bed.settle()
  assert.ok((await claims.get('c')).metadata.deletionTimestamp)
  await bed.client.of(coreV1.pods, namespace).delete('p')
  await bed.settle()
  assert.deepEqual((await claims.list()).items, [])
})

test('a volume that is bound stays until it is released', async () => {
  await using bed = await startTestbed()
  const volumes = bed.client.of(coreV1.persistentVolumes)
  const size = { storage: '1Gi' }
  await volumes.create({
    metadata: { name: 'v' },
    spec: { capacity: size, accessModes: ['ReadWriteOnce'], hostPath: { path: '/v' } },
  })
  await bed.create(coreV1.persistentVolumeClaims, {
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: size }, storageClassName: '' },
  })
  await bed.settle()
  assert.equal((await volumes.get('v')).status?.phase, 'Bound')
  await volumes.delete('v')
  await bed.settle()
  assert.deepEqual((await volumes.get('v')).metadata.finalizers, ['kubernetes.io/pv-protection'])
  await bed.client.of(coreV1.persistentVolumeClaims, namespace).delete('c')
  await bed.settle()
  assert.deepEqual((await volumes.list()).items, [])
})

test('pods of a node that is gone fail and go', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  const pods = bed.client.of(coreV1.pods, namespace)
  for (const nodeName of ['node1', 'node2']) {
    await bed.create(coreV1.pods, {
      metadata: { name: `on-${nodeName}` },
      spec: { nodeName, containers: [{ name: 'c', image: 'i:1' }] },
    })
  }
  await bed.settle()
  await bed.client.of(coreV1.nodes).delete('node2')
  await bed.advance(30_000)
  assert.equal((await pods.list()).items.length, 2)
  await bed.advance(40_000)
  assert.deepEqual(
    (await pods.list()).items.map(({ metadata }) => metadata.name),
    ['on-node1'],
  )
})

test('hand-made Endpoints are mirrored, followed and taken along', async () => {
  await using bed = await startTestbed()
  const endpoints = bed.client.of(coreV1.endpoints, namespace)
  const slices = bed.client.of(discoveryV1.endpointSlices, namespace)
  await bed.create(coreV1.services, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } })
  const made = await bed.create(coreV1.endpoints, {
    metadata: { name: 's' },
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 80 }] }],
  })
  await bed.settle()
  const addresses = async () =>
    (await slices.list()).items.flatMap((slice) => (slice.endpoints ?? []).flatMap(({ addresses }) => addresses))
  assert.deepEqual(await addresses(), ['192.0.2.7'])
  await endpoints.update({ ...made, subsets: [{ addresses: [{ ip: '192.0.2.8' }], ports: [{ port: 80 }] }] })
  await bed.settle()
  assert.deepEqual(await addresses(), ['192.0.2.8'])
  await endpoints.delete('s')
  await bed.settle()
  assert.deepEqual((await slices.list()).items, [])
})

test('nodes get a block of pod addresses each, and none of those of Services', async () => {
  await using bed = await startTestbed({ nodes: [] })
  const clusterCidrs = ['10.244.0.0/16', 'fd00::/48']
  const serviceCidrs = ['10.244.0.0/20', 'fd00:1::/108']
  await bed.cluster.run('node-ipam', (parts) => nodeIpamController(parts, { clusterCidrs, serviceCidrs }))
  const nodes = bed.client.of(coreV1.nodes)
  for (const name of ['node1', 'node2']) await nodes.create({ metadata: { name } })
  await bed.settle()
  assert.deepEqual(
    (await nodes.list()).items.map(({ spec }) => spec?.podCIDRs),
    [
      ['10.244.16.0/24', 'fd00::/64'],
      ['10.244.17.0/24', 'fd00:0:0:1::/64'],
    ],
  )
})

test('topology hints follow zones of nodes, and events tell of them', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  const nodes = bed.client.of(coreV1.nodes)
  const inZone = (name: string, zone: string) =>
    nodes.patch(name, { type: 'merge', patch: { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } } })
  await inZone('node1', 'a')
  await bed.create(coreV1.services, {
    metadata: { name: 's', annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } },
    spec: { selector: labels, ports: [{ port: 80 }] },
  })
  for (const index of [1, 2, 3, 4]) {
    await bed.create(coreV1.pods, {
      metadata: { name: `p${index}`, labels },
      spec: { nodeName: index === 1 ? 'node2' : 'node1', containers: [{ name: 'c', image: 'i:1' }] },
    })
  }
  const hints = async () => {
    await bed.settle()
    const { items } = await bed.client.of(discoveryV1.endpointSlices, namespace).list()
    return items.flatMap(({ endpoints = [] }) => endpoints.map(({ hints }) => hints?.forZones?.[0]?.name)).sort()
  }
  assert.deepEqual(await hints(), [undefined, undefined, undefined, undefined])
  await inZone('node2', 'b')
  assert.deepEqual(await hints(), ['a', 'a', 'b', 'b'])
  await inZone('node2', 'a')
  assert.deepEqual(await hints(), [undefined, undefined, undefined, undefined])
  const events = (await bed.events()).filter((text) => text.startsWith('Service/s'))
  const disabled =
    'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4'
  assert.deepEqual(events.sort(), [
    'Service/s Normal TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
    `Service/s Warning TopologyAwareHintsDisabled: ${disabled}`,
  ])
})
