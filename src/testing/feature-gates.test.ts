/** Feature gates of a test cluster reach its API server, controllers and scheduler. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from './cluster.ts'

const labels = { app: 'web' }
const statefulSet = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 4,
    serviceName: 'web',
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: labels },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } },
  },
})

/** How many pods were missing or not ready at most while the image was changed. */
async function unavailableWith(featureGates: Record<string, boolean>): Promise<number> {
  await using cluster = await startCluster({ https: false, featureGates, rules: [{ match: {}, startAfter: '1s' }] })
  await cluster.apply(statefulSet('web:1'))
  await cluster.clock.advance('20s')
  await cluster.apply(statefulSet('web:2'))
  const sets = cluster.client.apps.v1.statefulSets('default')
  let most = 0
  for (let step = 0; step < 80; step++) {
    await cluster.clock.advance('500ms')
    most = Math.max(most, 4 - ((await sets.get('web')).status?.readyReplicas ?? 0))
  }
  assert.equal((await sets.get('web')).status?.updatedReplicas, 4)
  return most
}

test('two pods of a StatefulSet are replaced at a time while the gate is open, one while it is closed', async () => {
  assert.equal(await unavailableWith({ MaxUnavailableStatefulSet: true }), 2)
  assert.equal(await unavailableWith({ MaxUnavailableStatefulSet: false }), 1)
})

test('a gate opens the versions and the controllers that it is for', async () => {
  const featureGates = { DRADeviceTaintRules: true, DRADeviceTaints: true }
  await using cluster = await startCluster({ https: false, featureGates })
  const rule = { apiVersion: 'resource.k8s.io/v1beta2', kind: 'DeviceTaintRule', metadata: { name: 'r' } }
  const taint = { key: 'example.com/broken', effect: 'NoSchedule' }
  await cluster.apply({ ...rule, spec: { deviceSelector: { driver: 'd.example.com' }, taint } })
  await cluster.settled()
  await assert.rejects(startCluster({ https: false, featureGates: { NoSuchGate: true } }), /NoSuchGate/)
})
