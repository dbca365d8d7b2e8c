import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, storageV1 } from '../../src/api/resources.ts'
import { namespace, startTestbed } from './testbed.ts'

const localPathClass = {
  metadata: { name: 'local-path' },
  provisioner: 'k8ts.dev/local-path',
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
}
const claimSpec = {
  storageClassName: 'local-path',
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: '1Gi' } },
}
const podWith = (name: string, volume: object) => ({
  metadata: { name },
  spec: {
    containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    volumes: [{ name: 'v', ...volume }],
  },
})

test('an ephemeral volume’s claim is made for its pod and goes with it', async () => {
  await using bed = await startTestbed()
  await bed.client.of(storageV1.storageClasses).create(localPathClass)
  const template = { metadata: { labels: { of: 'p' } }, spec: claimSpec }
  await bed.create(coreV1.pods, podWith('p', { ephemeral: { volumeClaimTemplate: template } }))
  await bed.settle()
  const claims = bed.client.of(coreV1.persistentVolumeClaims, namespace)
  const claim = await claims.get('p-v')
  assert.deepEqual([claim.status?.phase, claim.metadata.labels], ['Bound', { of: 'p' }])
  assert.equal((await bed.client.of(coreV1.pods, namespace).get('p')).status?.phase, 'Running')
  await bed.client.of(coreV1.pods, namespace).delete('p')
  await bed.advance(60_000)
  assert.deepEqual((await claims.list()).items, [])
  assert.deepEqual((await bed.client.of(coreV1.persistentVolumes).list()).items, [])
})

test('an ephemeral volume’s claim waits for its pod to be scheduled, and says so', async () => {
  await using bed = await startTestbed()
  await bed.client.of(storageV1.storageClasses).create(localPathClass)
  const pod = podWith('p', { ephemeral: { volumeClaimTemplate: { spec: claimSpec } } })
  await bed.create(coreV1.pods, { ...pod, spec: { ...pod.spec, nodeSelector: { no: 'where' } } })
  await bed.settle()
  const { items } = await bed.client.of(coreV1.events, namespace).list()
  const said = items.filter(({ involvedObject }) => involvedObject.name === 'p-v')
  assert.deepEqual(
    said.map(({ reason, message }) => `${reason}: ${message}`),
    ['WaitForPodScheduled: waiting for pod p to be scheduled'],
  )
})

test('an ephemeral volume is not given a claim that is somebody else’s', async () => {
  await using bed = await startTestbed()
  await bed.client.of(storageV1.storageClasses).create(localPathClass)
  await bed.create(coreV1.persistentVolumeClaims, { metadata: { name: 'p-v' }, spec: claimSpec })
  await bed.create(coreV1.pods, podWith('p', { ephemeral: { volumeClaimTemplate: { spec: claimSpec } } }))
  await bed.settle()
  const pod = await bed.client.of(coreV1.pods, namespace).get('p')
  assert.equal(pod.spec?.nodeName, undefined)
  assert.match(
    pod.status?.conditions?.[0]?.message ?? '',
    /PVC test\/p-v was not created for pod test\/p \(pod is not owner\)/,
  )
  const { items } = await bed.client.of(coreV1.events, namespace).list()
  const said = items.find(({ source }) => source?.component === 'ephemeral_volume')
  assert.deepEqual(
    [said?.reason, said?.message],
    ['FailedBinding', 'ephemeral volume v: PVC test/p-v was not created for pod test/p (pod is not owner)'],
  )
})

test('a claim of a directory grows as asked; others are told to wait for their driver', async () => {
  await using bed = await startTestbed()
  await bed.client.of(storageV1.storageClasses).create(localPathClass)
  const csi = { driver: 'csi.example.com', volumeHandle: 'h1' }
  const external = { ...localPathClass, metadata: { name: 'external' }, provisioner: 'csi.example.com' }
  await bed.client.of(storageV1.storageClasses).create(external)
  const capacity = { storage: '1Gi' }
  const volume = { capacity, accessModes: ['ReadWriteOnce'], csi, storageClassName: 'external' }
  await bed.client.of(coreV1.persistentVolumes).create({ metadata: { name: 'made' }, spec: volume })
  const ours = { metadata: { name: 'ours' }, spec: claimSpec }
  const theirs = {
    metadata: { name: 'theirs' },
    spec: { ...claimSpec, storageClassName: 'external', volumeName: 'made' },
  }
  for (const claim of [ours, theirs]) await bed.create(coreV1.persistentVolumeClaims, claim)
  await bed.create(coreV1.pods, podWith('p', { persistentVolumeClaim: { claimName: 'ours' } }))
  await bed.settle()
  const claims = bed.client.of(coreV1.persistentVolumeClaims, namespace)
  const patch = { spec: { resources: { requests: { storage: '3Gi' } } } }
  for (const name of ['ours', 'theirs']) await claims.patch(name, { type: 'merge', patch })
  await bed.settle()
  assert.deepEqual((await claims.get('ours')).status?.capacity, { storage: '3Gi' })
  assert.deepEqual((await claims.get('theirs')).status?.capacity, { storage: '1Gi' })
  const message = 'waiting for an external controller to expand this PVC'
  assert.ok((await bed.events()).includes(`PersistentVolumeClaim/theirs Normal ExternalExpanding: ${message}`))
})

test('a CSI volume is attached to its pod’s node, and detached when it is out of use there', async () => {
  await using bed = await startTestbed()
  for (const [name, attachRequired] of [
    ['attached.example.com', true],
    ['direct.example.com', false],
  ] as const) {
    await bed.client.of(storageV1.csiDrivers).create({ metadata: { name }, spec: { attachRequired } })
    const csi = { driver: name, volumeHandle: `handle-${attachRequired}` }
    const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], csi, storageClassName: '' }
    const claimName = attachRequired ? 'yes' : 'no'
    await bed.client.of(coreV1.persistentVolumes).create({ metadata: { name: claimName }, spec })
    const claim = { ...claimSpec, storageClassName: '', volumeName: claimName }
    await bed.create(coreV1.persistentVolumeClaims, { metadata: { name: claimName }, spec: claim })
    await bed.settle()
    await bed.create(coreV1.pods, podWith(`pod-${claimName}`, { persistentVolumeClaim: { claimName } }))
  }
  await bed.settle()
  const attachments = bed.client.of(storageV1.volumeAttachments)
  const [made, ...others] = (await attachments.list()).items
  assert.ok(made)
  assert.deepEqual(others, [])
  assert.match(made.metadata.name ?? '', /^csi-[0-9a-f]{64}$/)
  assert.deepEqual(made.spec, {
    attacher: 'attached.example.com',
    nodeName: 'node1',
    source: { persistentVolumeName: 'yes' },
  })
  await attachments.patchStatus(made.metadata.name ?? '', { type: 'merge', patch: { status: { attached: true } } })
  await bed.settle()
  const nodes = bed.client.of(coreV1.nodes)
  const unique = 'kubernetes.io/csi/attached.example.com^handle-true'
  assert.deepEqual((await nodes.get('node1')).status?.volumesAttached, [{ name: unique, devicePath: '' }])
  const inUse = (volumesInUse: string[]) =>
    nodes.patchStatus('node1', { type: 'merge', patch: { status: { volumesInUse } } })
  await inUse([unique])
  await bed.settle()
  await bed.client.of(coreV1.pods, namespace).delete('pod-yes', { gracePeriodSeconds: 0 })
  await bed.settle()
  assert.equal((await attachments.list()).items.length, 1, 'the node still has it mounted')
  await inUse([])
  await bed.settle()
  assert.deepEqual((await attachments.list()).items, [])
  assert.deepEqual((await nodes.get('node1')).status?.volumesAttached ?? [], [])
})

test('a VolumeAttributesClass stays as long as a claim has it', async () => {
  await using bed = await startTestbed()
  const classes = bed.client.of(storageV1.volumeAttributesClasses)
  await classes.create({ metadata: { name: 'fast' }, driverName: 'csi.example.com', parameters: { iops: '1' } })
  const spec = { ...claimSpec, storageClassName: '', volumeAttributesClassName: 'fast' }
  await bed.create(coreV1.persistentVolumeClaims, { metadata: { name: 'c' }, spec })
  await bed.settle()
  await classes.delete('fast')
  await bed.settle()
  assert.ok((await classes.get('fast')).metadata.deletionTimestamp)
  await bed.client.of(coreV1.persistentVolumeClaims, namespace).delete('c')
  await bed.settle()
  await assert.rejects(classes.get('fast'), { code: 404 })
})
