import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsV1, coreV1, discoveryV1 } from '../../src/api/resources.ts'
import type { PodTemplateSpec } from '../../src/api/types/core/v1.ts'
import { namespace, startTestbed } from './testbed.ts'

const labels = { app: 'a' }
const template: PodTemplateSpec = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }

test('a StatefulSet starts its pods in order and keeps their identity', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.statefulSets, {
    metadata: { name: 's' },
    spec: { serviceName: 's', replicas: 2, selector: { matchLabels: labels }, template },
  })
  await bed.settle()
  const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.deepEqual(
    pods.map(({ metadata, spec }) => [metadata.name, spec?.hostname, spec?.subdomain]),
    [
      ['s-0', 's-0', 's'],
      ['s-1', 's-1', 's'],
    ],
  )
  const { status } = await bed.client.of(appsV1.statefulSets, namespace).get('s')
  const revision = status?.currentRevision
  assert.deepEqual(status, {
    observedGeneration: 1,
    replicas: 2,
    readyReplicas: 2,
    currentReplicas: 2,
    updatedReplicas: 2,
    currentRevision: revision,
    updateRevision: revision,
    collisionCount: 0,
    availableReplicas: 2,
  })
  assert.deepEqual((await bed.events()).filter((text) => text.startsWith('StatefulSet')).sort(), [
    'StatefulSet/s Normal SuccessfulCreate: Create Pod s-0 in StatefulSet s successful',
    'StatefulSet/s Normal SuccessfulCreate: Create Pod s-1 in StatefulSet s successful',
  ])
})

test('a StatefulSet waits for the first pod before it starts the second', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'pending'
  await bed.create(appsV1.statefulSets, {
    metadata: { name: 's' },
    spec: { serviceName: 's', replicas: 2, selector: { matchLabels: labels }, template },
  })
  await bed.settle()
  const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.deepEqual(
    pods.map(({ metadata }) => metadata.name),
    ['s-0'],
  )
})

test('a StatefulSet rolls from the highest ordinal down, to the partition', async () => {
  await using bed = await startTestbed()
  const api = bed.client.of(appsV1.statefulSets, namespace)
  await bed.create(appsV1.statefulSets, {
    metadata: { name: 's' },
    spec: {
      serviceName: 's',
      replicas: 3,
      selector: { matchLabels: labels },
      template,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
    },
  })
  await bed.settle()
  await api.patch('s', { type: 'merge', patch: { spec: { template: { metadata: { labels: { v: '2' } } } } } })
  await bed.advance(1_000)
  const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.deepEqual(
    pods.map(({ metadata }) => [metadata.name, metadata.labels?.v ?? '1']),
    [
      ['s-0', '1'],
      ['s-1', '2'],
      ['s-2', '2'],
    ],
  )
  await api.patch('s', { type: 'merge', patch: { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } } })
  await bed.advance(1_000)
  const { status } = await api.get('s')
  assert.equal(status?.updatedReplicas, 3)
  assert.equal(status?.currentRevision, status?.updateRevision)
})

test('a DaemonSet runs once on every node and follows its template', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  await bed.create(appsV1.daemonSets, {
    metadata: { name: 'ds' },
    spec: { selector: { matchLabels: labels }, template },
  })
  await bed.settle()
  const api = bed.client.of(appsV1.daemonSets, namespace)
  const { status } = await api.get('ds')
  assert.deepEqual(status, {
    currentNumberScheduled: 2,
    numberMisscheduled: 0,
    desiredNumberScheduled: 2,
    numberReady: 2,
    observedGeneration: 1,
    updatedNumberScheduled: 2,
    numberAvailable: 2,
  })
  await api.patch('ds', { type: 'merge', patch: { spec: { template: { metadata: { labels: { v: '2' } } } } } })
  await bed.advance(1_000)
  const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.deepEqual(pods.map(({ metadata, spec }) => [spec?.nodeName, metadata.labels?.v]).sort(), [
    ['node1', '2'],
    ['node2', '2'],
  ])
  const revisions = (await bed.client.of(appsV1.controllerRevisions, namespace).list()).items
  assert.deepEqual(revisions.map(({ revision }) => revision).sort(), [1, 2])
})

test('a revision that pods of a DaemonSet have takes up its history', async () => {
  await using bed = await startTestbed()
  const sets = bed.cluster.client.apps.v1.daemonSets(namespace)
  const image = (version: number) => ({ containers: [{ name: 'c', image: `web:${version}` }] })
  const labels = { app: 'd' }
  await sets.create({
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: labels },
      revisionHistoryLimit: 1,
      updateStrategy: { type: 'OnDelete' },
      template: { metadata: { labels }, spec: image(1) },
    },
  })
  await bed.settle()
  for (const version of [2, 3, 4]) {
    await sets.patch('d', { type: 'strategic', patch: { spec: { template: { spec: image(version) } } } })
    await bed.settle()
  }
  const { items } = await bed.cluster.client.apps.v1.controllerRevisions(namespace).list()
  // The pod has the first, the set the last; the one place of history is the pod's.
  assert.deepEqual(items.map(({ revision }) => revision).sort(), [1, 4])
})

test('sets that are made anew over pods and revisions that were left take both over and restart nothing', async () => {
  await using bed = await startTestbed()
  const selector = { matchLabels: labels }
  const [daemons, stateful] = [
    bed.client.of(appsV1.daemonSets, namespace),
    bed.client.of(appsV1.statefulSets, namespace),
  ]
  const start = async () => {
    await bed.create(appsV1.statefulSets, { metadata: { name: 's' }, spec: { serviceName: 's', selector, template } })
    const other = { ...template, metadata: { labels: { app: 'd' } } }
    await bed.create(appsV1.daemonSets, {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { app: 'd' } }, template: other },
    })
    await bed.advance(2_000)
  }
  const left = async () => {
    const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
    const revisions = (await bed.client.of(appsV1.controllerRevisions, namespace).list()).items
    return [...pods, ...revisions].map(({ metadata }) => metadata.uid).sort()
  }
  await start()
  const before = await left()
  for (const [name, api] of [
    ['s', stateful],
    ['d', daemons],
  ] as const)
    await api.delete(name, { propagationPolicy: 'Orphan' })
  await bed.advance(2_000)
  await start()
  assert.deepEqual(await left(), before)
  assert.equal(
    (await daemons.get('d')).status?.updatedNumberScheduled,
    (await daemons.get('d')).status?.desiredNumberScheduled,
  )
  assert.deepEqual(
    [(await stateful.get('s')).status?.updatedReplicas, (await stateful.get('s')).status?.collisionCount],
    [1, 0],
  )
})

test('a Service gets Endpoints and an EndpointSlice with its ready pods', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.services, {
    metadata: { name: 'svc' },
    spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  })
  await bed.create(appsV1.deployments, {
    metadata: { name: 'd' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  })
  await bed.settle()
  const [slice] = (await bed.client.of(discoveryV1.endpointSlices, namespace).list()).items
  assert.equal(slice?.metadata.labels?.['kubernetes.io/service-name'], 'svc')
  assert.deepEqual(slice?.ports, [{ name: 'http', protocol: 'TCP', port: 8080 }])
  assert.deepEqual(
    (slice?.endpoints ?? []).map(({ conditions, nodeName }) => [conditions, nodeName]),
    [
      [{ ready: true, serving: true, terminating: false }, 'node1'],
      [{ ready: true, serving: true, terminating: false }, 'node1'],
    ],
  )
  const endpoints = await bed.client.of(coreV1.endpoints, namespace).get('svc')
  assert.equal(endpoints.subsets?.[0]?.addresses?.length, 2)
})

test('a namespace that is deleted loses its content and goes', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.deployments, {
    metadata: { name: 'd' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  })
  await bed.settle()
  await bed.client.of(coreV1.namespaces).delete(namespace)
  await bed.advance(5_000)
  await assert.rejects(bed.client.of(coreV1.namespaces).get(namespace), /namespaces "test" not found/)
  assert.deepEqual((await bed.client.of(coreV1.pods).list()).items, [])
})

test('every namespace has its default ServiceAccount and the root CA', async () => {
  await using bed = await startTestbed()
  assert.ok(await bed.client.of(coreV1.serviceAccounts, namespace).get('default'))
  const map = await bed.client.of(coreV1.configMaps, namespace).get('kube-root-ca.crt')
  assert.match(map.data?.['ca.crt'] ?? '', /^-----BEGIN CERTIFICATE-----/)
})

test('a taint that a person sets lets pods stay as long as they tolerate it', async () => {
  await using bed = await startTestbed({ nodes: ['node1'] })
  const tolerations = [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }]
  const containers = [{ name: 'c', image: 'i:1' }]
  await bed.create(coreV1.pods, { metadata: { name: 'p' }, spec: { nodeName: 'node1', tolerations, containers } })
  await bed.advance(1_000)
  const patch = { spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } }
  await bed.client.of(coreV1.nodes).patch('node1', { type: 'merge', patch })
  const isThere = async () => {
    const { items } = await bed.client.of(coreV1.pods, namespace).list()
    return items.some(({ metadata }) => metadata.deletionTimestamp === undefined)
  }
  await bed.advance(3_000)
  assert.equal(await isThere(), true)
  await bed.advance(3_000)
  assert.equal(await isThere(), false)
})

test('a silent node is tainted and its pods leave after their toleration', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  await bed.cluster.nodes.partition('node1')
  const tolerations = [
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
  ]
  await bed.create(coreV1.pods, {
    metadata: { name: 'p' },
    spec: { nodeName: 'node1', tolerations, containers: [{ name: 'c', image: 'i:1' }] },
  })
  await bed.advance(60_000)
  const node = await bed.client.of(coreV1.nodes).get('node1')
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'NodeStatusUnknown')
  assert.deepEqual(
    (node.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`),
    ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
  )
  const { items } = await bed.client.of(coreV1.events, 'default').list()
  const said = items.filter(({ involvedObject }) => involvedObject.name === 'node1').map(({ message }) => message)
  assert.deepEqual(said, [
    'Node node1 event: Registered Node node1 in Controller',
    'Node node1 status is now: NodeNotReady',
  ])
  assert.equal((await bed.client.of(coreV1.pods, namespace).list()).items.length, 1)
  await bed.advance(40_000)
  // Only the node itself can say that its pod has ended.
  const [leaving] = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.ok(leaving?.metadata.deletionTimestamp)
  await bed.cluster.nodes.revive('node1')
  await bed.settle()
  assert.deepEqual((await bed.client.of(coreV1.pods, namespace).list()).items, [])
})

test('where no node speaks any more, no pod is driven away, and its eviction is called off', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  const noExecute = async () =>
    (await bed.client.of(coreV1.nodes).list()).items.flatMap(({ metadata, spec }) =>
      (spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute').map(() => metadata.name),
    )
  await bed.create(coreV1.pods, {
    metadata: { name: 'p' },
    spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'i:1' }] },
  })
  await bed.settle()
  await bed.cluster.nodes.partition('node1')
  await bed.advance(65_000)
  assert.deepEqual(await noExecute(), ['node1'])
  await bed.cluster.nodes.partition('node2')
  await bed.advance(65_000)
  assert.deepEqual(await noExecute(), [])
  // Five minutes are what admission lets every pod tolerate.
  await bed.advance(600_000)
  const pod = await bed.client.of(coreV1.pods, namespace).get('p')
  assert.equal(pod.metadata.deletionTimestamp, undefined)
  assert.equal(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False')
  const events = await bed.events()
  assert.ok(events.includes('Pod/p Normal TaintManagerEviction: Cancelling deletion of Pod test/p'), events.join('\n'))
  assert.ok(events.includes('Pod/p Warning NodeNotReady: Node is not ready'))
  await bed.cluster.nodes.revive('node2')
  await bed.advance(20_000)
  assert.deepEqual(await noExecute(), ['node1'])
})

test('a pod that fits nowhere says why', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.pods, {
    metadata: { name: 'p' },
    spec: { nodeSelector: { no: 'where' }, containers: [{ name: 'c', image: 'i:1' }] },
  })
  await bed.create(coreV1.pods, {
    metadata: { name: 'big' },
    spec: { containers: [{ name: 'c', image: 'i:1', resources: { requests: { cpu: '900' } } }] },
  })
  const events = await bed.events()
  assert.deepEqual(events.filter((text) => text.includes('FailedScheduling')).sort(), [
    'Pod/big Warning FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    "Pod/p Warning FailedScheduling: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  ])
  const pod = await bed.client.of(coreV1.pods, namespace).get('p')
  assert.equal(pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.reason, 'Unschedulable')
})
