import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsV1, coreV1 } from '../../src/api/resources.ts'
import type { Deployment } from '../../src/api/types/apps/v1.ts'
import { namespace, startTestbed } from './testbed.ts'

function deployment(replicas: number, more: Partial<NonNullable<Deployment['spec']>> = {}): Deployment {
  return {
    metadata: { name: 'd' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
      ...more,
    },
  }
}

test('a Deployment becomes available', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.deployments, deployment(2))
  await bed.settle()
  const { status, metadata } = await bed.client.of(appsV1.deployments, namespace).get('d')
  assert.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '1')
  const { conditions, ...counts } = status ?? {}
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    terminatingReplicas: 0,
  })
  const [set] = (await bed.client.of(appsV1.replicaSets, namespace).list()).items
  assert.deepEqual(
    (conditions ?? []).map(({ type, status, reason, message }) => ({ type, status, reason, message })),
    [
      {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
      },
    ],
  )
  const events = await bed.events()
  assert.ok(
    events.includes(`Deployment/d Normal ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 2`),
    events.join('\n'),
  )
})

test('a Deployment rolls to a new template without falling below its minimum', async () => {
  await using bed = await startTestbed()
  const api = bed.client.of(appsV1.deployments, namespace)
  await bed.create(appsV1.deployments, deployment(3))
  await bed.settle()
  await api.patch('d', { type: 'merge', patch: { spec: { template: { metadata: { labels: { v: '2' } } } } } })
  await bed.settle()
  const { status, metadata } = await api.get('d')
  assert.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '2')
  assert.equal(status?.updatedReplicas, 3)
  assert.equal(status?.replicas, 3)
  const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.deepEqual(
    pods.map((pod) => pod.metadata.labels?.v),
    ['2', '2', '2'],
  )
  const scaling = (await bed.events()).filter((text) => text.includes('ScalingReplicaSet'))
  assert.equal(scaling.length >= 4, true, scaling.join('\n'))
})

test('deleting a Deployment takes its ReplicaSet and pods along', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.deployments, deployment(2))
  await bed.settle()
  await bed.client.of(appsV1.deployments, namespace).delete('d', { propagationPolicy: 'Background' })
  await bed.advance(1_000)
  assert.deepEqual((await bed.client.of(appsV1.replicaSets, namespace).list()).items, [])
  assert.deepEqual((await bed.client.of(coreV1.pods, namespace).list()).items, [])
})

test('deleting a Deployment in the foreground waits for its pods', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.deployments, deployment(2))
  await bed.settle()
  await bed.client.of(appsV1.deployments, namespace).delete('d', { propagationPolicy: 'Foreground' })
  await bed.advance(1_000)
  assert.deepEqual((await bed.client.of(appsV1.deployments, namespace).list()).items, [])
  assert.deepEqual((await bed.client.of(coreV1.pods, namespace).list()).items, [])
})

test('orphaning a Deployment leaves its ReplicaSet without an owner', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.deployments, deployment(1))
  await bed.settle()
  await bed.client.of(appsV1.deployments, namespace).delete('d', { propagationPolicy: 'Orphan' })
  await bed.advance(1_000)
  const sets = (await bed.client.of(appsV1.replicaSets, namespace).list()).items
  assert.deepEqual(
    sets.map(({ metadata }) => metadata.ownerReferences ?? []),
    [[]],
  )
})

test('a rollout that does not move passes its deadline', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'pending'
  await bed.create(appsV1.deployments, deployment(1, { progressDeadlineSeconds: 5 }))
  await bed.settle()
  await bed.advance(8_000)
  const { status } = await bed.client.of(appsV1.deployments, namespace).get('d')
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing')
  assert.equal(progressing?.reason, 'ProgressDeadlineExceeded')
})

test('recreate stops every old pod before it starts a new one', async () => {
  await using bed = await startTestbed()
  const api = bed.client.of(appsV1.deployments, namespace)
  await bed.create(appsV1.deployments, deployment(2, { strategy: { type: 'Recreate' } }))
  await bed.settle()
  await api.patch('d', { type: 'merge', patch: { spec: { template: { metadata: { labels: { v: '2' } } } } } })
  await bed.advance(1_000)
  const events = (await bed.events())
    .filter((text) => text.startsWith('Deployment/d'))
    .map((text) => text.replace(/d-\S+/, 'SET'))
  assert.deepEqual(events.sort(), [
    'Deployment/d Normal ScalingReplicaSet: Scaled down replica set SET from 2 to 0',
    'Deployment/d Normal ScalingReplicaSet: Scaled up replica set SET from 0 to 2',
    'Deployment/d Normal ScalingReplicaSet: Scaled up replica set SET from 0 to 2',
  ])
})

test('scaling through the scale subresource changes the number of pods', async () => {
  await using bed = await startTestbed()
  await bed.create(appsV1.deployments, deployment(1))
  await bed.settle()
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/d/scale`
  const scale = await bed.client.raw<{ spec: { replicas: number } }>('GET', path)
  await bed.client.raw('PUT', path, { ...scale, spec: { replicas: 3 } })
  await bed.settle()
  const { spec, metadata, status } = await bed.client.of(appsV1.deployments, namespace).get('d')
  assert.deepEqual([spec?.replicas, metadata.generation, status?.availableReplicas], [3, 2, 3])
})

test('a Deployment goes back to the revision that its annotation asks for', async () => {
  await using bed = await startTestbed()
  const deployments = bed.client.of(appsV1.deployments, namespace)
  await bed.create(appsV1.deployments, deployment(2))
  await bed.settle()
  const container = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } })
  await deployments.patch('d', { type: 'merge', patch: container('i:2') })
  await bed.settle()
  const rollBackTo = (revision: string) => {
    const annotations = { 'deprecated.deployment.rollback.to': revision }
    return deployments.patch('d', { type: 'merge', patch: { metadata: { annotations } } })
  }
  await rollBackTo('1')
  await bed.settle()
  const { metadata, spec, status } = await deployments.get('d')
  assert.equal(spec?.template?.spec?.containers[0]?.image, 'i:1')
  assert.deepEqual(metadata.annotations, { 'deployment.kubernetes.io/revision': '3' })
  assert.equal(status?.updatedReplicas, spec?.replicas)
  await rollBackTo('7')
  const events = await bed.events()
  assert.ok(events.includes('Deployment/d Normal DeploymentRollback: Rolled back deployment "d" to revision 1'))
  assert.ok(
    events.includes(
      'Deployment/d Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.',
    ),
  )
  assert.deepEqual((await deployments.get('d')).metadata.annotations, { 'deployment.kubernetes.io/revision': '3' })
})
