import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod, ResourceRequirements } from '../../api/types/core/v1.ts'
import { startCluster } from '../cluster.ts'
import type { TestCluster } from '../test-cluster.ts'

const cpu = (amount: string): ResourceRequirements => ({ requests: { cpu: amount }, limits: { cpu: amount } })

async function create(
  cluster: TestCluster,
  name: string,
  resources: ResourceRequirements,
  more: Partial<Container> = {},
) {
  const containers = [{ name: 'c', image: 'web:1', resources, ...more }]
  await cluster.client.core.v1.pods('default').create({ metadata: { name }, spec: { containers } })
  await cluster.settled()
}

async function resize(cluster: TestCluster, name: string, resources: ResourceRequirements): Promise<Pod> {
  const pods = cluster.client.core.v1.pods('default')
  const pod = structuredClone(await pods.get(name))
  const [container] = pod.spec?.containers ?? []
  if (container) container.resources = resources
  await pods.updateSub(name, 'resize', pod)
  await cluster.settled()
  return pods.get(name)
}

function told({ status }: Pod): unknown {
  const [container] = status?.containerStatuses ?? []
  const pending = status?.conditions?.find(({ type }) => type === 'PodResizePending')
  return [container?.resources?.limits?.cpu, container?.restartCount, pending?.message]
}

test('simulated nodes resize pods, restart where the policy wants it, and defer what has no room', async () => {
  await using cluster = await startCluster({ nodes: [{ capacity: { cpu: '2' } }], https: false })
  const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] as NonNullable<
    Container['resizePolicy']
  >
  await create(cluster, 'plain', cpu('100m'))
  await create(cluster, 'restarts', cpu('100m'), { resizePolicy })
  await create(cluster, 'big', cpu('1500m'))
  assert.deepEqual(told(await resize(cluster, 'plain', cpu('200m'))), ['200m', 0, undefined])
  assert.deepEqual(told(await resize(cluster, 'restarts', cpu('200m'))), ['200m', 1, undefined])
  const why = "Node didn't have enough resource: cpu, requested: 1000, used: 1700, capacity: 2000"
  assert.deepEqual(told(await resize(cluster, 'plain', cpu('1'))), ['200m', 0, why])
  await resize(cluster, 'big', cpu('700m'))
  const plain = await cluster.client.core.v1.pods('default').get('plain')
  assert.deepEqual(told(plain), ['1', 0, undefined])
  assert.equal(plain.status?.observedGeneration, 3)
  await create(cluster, 'late', cpu('500m'))
  const late = async () => (await cluster.client.core.v1.pods('default').get('late')).status?.phase
  assert.equal(await late(), 'Pending')
  await resize(cluster, 'plain', cpu('300m'))
  await cluster.clock.advance('15s')
  assert.equal(await late(), 'Running')
})
