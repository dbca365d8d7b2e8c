import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, resourceV1 } from '../../api/resources.ts'
import { startCluster } from '../../testing/cluster.ts'

const namespace = 'default'

test('pods on a device that is tainted go, at once or when their toleration ends', async () => {
  await using cluster = await startCluster({ https: false, freeze: true, nodes: 1, startTime: '2026-01-01T00:00:00Z' })
  const slices = cluster.api.of(resourceV1.resourceSlices)
  const claims = cluster.api.of(resourceV1.resourceClaims, namespace)
  const pods = cluster.api.of(coreV1.pods, namespace)
  const pool = { name: 'p', generation: 1, resourceSliceCount: 1 }
  const spec = { driver: 'd.example.com', pool, nodeName: 'node-1', devices: [{ name: 'gpu' }] }
  const slice = await slices.create({ metadata: { name: 's' }, spec })
  const devices = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] }
  for (const name of ['now', 'later', 'spared']) {
    const tolerations = { now: [], later: [30], spared: [undefined] }[name] ?? []
    const result = {
      ...{ request: 'r', driver: 'd.example.com', pool: 'p', device: 'gpu' },
      tolerations: tolerations.map((tolerationSeconds) => ({
        ...{ key: 'broken', operator: 'Exists', effect: 'NoExecute' },
        ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
      })),
    }
    const claim = await claims.create({ metadata: { name }, spec: { devices } })
    await claims.updateStatus({ ...claim, status: { allocation: { devices: { results: [result] } } } })
    await pods.create({
      metadata: { name },
      spec: {
        nodeName: 'node-1',
        containers: [{ name: 'c', image: 'i:1' }],
        resourceClaims: [{ name: 'gpu', resourceClaimName: name }],
      },
    })
  }
  await cluster.settled()
  const taints = [{ key: 'broken', effect: 'NoExecute' }]
  await slices.update({ ...slice, spec: { ...spec, devices: [{ name: 'gpu', taints }] } })
  await cluster.clock.advance('20s')
  await cluster.settled()
  const names = async () =>
    (await pods.list()).items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name)
  assert.deepEqual(await names(), ['later', 'spared'])
  const { items: events } = await cluster.client.core.v1.events(namespace).list()
  const about = events.filter(({ reason }) => reason === 'DeviceTaintManagerEviction')
  assert.deepEqual(
    about.map(({ involvedObject, message, source }) => [involvedObject.name, message, source?.component]),
    [['now', 'Marking for deletion', 'device-taint-eviction-controller']],
  )
  await cluster.clock.advance('60s')
  await cluster.settled()
  assert.deepEqual(await names(), ['spared'])
})
