import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchV1, coreV1 } from '../../src/api/resources.ts'
import type { PodTemplateSpec } from '../../src/api/types/core/v1.ts'
import { namespace, startTestbed } from './testbed.ts'

const jobTemplate: PodTemplateSpec = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } }

test('a Job completes', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'succeeded'
  await bed.create(batchV1.jobs, {
    metadata: { name: 'j' },
    spec: { template: jobTemplate, completions: 2, parallelism: 2 },
  })
  await bed.advance(1_000)
  const { status } = await bed.client.of(batchV1.jobs, namespace).get('j')
  const { conditions = [], startTime, completionTime, ...counts } = status ?? {}
  assert.deepEqual(counts, { succeeded: 2, terminating: 0, uncountedTerminatedPods: {}, ready: 0 })
  assert.ok(startTime && completionTime)
  assert.deepEqual(
    conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['SuccessCriteriaMet', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods'],
      ['Complete', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods'],
    ],
  )
  assert.ok((await bed.events()).includes('Job/j Normal Completed: Job completed'))
  const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.deepEqual(
    pods.flatMap(({ metadata }) => metadata.finalizers ?? []),
    [],
  )
})

test('pods of a Job that is deleted while they run go too, and a Job by its name starts anew', async () => {
  await using bed = await startTestbed()
  const spec = { parallelism: 2, completions: 2, template: jobTemplate }
  await bed.create(batchV1.jobs, { metadata: { name: 'j' }, spec })
  await bed.settle()
  const [jobs, pods] = [bed.client.of(batchV1.jobs, namespace), bed.client.of(coreV1.pods, namespace)]
  const uids = (await pods.list()).items.map(({ metadata }) => metadata.uid)
  assert.equal(uids.length, 2)
  await jobs.delete('j', { propagationPolicy: 'Background' })
  await bed.create(batchV1.jobs, { metadata: { name: 'j' }, spec })
  await bed.settle()
  const now = (await pods.list()).items
  assert.equal(now.length, 2)
  assert.ok(now.every(({ metadata }) => !uids.includes(metadata.uid)))
  await jobs.delete('j', { propagationPolicy: 'Orphan' })
  await bed.settle()
  const orphans = (await pods.list()).items.map(({ metadata }) => [metadata.finalizers, metadata.ownerReferences])
  assert.deepEqual(orphans, [
    [undefined, undefined],
    [undefined, undefined],
  ])
})

test('a Job fails once its back-off limit is passed', async () => {
  await using bed = await startTestbed()
  bed.behave = () => ({ failed: 3 })
  await bed.create(batchV1.jobs, { metadata: { name: 'j' }, spec: { template: jobTemplate, backoffLimit: 1 } })
  await bed.advance(15_000)
  await bed.advance(15_000)
  const { status } = await bed.client.of(batchV1.jobs, namespace).get('j')
  assert.equal(status?.failed, 2)
  assert.deepEqual(
    (status?.conditions ?? []).map(({ type, reason }) => [type, reason]),
    [
      ['FailureTarget', 'BackoffLimitExceeded'],
      ['Failed', 'BackoffLimitExceeded'],
    ],
  )
})

test('a pod failure policy fails a Job at once', async () => {
  await using bed = await startTestbed()
  bed.behave = () => ({ failed: 7 })
  await bed.create(batchV1.jobs, {
    metadata: { name: 'j' },
    spec: {
      template: jobTemplate,
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [7] } }] },
    },
  })
  await bed.advance(1_000)
  const { status } = await bed.client.of(batchV1.jobs, namespace).get('j')
  const failed = status?.conditions?.find(({ type }) => type === 'Failed')
  assert.match(
    failed?.message ?? '',
    /^Container c for pod test\/j-\S+ failed with exit code 7 matching FailJob rule at index 0$/,
  )
})

test('an indexed Job gives each pod its index', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'succeeded'
  await bed.create(batchV1.jobs, {
    metadata: { name: 'j' },
    spec: { template: jobTemplate, completions: 3, parallelism: 3, completionMode: 'Indexed' },
  })
  await bed.advance(1_000)
  const { status } = await bed.client.of(batchV1.jobs, namespace).get('j')
  assert.equal(status?.completedIndexes, '0-2')
  const pods = (await bed.client.of(coreV1.pods, namespace).list()).items
  assert.deepEqual(pods.map(({ spec }) => spec?.hostname).sort(), ['j-0', 'j-1', 'j-2'])
})

test('a suspended Job starts no pods until it is resumed', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'succeeded'
  await bed.create(batchV1.jobs, { metadata: { name: 'j' }, spec: { template: jobTemplate, suspend: true } })
  await bed.advance(1_000)
  assert.deepEqual((await bed.client.of(coreV1.pods, namespace).list()).items, [])
  await bed.client.of(batchV1.jobs, namespace).patch('j', { type: 'merge', patch: { spec: { suspend: false } } })
  await bed.advance(1_000)
  const { status } = await bed.client.of(batchV1.jobs, namespace).get('j')
  assert.deepEqual(
    (status?.conditions ?? []).map(({ type, status, reason }) => [type, status, reason]),
    [
      ['Suspended', 'False', 'JobResumed'],
      ['SuccessCriteriaMet', 'True', 'CompletionsReached'],
      ['Complete', 'True', 'CompletionsReached'],
    ],
  )
})

test('a Job counts a pod that it adopts', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'succeeded'
  const [own, spec] = [{ own: 'j' }, { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] }]
  await bed.create(coreV1.pods, { metadata: { name: 'mine', labels: own }, spec })
  await bed.create(batchV1.jobs, {
    metadata: { name: 'j' },
    spec: { manualSelector: true, selector: { matchLabels: own }, template: { metadata: { labels: own }, spec } },
  })
  await bed.advance(2_000)
  const { items } = await bed.client.of(coreV1.pods, namespace).list()
  assert.deepEqual(
    items.map(({ metadata }) => [metadata.name, metadata.finalizers]),
    [['mine', undefined]],
  )
  assert.equal((await bed.client.of(batchV1.jobs, namespace).get('j')).status?.succeeded, 1)
})

test('a CronJob that starts one at a time is not held up by a Job that it did not start', async () => {
  await using bed = await startTestbed()
  const spec = {
    schedule: '*/5 * * * *',
    concurrencyPolicy: 'Forbid',
    jobTemplate: { spec: { template: jobTemplate } },
  }
  const cron = await bed.create(batchV1.cronJobs, { metadata: { name: 'cj' }, spec })
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'cj', uid: cron.metadata.uid ?? '', controller: true }
  await bed.create(batchV1.jobs, {
    metadata: { name: 'other', ownerReferences: [owner] },
    spec: { template: jobTemplate },
  })
  for (let minutes = 0; minutes < 11; minutes += 1) await bed.advance(60_000)
  const { status } = await bed.client.of(batchV1.cronJobs, namespace).get('cj')
  assert.deepEqual(
    status?.active?.map(({ name }) => name),
    [`cj-${Date.parse('2026-01-01T00:05:00Z') / 60_000}`],
  )
  const said = (await bed.events()).filter((text) => text.includes('other') || text.includes('Forbid'))
  assert.ok(
    said.some((text) => text.includes('UnexpectedJob')) && said.some((text) => text.includes('JobAlreadyActive')),
  )
})

test('a CronJob starts Jobs by the clock and keeps three of them', async () => {
  await using bed = await startTestbed()
  bed.behave = () => 'succeeded'
  await bed.create(batchV1.cronJobs, {
    metadata: { name: 'cj' },
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: jobTemplate } } },
  })
  for (let minutes = 0; minutes < 30; minutes += 1) await bed.advance(60_000)
  await bed.advance(1_000)
  const jobs = (await bed.client.of(batchV1.jobs, namespace).list()).items
  assert.equal(jobs.length, 3)
  const { status } = await bed.client.of(batchV1.cronJobs, namespace).get('cj')
  assert.equal(status?.lastScheduleTime, '2026-01-01T00:30:00Z')
  assert.ok(status?.lastSuccessfulTime)
})
