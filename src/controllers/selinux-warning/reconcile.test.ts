import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storageV1 } from '../../api/resources.ts'
import { startCluster } from '../../testing/index.ts'
import { seLinuxWarningController } from './reconcile.ts'

test('seLinuxWarningController tells both pods that would keep each other from a volume', async () => {
  await using cluster = await startCluster({ https: false, nodes: 1 })
  await cluster.run('selinux', (parts) => seLinuxWarningController(parts, { allModes: true }))
  const { core } = cluster.client
  const spec = { attachRequired: false, seLinuxMount: true }
  await cluster.api.of(storageV1.csiDrivers).create({ metadata: { name: 'csi.example.com' }, spec })
  const common = { accessModes: ['ReadWriteMany'], storageClassName: 'manual' }
  const csi = { driver: 'csi.example.com', volumeHandle: 'h' }
  await core.v1
    .persistentVolumes()
    .create({ metadata: { name: 'v' }, spec: { ...common, capacity: { storage: '1Gi' }, csi } })
  const resources = { requests: { storage: '1Gi' } }
  await core.v1.persistentVolumeClaims('default').create({ metadata: { name: 'c' }, spec: { ...common, resources } })
  await cluster.settled()
  for (const [name, level] of Object.entries({ a: 's0:c1', b: 's0:c2' })) {
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }]
    const containers = [{ name: 'c', image: 'web:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }]
    const securityContext = { seLinuxOptions: { level } }
    await core.v1.pods('default').create({ metadata: { name }, spec: { containers, volumes, securityContext } })
  }
  await cluster.settled()
  const { items } = await core.v1.events('default').list()
  const told = items.filter(({ reason }) => reason === 'SELinuxLabelConflict')
  assert.deepEqual(told.map(({ involvedObject, type }) => `${type} ${involvedObject.name}`).sort(), [
    'Normal a',
    'Normal b',
  ])
  assert.match(told[0]?.message ?? '', /conflicts with pod [ab] that uses the same volume/)
})
