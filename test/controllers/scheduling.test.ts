import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, policyV1 } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types/core/v1.ts'
import { namespace, startTestbed, type Testbed } from './testbed.ts'

function pod(name: string, { cpu = '3', priority = 0, labels = {} } = {}): Pod {
  const resources = { requests: { cpu } }
  return { metadata: { name, labels }, spec: { priority, containers: [{ name: 'c', image: 'i:1', resources }] } }
}

async function namesOn(bed: Testbed): Promise<string[]> {
  const { items } = await bed.client.of(coreV1.pods, namespace).list()
  return items.map(({ metadata, spec }) => `${metadata.name}@${spec?.nodeName ?? ''}`).sort()
}

test('a more important pod takes the place of a less important one', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.pods, pod('low'))
  await bed.settle()
  const nominated = new Set<string | undefined>()
  const informer = bed.cluster.client.core.v1.pods(namespace).informer({ fieldSelector: 'metadata.name=high' })
  informer.onChange(({ object }) => nominated.add(object.status?.nominatedNodeName))
  const high = await bed.create(coreV1.pods, pod('high', { priority: 100 }))
  await bed.advance(5_000)
  assert.deepEqual(await namesOn(bed), ['high@node1'])
  assert.ok(nominated.has('node1'))
  const events = await bed.events()
  assert.ok(
    events.includes(`Pod/low Normal Preempted: Preempted by pod ${high.metadata.uid} on node node1`),
    events.join('\n'),
  )
  assert.ok(
    events.includes('Pod/high Warning FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.'),
    events.join('\n'),
  )
})

test('victims carry the reason, and pods of equal importance are left alone', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.pods, {
    ...pod('kept', { priority: 100 }),
    metadata: { name: 'kept', finalizers: ['example.com/keep'] },
  })
  await bed.create(coreV1.pods, pod('equal', { priority: 100 }))
  await bed.advance(2_000)
  assert.deepEqual(await namesOn(bed), ['equal@', 'kept@node1'])
  await bed.create(coreV1.pods, pod('higher', { priority: 200 }))
  await bed.advance(2_000)
  const victim = await bed.client.of(coreV1.pods, namespace).get('kept')
  const target = victim.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  assert.deepEqual(
    [target?.status, target?.reason, target?.message],
    ['True', 'PreemptionByScheduler', 'default-scheduler: preempting to accommodate a higher priority pod'],
  )
  const events = await bed.events()
  assert.ok(
    events.includes(
      'Pod/equal Warning FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    ),
    events.join('\n'),
  )
})

test('preemption goes by budgets where it can', async () => {
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  await bed.create(coreV1.pods, pod('guarded', { labels: { app: 'guarded' } }))
  await bed.create(coreV1.pods, pod('free'))
  await bed.create(policyV1.podDisruptionBudgets, {
    metadata: { name: 'b' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
  })
  await bed.settle()
  await bed.create(coreV1.pods, pod('high', { priority: 100 }))
  await bed.advance(5_000)
  const names = (await namesOn(bed)).map((text) => text.replace(/@node\d/, '@node'))
  assert.deepEqual(names, ['guarded@node', 'high@node'])
})

test('a gated pod waits until its last gate is gone', async () => {
  await using bed = await startTestbed()
  const gated = pod('p')
  await bed.create(coreV1.pods, {
    ...gated,
    spec: { ...gated.spec, containers: gated.spec?.containers ?? [], schedulingGates: [{ name: 'example.com/wait' }] },
  })
  await bed.advance(2_000)
  const api = bed.client.of(coreV1.pods, namespace)
  const { status } = await api.get('p')
  assert.deepEqual(
    (status?.conditions ?? []).map(({ type, reason, message }) => [type, reason, message]),
    [['PodScheduled', 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates']],
  )
  await api.patch('p', { type: 'json', operations: [{ op: 'replace', path: '/spec/schedulingGates', value: [] }] })
  await bed.settle()
  assert.deepEqual(await namesOn(bed), ['p@node1'])
})

test('a pod that fits nowhere is placed when a node comes', async () => {
  await using bed = await startTestbed({ nodes: [] })
  await bed.create(coreV1.pods, pod('p'))
  await bed.settle()
  assert.deepEqual(await namesOn(bed), ['p@'])
  assert.ok((await bed.events()).includes('Pod/p Warning FailedScheduling: no nodes available to schedule pods'))
  await bed.client.of(coreV1.nodes).create({
    metadata: { name: 'late' },
    status: { allocatable: { cpu: '4', memory: '1Gi', pods: '10' }, conditions: [{ type: 'Ready', status: 'True' }] },
  })
  await bed.advance(2_000)
  assert.deepEqual(await namesOn(bed), ['p@late'])
})
