/** Rare turns that programs made at random took in Go's controllers, and that ours take as well. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsV1, batchV1, coreV1, policyV1 } from '../../src/api/resources.ts'
import { namespace, startTestbed } from './testbed.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
const selector = { matchLabels: { app: 'a' } }

test('a pod that lost its Job is taken back with its finalizer', async () => {
  await using bed = await startTestbed()
  const spec = { template: { spec: { restartPolicy: 'Never', ...template.spec } } }
  await bed.create(batchV1.jobs, { metadata: { name: 'j' }, spec })
  await bed.settle()
  const pods = bed.client.of(coreV1.pods, namespace)
  const [{ metadata } = { metadata: {} }] = (await pods.list()).items
  await pods.patch(metadata.name ?? '', { type: 'merge', patch: { metadata: { ownerReferences: null } } })
  await bed.settle()
  const { ownerReferences = [], finalizers = [] } = (await pods.get(metadata.name ?? '')).metadata
  assert.deepEqual(
    [ownerReferences.map(({ kind }) => kind), finalizers],
    [['Job'], ['batch.kubernetes.io/job-tracking']],
  )
})

test('a Job that lingers after its deletion still counts the pods that leave it', async () => {
  await using bed = await startTestbed()
  const finalizers = ['example.com/hold']
  const spec = { parallelism: 2, completions: 2, template: { spec: { restartPolicy: 'Never', ...template.spec } } }
  await bed.create(batchV1.jobs, { metadata: { name: 'j', finalizers }, spec })
  await bed.settle()
  const jobs = bed.client.of(batchV1.jobs, namespace)
  assert.equal((await jobs.get('j')).status?.active, 2)
  await jobs.delete('j', { propagationPolicy: 'Orphan' })
  await bed.settle()
  assert.equal((await jobs.get('j')).status?.active ?? 0, 0)
  const { items } = await bed.client.of(coreV1.pods, namespace).list()
  assert.deepEqual(
    items.map(({ metadata }) => metadata.finalizers ?? []),
    [[], []],
  )
})

test('pods become available in time although others can not be made', async () => {
  await using bed = await startTestbed({ admission: true })
  await bed.create(coreV1.resourceQuotas, { metadata: { name: 'q' }, spec: { hard: { pods: '1' } } })
  await bed.settle()
  await bed.create(appsV1.replicaSets, {
    metadata: { name: 'r' },
    spec: { replicas: 2, minReadySeconds: 60, selector, template },
  })
  await bed.settle()
  const sets = bed.client.of(appsV1.replicaSets, namespace)
  assert.deepEqual(
    [(await sets.get('r')).status?.readyReplicas, (await sets.get('r')).status?.availableReplicas],
    [1, undefined],
  )
  await bed.advance(61_000)
  assert.equal((await sets.get('r')).status?.availableReplicas, 1)
})

test('a StatefulSet whose pod can not have its name takes none away, and makes it once the name is free', async () => {
  await using bed = await startTestbed()
  const spec = { replicas: 2, podManagementPolicy: 'Parallel', selector, template, serviceName: 's' }
  await bed.create(appsV1.statefulSets, { metadata: { name: 's' }, spec })
  await bed.settle()
  const pods = bed.client.of(coreV1.pods, namespace)
  await pods.patch('s-0', { type: 'merge', patch: { metadata: { labels: { app: 'other' } } } })
  await bed.client.of(appsV1.statefulSets, namespace).patch('s', { type: 'merge', patch: { spec: { replicas: 1 } } })
  await bed.advance(100)
  assert.equal((await pods.get('s-1')).metadata.deletionTimestamp, undefined)
  await pods.delete('s-0', { gracePeriodSeconds: 0 })
  await bed.advance(60_000)
  assert.equal((await pods.get('s-0')).metadata.labels?.app, 'a')
  await assert.rejects(pods.get('s-1'), { reason: 'NotFound' })
})

test('a StatefulSet makes a claim that it finds its own without a word', async () => {
  await using bed = await startTestbed()
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '' }
  await bed.create(coreV1.persistentVolumeClaims, { metadata: { name: 'd-s-0' }, spec: claim })
  await bed.settle()
  const persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Delete' }
  const volumeClaimTemplates = [{ metadata: { name: 'd' }, spec: claim }]
  const spec = {
    replicas: 1,
    selector,
    template,
    serviceName: 's',
    persistentVolumeClaimRetentionPolicy,
    volumeClaimTemplates,
  }
  await bed.create(appsV1.statefulSets, { metadata: { name: 's' }, spec })
  await bed.settle()
  const { metadata } = await bed.client.of(coreV1.persistentVolumeClaims, namespace).get('d-s-0')
  assert.equal(metadata.ownerReferences?.[0]?.kind, 'StatefulSet')
  assert.ok(!(await bed.events()).some((event) => event.includes('SuccessfulUpdate')))
})

test('a StatefulSet gives a pod that it adopts the labels of its number, and a deleted revision of daemons comes back', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.pods, { metadata: { name: 's-0', labels: { app: 'a' } }, spec: template.spec })
  await bed.settle()
  await bed.create(appsV1.statefulSets, {
    metadata: { name: 's' },
    spec: { replicas: 1, selector, template, serviceName: 's' },
  })
  await bed.settle()
  const { labels = {} } = (await bed.client.of(coreV1.pods, namespace).get('s-0')).metadata
  assert.equal(labels['statefulset.kubernetes.io/pod-name'], 's-0')
  assert.equal(labels['apps.kubernetes.io/pod-index'], '0')
  const said = 'SuccessfulUpdate: Update Pod s-0 in StatefulSet s successful'
  assert.ok((await bed.events()).some((event) => event.endsWith(said)))
  const daemons = { metadata: { labels: { app: 'd' } }, spec: template.spec }
  const daemonSelector = { matchLabels: { app: 'd' } }
  await bed.create(appsV1.daemonSets, {
    metadata: { name: 'd', annotations: { note: 'x' } },
    spec: { selector: daemonSelector, template: daemons },
  })
  await bed.settle()
  const revisions = bed.client.of(appsV1.controllerRevisions, namespace)
  const own = async () => (await revisions.list()).items.filter(({ metadata }) => metadata.labels?.app === 'd')
  const [before] = await own()
  await revisions.delete(before?.metadata.name ?? '')
  await bed.settle()
  const after = await own()
  assert.equal(after.length, 1)
  assert.equal(after[0]?.metadata.annotations?.note, 'x')
  assert.notEqual(after[0]?.metadata.uid, before?.metadata.uid)
})

test('who looks is told of nodes, kinds and pods that are not there', async () => {
  await using bed = await startTestbed()
  const spec = { ...template.spec, nodeName: 'nowhere' }
  const owner = { apiVersion: 'foo.example/v1', kind: 'Foo', name: 'x', uid: 'u', controller: true }
  const metadata = { name: 'p', labels: { app: 'a' }, ownerReferences: [owner] }
  await bed.create(coreV1.pods, { metadata, spec })
  const status = { podIP: '10.9.0.1', podIPs: [{ ip: '10.9.0.1' }] }
  await bed.client.of(coreV1.pods, namespace).patchStatus('p', { type: 'merge', patch: { status } })
  await bed.create(coreV1.services, {
    metadata: { name: 's' },
    spec: { selector: { app: 'a' }, ports: [{ port: 80 }] },
  })
  await bed.create(policyV1.podDisruptionBudgets, { metadata: { name: 'b' }, spec: { maxUnavailable: 1, selector } })
  await bed.settle()
  const events = await bed.events()
  const skipped = `skipping Pod p for Service ${namespace}/s: Node nowhere Not Found`
  assert.ok(
    events.some((event) => event.includes(`Error updating Endpoint Slices for Service ${namespace}/s: ${skipped}`)),
  )
  assert.ok(events.some((event) => event.endsWith('no matches for kind "Foo" in version "foo.example/v1"')))
})

test('a namespace tells what remains once its pods are gone', async () => {
  await using bed = await startTestbed()
  const namespaces = bed.client.of(coreV1.namespaces)
  await namespaces.create({ metadata: { name: 'going' } })
  await bed.settle()
  const finalizers = ['example.com/hold']
  const pods = bed.client.of(coreV1.pods, 'going')
  await pods.create({ metadata: { name: 'p', finalizers }, spec: template.spec })
  await bed.client.of(coreV1.configMaps, 'going').create({ metadata: { name: 'c', finalizers } })
  await namespaces.delete('going')
  const remaining = async () => {
    await bed.advance(15_000)
    const { conditions = [] } = (await namespaces.get('going')).status ?? {}
    return conditions.find(({ type }) => type === 'NamespaceContentRemaining')?.message
  }
  assert.equal(await remaining(), 'All content successfully removed')
  await pods.patch('p', { type: 'merge', patch: { metadata: { finalizers: null } } })
  assert.equal(await remaining(), 'Some resources are remaining: configmaps. has 1 resource instances')
})
