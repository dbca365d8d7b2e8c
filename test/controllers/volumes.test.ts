import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, storageV1 } from '../../src/api/resources.ts'
import { namespace, startTestbed, type Testbed } from './testbed.ts'

const volumeOf = (name: string, storage: string, spec: object = {}) => ({
  metadata: { name },
  spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: `/data/${name}` }, ...spec },
})
const claimOf = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', ...spec },
})
const podOf = (name: string, claimName: string, spec: object = {}) => ({
  metadata: { name },
  spec: {
    containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
    ...spec,
  },
})
const classOf = (name: string, provisioner: string, more: object = {}) => ({
  metadata: { name },
  provisioner,
  volumeBindingMode: 'WaitForFirstConsumer',
  ...more,
})

async function statesOf({ client }: Testbed) {
  const volumes = await client.of(coreV1.persistentVolumes).list()
  const claims = await client.of(coreV1.persistentVolumeClaims, namespace).list()
  return {
    volumes: volumes.items.map(({ metadata, spec, status }) => [metadata.name, status?.phase, spec?.claimRef?.name]),
    claims: claims.items.map(({ metadata, spec, status }) => [metadata.name, status?.phase, spec?.volumeName]),
  }
}

test('a claim gets the smallest volume that fits, and the volume is released with it', async () => {
  await using bed = await startTestbed()
  const volumes = bed.client.of(coreV1.persistentVolumes)
  for (const [name, storage] of [
    ['large', '10Gi'],
    ['fits', '2Gi'],
    ['small', '500Mi'],
  ] as const)
    await volumes.create(volumeOf(name, storage))
  await bed.create(coreV1.persistentVolumeClaims, claimOf('c'))
  await bed.settle()
  assert.deepEqual(await statesOf(bed), {
    volumes: [
      ['fits', 'Bound', 'c'],
      ['large', 'Available', undefined],
      ['small', 'Available', undefined],
    ],
    claims: [['c', 'Bound', 'fits']],
  })
  const claim = await bed.client.of(coreV1.persistentVolumeClaims, namespace).get('c')
  assert.deepEqual(claim.status?.capacity, { storage: '2Gi' })
  assert.equal(claim.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'], 'yes')
  await bed.client.of(coreV1.persistentVolumeClaims, namespace).delete('c')
  await bed.settle()
  assert.deepEqual((await statesOf(bed)).volumes[0], ['fits', 'Released', 'c'])
})

test('a claim and a volume that name each other are bound whatever else would fit', async () => {
  await using bed = await startTestbed()
  const volumes = bed.client.of(coreV1.persistentVolumes)
  await volumes.create(volumeOf('reserved', '5Gi', { claimRef: { namespace, name: 'second' } }))
  await volumes.create(volumeOf('other', '1Gi'))
  await bed.create(coreV1.persistentVolumeClaims, claimOf('first', { volumeName: 'other' }))
  await bed.create(coreV1.persistentVolumeClaims, claimOf('second'))
  await bed.create(coreV1.persistentVolumeClaims, claimOf('third', { volumeName: 'other' }))
  await bed.settle()
  assert.deepEqual((await statesOf(bed)).claims, [
    ['first', 'Bound', 'other'],
    ['second', 'Bound', 'reserved'],
    ['third', 'Pending', 'other'],
  ])
  assert.ok(
    (await bed.events()).includes(
      'PersistentVolumeClaim/third Warning FailedBinding: volume "other" already bound to a different claim.',
    ),
  )
})

test('a bound claim whose volume goes is lost', async () => {
  await using bed = await startTestbed()
  const volumes = bed.client.of(coreV1.persistentVolumes)
  await volumes.create(volumeOf('v', '1Gi'))
  await bed.create(coreV1.persistentVolumeClaims, claimOf('c'))
  await bed.settle()
  await volumes.patch('v', { type: 'merge', patch: { metadata: { finalizers: null } } })
  await volumes.delete('v')
  await volumes.patch('v', { type: 'merge', patch: { metadata: { finalizers: null } } }).catch(() => {})
  await bed.settle()
  assert.deepEqual((await statesOf(bed)).claims, [['c', 'Lost', 'v']])
})

test('a volume that only one node reaches takes the pod there', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2', 'node3'] })
  await bed.client.of(storageV1.storageClasses).create(classOf('local', 'kubernetes.io/no-provisioner'))
  const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node2'] }] }]
  const nodeAffinity = { required: { nodeSelectorTerms: terms } }
  await bed.client
    .of(coreV1.persistentVolumes)
    .create(volumeOf('v', '1Gi', { storageClassName: 'local', nodeAffinity }))
  for (const name of ['a', 'b'])
    await bed.create(coreV1.persistentVolumeClaims, claimOf(name, { storageClassName: 'local' }))
  await bed.settle()
  assert.ok(
    (await bed.events()).includes(
      'PersistentVolumeClaim/a Normal WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ),
  )
  await bed.create(coreV1.pods, podOf('first', 'a'))
  await bed.settle()
  await bed.create(coreV1.pods, podOf('second', 'b'))
  await bed.settle()
  const pods = await bed.client.of(coreV1.pods, namespace).list()
  assert.deepEqual(
    pods.items.map(({ spec }) => spec?.nodeName ?? ''),
    ['node2', ''],
  )
  const condition = pods.items[1]?.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  assert.match(condition?.message ?? '', /3 node\(s\) didn't find available persistent volumes to bind/)
})

test('the built-in provisioner gives a claim a directory on its pod’s node and takes it back', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  const isDefault = { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }
  await bed.create(coreV1.persistentVolumeClaims, claimOf('early', { storageClassName: undefined }))
  await bed.settle()
  const made = classOf('local-path', 'k8ts.dev/local-path')
  await bed.client.of(storageV1.storageClasses).create({ ...made, metadata: { ...made.metadata, ...isDefault } })
  await bed.create(coreV1.pods, podOf('p', 'early', { nodeSelector: { 'kubernetes.io/hostname': 'node2' } }))
  await bed.settle()
  const pod = await bed.client.of(coreV1.pods, namespace).get('p')
  assert.deepEqual([pod.spec?.nodeName, pod.status?.phase], ['node2', 'Running'])
  const claim = await bed.client.of(coreV1.persistentVolumeClaims, namespace).get('early')
  assert.equal(claim.spec?.storageClassName, 'local-path')
  assert.equal(claim.spec?.volumeName, `pvc-${claim.metadata.uid}`)
  const events = await bed.events()
  for (const reason of ['ExternalProvisioning', 'Provisioning', 'ProvisioningSucceeded'])
    assert.equal(events.filter((event) => event.includes(` ${reason}: `)).length, 1, reason)
  await bed.client.of(coreV1.pods, namespace).delete('p')
  await bed.client.of(coreV1.persistentVolumeClaims, namespace).delete('early')
  await bed.advance(60_000)
  assert.deepEqual(await statesOf(bed), { volumes: [], claims: [] })
})

test('what can’t be provisioned says so and leaves the pod pending', async () => {
  await using bed = await startTestbed()
  await bed.client.of(storageV1.storageClasses).create(classOf('local-path', 'k8ts.dev/local-path'))
  const many = { storageClassName: 'local-path', accessModes: ['ReadWriteMany'] }
  await bed.create(coreV1.persistentVolumeClaims, claimOf('many', many))
  await bed.create(coreV1.persistentVolumeClaims, claimOf('none', { storageClassName: 'missing' }))
  await bed.create(coreV1.pods, podOf('p', 'many'))
  await bed.settle()
  const events = await bed.events()
  const refusal =
    'failed to provision volume with StorageClass "local-path": a directory of one node can\'t be ReadWriteMany'
  assert.ok(
    events.some((event) => event.includes(refusal)),
    events.join('\n'),
  )
  assert.ok(
    events.includes(
      'PersistentVolumeClaim/none Warning ProvisioningFailed: storageclass.storage.k8s.io "missing" not found',
    ),
  )
  assert.equal((await bed.client.of(coreV1.pods, namespace).get('p')).spec?.nodeName, undefined)
})
