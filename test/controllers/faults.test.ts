import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { appsV1, batchV1, coreV1, discoveryV1 } from '../../src/api/resources.ts'
import type { PodTemplateSpec } from '../../src/api/types/core/v1.ts'
import type { Fault } from '../../src/testing/faults/faults.ts'
import { namespace, startTestbed, type Testbed } from './testbed.ts'

const labels = (app: string) => ({ app })
const template = (app: string): PodTemplateSpec => ({
  metadata: { labels: labels(app) },
  spec: { containers: [{ name: 'c', image: 'i:1' }] },
})
const jobTemplate: PodTemplateSpec = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } }

async function createWorkloads(bed: Testbed): Promise<void> {
  bed.behave = (pod) => (pod.metadata.ownerReferences?.[0]?.kind === 'Job' ? 'succeeded' : 'ready')
  const selector = (app: string) => ({ matchLabels: labels(app) })
  await bed.create(appsV1.deployments, {
    metadata: { name: 'd' },
    spec: { replicas: 5, selector: selector('d'), template: template('d') },
  })
  await bed.create(appsV1.statefulSets, {
    metadata: { name: 's' },
    spec: { serviceName: 's', replicas: 3, selector: selector('s'), template: template('s') },
  })
  await bed.create(appsV1.daemonSets, {
    metadata: { name: 'ds' },
    spec: { selector: selector('ds'), template: template('ds') },
  })
  await bed.create(batchV1.jobs, {
    metadata: { name: 'j' },
    spec: { completions: 4, parallelism: 2, backoffLimit: 100, template: jobTemplate },
  })
  await bed.create(coreV1.services, {
    metadata: { name: 'svc' },
    spec: { selector: labels('d'), ports: [{ port: 80 }] },
  })
}

/** In the ways they fail on a network. Events are left out: they are tried again for minutes. */
function failRequests({ cluster }: Testbed, share: number): () => void {
  const faults = ['create', 'update', 'patch', 'delete', 'get'].flatMap((verb) =>
    concerned.flatMap((resource): Fault[] => {
      const rule = { match: { component: 'kube-*', verb, resource }, share: share / 5 }
      return [
        { ...rule, refuse: verb === 'get' ? 503 : 409 },
        { ...rule, refuse: 500 },
        { ...rule, refuse: 'no answer' },
        { ...rule, loseAnswer: true },
        { ...rule, delay: '3s' },
      ]
    }),
  )
  const ends = faults.map((fault) => cluster.faults.add(fault))
  return () => {
    for (const end of ends) end()
  }
}

const concerned = [
  'pods*',
  'replicasets*',
  'deployments*',
  'statefulsets*',
  'daemonsets*',
  'jobs*',
  'endpoint*',
  'controllerrevisions*',
]

async function podsBy(bed: Testbed): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { metadata } of (await bed.client.of(coreV1.pods, namespace).list()).items) {
    const kind = metadata.ownerReferences?.[0]?.kind ?? ''
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

async function assertSettled(bed: Testbed): Promise<void> {
  const { client } = bed
  const deployment = await client.of(appsV1.deployments, namespace).get('d')
  const { replicas, updatedReplicas, availableReplicas } = deployment.status ?? {}
  assert.deepEqual([replicas, updatedReplicas, availableReplicas], [5, 5, 5])
  const stateful = await client.of(appsV1.statefulSets, namespace).get('s')
  assert.deepEqual([stateful.status?.readyReplicas, stateful.status?.updatedReplicas], [3, 3])
  const daemons = await client.of(appsV1.daemonSets, namespace).get('ds')
  assert.deepEqual([daemons.status?.numberReady, daemons.status?.updatedNumberScheduled], [2, 2])
  const job = await client.of(batchV1.jobs, namespace).get('j')
  assert.deepEqual([job.status?.succeeded, job.status?.conditions?.at(-1)?.type], [4, 'Complete'])
  const slices = (await client.of(discoveryV1.endpointSlices, namespace).list()).items
  assert.equal(slices.flatMap(({ endpoints }) => endpoints ?? []).length, 5)
}

describe('controllers arrive in spite of failing requests', () => {
  for (const seed of ['one', 'two', 'three']) {
    test(`with seed ${seed}`, async () => {
      await using bed = await startTestbed({ nodes: ['node1', 'node2'], seed })
      const end = failRequests(bed, 0.25)
      await createWorkloads(bed)
      await bed.advance(40_000)
      const rollout = { spec: { template: { metadata: { labels: { v: '2' } } } } }
      for (const resource of [appsV1.deployments, appsV1.statefulSets, appsV1.daemonSets]) {
        const name = { Deployment: 'd', StatefulSet: 's', DaemonSet: 'ds' }[resource.kind] ?? ''
        await bed.client
          .of(resource as typeof appsV1.deployments, namespace)
          .patch(name, { type: 'merge', patch: rollout })
      }
      await bed.advance(60_000)
      const failed = bed.cluster.timeline.entries.filter(({ component }) => component === 'fault').length
      assert.ok(failed > 20, `only ${failed} requests failed`)
      end()
      // What failed often waits long: the back-off of a key doubles up to minutes.
      await bed.advance(400_000)
      await assertSettled(bed)
      const { items } = await bed.client.of(coreV1.pods, namespace).list()
      const outdated = items.filter(
        ({ metadata }) => metadata.ownerReferences?.[0]?.kind !== 'Job' && metadata.labels?.v !== '2',
      )
      assert.deepEqual(
        outdated.map(({ metadata }) => metadata.name),
        [],
      )
    })
  }
})

test('controllers make nothing twice when their caches lag behind', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  bed.cluster.faults.add({ match: { component: 'kube-*', verb: 'watch' }, delayEvents: 700 })
  await bed.cluster.reset()
  await bed.client.of(coreV1.namespaces).create({ metadata: { name: namespace } })
  await createWorkloads(bed)
  await bed.advance(30_000)
  assert.deepEqual(await podsBy(bed), { ReplicaSet: 5, StatefulSet: 3, DaemonSet: 2, Job: 4 })
  await assertSettled(bed)
  const created = (await bed.events()).filter((text) => text.includes(' SuccessfulCreate: '))
  assert.equal(new Set(created).size, 5 + 3 + 2 + 4, created.join('\n'))
  const deleted = (await bed.events()).filter((text) => text.includes(' SuccessfulDelete: '))
  assert.deepEqual(deleted, [])
})
