/** Storage by a CSI driver, whose provisioner and attacher are simulated. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, storageV1 } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types/core/v1.ts'
import { attacher, driver, provisioner } from './csi-driver.ts'
import { namespace, startTestbed, type Testbed } from './testbed.ts'

const size = { storage: '1Gi' }

async function started(mode: string, { nodes = ['node1', 'node2'], refuses = new Set<string>() } = {}) {
  const bed = await startTestbed({ nodes })
  await bed.client.of(storageV1.csiDrivers).create({ metadata: { name: driver }, spec: { attachRequired: true } })
  await bed.client
    .of(storageV1.storageClasses)
    .create({ metadata: { name: 'csi' }, provisioner: driver, volumeBindingMode: mode })
  await bed.cluster.run('csi-provisioner', (parts) => provisioner(parts, refuses))
  await bed.cluster.run('csi-attacher', attacher)
  await bed.create(coreV1.persistentVolumeClaims, {
    metadata: { name: 'c' },
    spec: { storageClassName: 'csi', accessModes: ['ReadWriteOnce'], resources: { requests: size } },
  })
  return bed
}

const podOn = (name: string, nodeName?: string): Pod => ({
  metadata: { name },
  spec: {
    ...(nodeName ? { nodeName } : {}),
    containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
  },
})

const claimOf = (bed: Testbed) => bed.client.of(coreV1.persistentVolumeClaims, namespace).get('c')
const attachedTo = async (bed: Testbed) =>
  (await bed.client.of(storageV1.volumeAttachments).list()).items.map(({ spec }) => spec.nodeName)

test('a claim of a CSI class gets its volume at once, and the volume goes with it', async () => {
  await using bed = await started('Immediate')
  await bed.settle()
  const { metadata, spec, status } = await claimOf(bed)
  assert.equal(status?.phase, 'Bound')
  assert.equal(spec?.volumeName, `pvc-${metadata.uid}`)
  assert.equal(metadata.annotations?.['volume.beta.kubernetes.io/storage-provisioner'], driver)
  const event = `PersistentVolumeClaim/c Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner '${driver}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
  assert.ok((await bed.events()).includes(event))
  await bed.client.of(coreV1.persistentVolumeClaims, namespace).delete('c')
  await bed.settle()
  assert.deepEqual((await bed.client.of(coreV1.persistentVolumes).list()).items, [])
})

test('a claim that waits is provisioned for its pod’s node, anew where the driver refuses the first', async () => {
  const refuses = new Set<string>()
  await using bed = await started('WaitForFirstConsumer', { refuses })
  await bed.settle()
  const before = await claimOf(bed)
  assert.deepEqual([before.status?.phase, before.metadata.annotations], ['Pending', undefined])
  refuses.add('node1')
  await bed.client.of(coreV1.nodes).patch('node2', { type: 'merge', patch: { spec: { unschedulable: true } } })
  await bed.settle()
  await bed.create(coreV1.pods, podOn('p'))
  await bed.advance(5_000)
  assert.equal((await claimOf(bed)).status?.phase, 'Pending')
  await bed.client.of(coreV1.nodes).patch('node2', { type: 'merge', patch: { spec: { unschedulable: null } } })
  await bed.client.of(coreV1.nodes).patch('node1', { type: 'merge', patch: { spec: { unschedulable: true } } })
  await bed.advance(60_000)
  const pod = await bed.client.of(coreV1.pods, namespace).get('p')
  assert.deepEqual([pod.spec?.nodeName, (await claimOf(bed)).status?.phase], ['node2', 'Bound'])
  assert.deepEqual(await attachedTo(bed), ['node2'])
  const volumeName = (await claimOf(bed)).spec?.volumeName
  const said = `Pod/p Normal SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "${volumeName}" `
  assert.ok((await bed.events()).includes(said))
})

test('a volume for one node is given to the next when the first has let go, or was out for six minutes', async () => {
  await using bed = await started('Immediate', { nodes: ['node1', 'node2', 'node3'] })
  await bed.create(coreV1.pods, podOn('p1', 'node1'))
  await bed.settle()
  assert.deepEqual(await attachedTo(bed), ['node1'])
  const volumeName = (await claimOf(bed)).spec?.volumeName ?? ''
  const unique = `kubernetes.io/csi/${driver}^${volumeName}`
  const nodes = bed.client.of(coreV1.nodes)
  await nodes.patchStatus('node1', { type: 'merge', patch: { status: { volumesInUse: [unique] } } })
  await bed.create(coreV1.pods, podOn('p2', 'node2'))
  await bed.settle()
  assert.deepEqual(await attachedTo(bed), ['node1'])
  const prefix = `Pod/p2 Warning FailedAttachVolume: Multi-Attach error for volume "${volumeName}"`
  assert.ok((await bed.events()).includes(`${prefix} Volume is already used by pod(s) p1`))

  await bed.cluster.nodes.partition('node1')
  await bed.advance(60_000)
  await bed.client.of(coreV1.pods, namespace).delete('p1', { gracePeriodSeconds: 0 })
  await bed.advance(350_000)
  assert.deepEqual(await attachedTo(bed), ['node1'])
  await bed.advance(15_000)
  assert.deepEqual(await attachedTo(bed), ['node2'])
})

test('volumes of a node that is out of service are free at once', async () => {
  await using bed = await started('Immediate')
  await bed.create(coreV1.pods, podOn('p1', 'node1'))
  await bed.settle()
  const unique = `kubernetes.io/csi/${driver}^${(await claimOf(bed)).spec?.volumeName}`
  const nodes = bed.client.of(coreV1.nodes)
  await nodes.patchStatus('node1', { type: 'merge', patch: { status: { volumesInUse: [unique] } } })
  await bed.cluster.nodes.partition('node1')
  await bed.advance(60_000)
  const { spec } = await nodes.get('node1')
  const out = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }
  await nodes.patch('node1', { type: 'merge', patch: { spec: { taints: [...(spec?.taints ?? []), out] } } })
  await bed.create(coreV1.pods, podOn('p2', 'node2'))
  await bed.advance(45_000)
  assert.deepEqual(await attachedTo(bed), ['node2'])
  const left = (await bed.client.of(coreV1.pods, namespace).list()).items.map(({ metadata }) => metadata.name)
  assert.deepEqual(left, ['p2'])
})

test('a pod goes where its driver has storage left, and waits while it has none', async () => {
  await using bed = await started('WaitForFirstConsumer')
  const nodes = bed.client.of(coreV1.nodes)
  for (const [name, rack] of [
    ['node1', 'a'],
    ['node2', 'b'],
  ] as const) {
    await nodes.patch(name, { type: 'merge', patch: { metadata: { labels: { rack } } } })
  }
  await bed.client.of(storageV1.csiDrivers).patch(driver, { type: 'merge', patch: { spec: { storageCapacity: true } } })
  const capacities = bed.client.of(storageV1.csiStorageCapacities, namespace)
  const free = (rack: string, given: { capacity?: string; maximumVolumeSize?: string; storageClassName?: string }) =>
    capacities.create({
      metadata: { generateName: `${rack}-` },
      storageClassName: 'csi',
      nodeTopology: { matchLabels: { rack } },
      ...given,
    })
  await free('a', { capacity: '1023Mi' })
  await free('b', { capacity: '1Ti', maximumVolumeSize: '1000Mi' })
  await free('a', { capacity: '1Ti', storageClassName: 'other' })
  await bed.settle()
  await bed.create(coreV1.pods, podOn('p'))
  await bed.settle()
  const pods = bed.client.of(coreV1.pods, namespace)
  assert.match(
    (await pods.get('p')).status?.conditions?.[0]?.message ?? '',
    /^0\/2 nodes are available: 2 node\(s\) did not have enough free storage\./,
  )
  await free('b', { capacity: '1Gi' })
  await bed.advance(30_000)
  assert.equal((await pods.get('p')).spec?.nodeName, 'node2')
})
