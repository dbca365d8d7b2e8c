import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Job, JobSpec, JobStatus } from '../../api/types/batch/v1.ts'
import type { Pod, PodCondition } from '../../api/types/core/v1.ts'
import { formatIndexes, parseIndexes } from './indexes.ts'
import { planJob } from './plan.ts'

const nowMs = Date.UTC(2026, 0, 1, 12)
const nowText = '2026-01-01T12:00:00Z'
const longAgo = '2026-01-01T10:00:00Z'

interface PodShape {
  phase?: string
  index?: number
  exitCode?: number
  endedAt?: string
  going?: boolean
  /** Already counted and let go of. */
  released?: boolean
  failuresBefore?: number
  restarts?: number
  conditions?: PodCondition[]
}

function pod(name: string, shape: PodShape = {}): Pod {
  const {
    phase = 'Running',
    index,
    exitCode,
    endedAt = longAgo,
    going,
    released,
    failuresBefore,
    restarts = 0,
    conditions = [],
  } = shape
  const annotations: Record<string, string> = {}
  if (index !== undefined) annotations['batch.kubernetes.io/job-completion-index'] = String(index)
  if (failuresBefore !== undefined) annotations['batch.kubernetes.io/job-index-failure-count'] = String(failuresBefore)
  const code = exitCode ?? (phase === 'Failed' ? 1 : phase === 'Succeeded' ? 0 : undefined)
  const state = code === undefined ? {} : { terminated: { exitCode: code, finishedAt: endedAt } }
  return {
    metadata: {
      name,
      namespace: 'n',
      uid: name,
      annotations,
      creationTimestamp: longAgo,
      ...(released ? {} : { finalizers: ['batch.kubernetes.io/job-tracking'] }),
      ...(going ? { deletionTimestamp: longAgo } : {}),
    },
    status: {
      phase,
      conditions,
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: false, restartCount: restarts, state }],
    },
  }
}

function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  const template = { spec: { containers: [], restartPolicy: 'Never' } }
  return {
    metadata: { name: 'j', namespace: 'n' },
    spec: { template, parallelism: 1, completions: 1, ...spec },
    status: { startTime: longAgo, ...status },
  }
}

const indexed = (more: Partial<JobSpec> = {}): Partial<JobSpec> => ({
  completionMode: 'Indexed',
  completions: 3,
  parallelism: 3,
  ...more,
})

/** `+2 -a` and what the Job says of itself. */
function summary(subject: Job, pods: Pod[]): string {
  const plan = planJob(subject, pods, { nowMs, nowText })
  const indexes = plan.create.map(({ index }) => index).filter((index) => index !== undefined)
  const created =
    plan.create.length === 0 ? [] : [indexes.length > 0 ? `+[${indexes.join()}]` : `+${plan.create.length}`]
  const deleted = plan.delete.map(({ metadata }) => `-${metadata.name}`).sort()
  const said = (plan.status.conditions ?? [])
    .filter(({ status }) => status === 'True')
    .map(({ type, reason }) => `${type}:${reason}`)
  return [...created, ...deleted, ...said].join(' ')
}

const policy = (...rules: NonNullable<JobSpec['podFailurePolicy']>['rules']): Partial<JobSpec> => ({
  podFailurePolicy: { rules },
  podReplacementPolicy: 'Failed',
})
const exits = (action: string, ...values: number[]) => ({ action, onExitCodes: { operator: 'In', values } })

const cases: { what: string; job?: Job; pods?: Pod[]; plan: string }[] = [
  { what: 'it begins', plan: '+1' },
  { what: 'it may run more at once', job: job({ parallelism: 3, completions: 5 }), plan: '+3' },
  { what: 'fewer are left than may run', job: job({ parallelism: 3, completions: 5 }, { succeeded: 4 }), plan: '+1' },
  { what: 'it is a work queue', job: job({ parallelism: 2, completions: undefined as unknown as number }), plan: '+2' },
  {
    what: 'parallelism was lowered',
    job: job({ parallelism: 1, completions: 5 }),
    pods: [pod('a'), pod('b')],
    plan: '-a',
  },
  {
    what: 'a success came after the failures',
    job: job({ completions: 3, backoffLimit: 5 }),
    pods: [
      pod('a', { phase: 'Failed', endedAt: '2026-01-01T11:59:50Z' }),
      pod('b', { phase: 'Succeeded', endedAt: '2026-01-01T11:59:55Z' }),
    ],
    plan: '+1',
  },
  {
    what: 'an index has two pods',
    job: job(indexed()),
    pods: [pod('a', { index: 0 }), pod('b', { index: 0, phase: 'Pending' }), pod('c', { index: 1 })],
    plan: '-b',
  },
  {
    what: 'it was made smaller by its last index',
    job: job(indexed({ completions: 2, parallelism: 2 })),
    pods: [pod('a', { index: 0 }), pod('b', { index: 1 }), pod('c', { index: 2 })],
    plan: '-c',
  },
  {
    what: 'one index waits for its own back-off, the other starts',
    job: job(indexed({ completions: 2, parallelism: 2, backoffLimitPerIndex: 3 })),
    pods: [pod('a', { index: 0, phase: 'Failed', failuresBefore: 1, endedAt: '2026-01-01T11:59:45Z' })],
    plan: '+[1]',
  },
  { what: 'parallelism is zero', job: job({ parallelism: 0 }), pods: [pod('a')], plan: '-a' },
  { what: 'it runs', pods: [pod('a')], plan: '' },
  {
    what: 'its pod succeeded but is not let go of yet',
    pods: [pod('a', { phase: 'Succeeded' })],
    plan: 'SuccessCriteriaMet:CompletionsReached',
  },
  {
    what: 'its pod is counted',
    job: job({}, { succeeded: 1, uncountedTerminatedPods: {} }),
    pods: [pod('a', { phase: 'Succeeded', released: true })],
    plan: 'SuccessCriteriaMet:CompletionsReached Complete:CompletionsReached',
  },
  { what: 'its pod failed long ago', job: job({ backoffLimit: 3 }), pods: [pod('a', { phase: 'Failed' })], plan: '+1' },
  {
    what: 'its pod failed just now',
    job: job({ backoffLimit: 3 }),
    pods: [pod('a', { phase: 'Failed', endedAt: '2026-01-01T11:59:55Z' })],
    plan: '',
  },
  {
    what: 'it failed too often',
    job: job({ backoffLimit: 0 }),
    pods: [pod('a', { phase: 'Failed' })],
    plan: 'FailureTarget:BackoffLimitExceeded',
  },
  {
    what: 'it failed too often and others run',
    job: job({ backoffLimit: 0, parallelism: 2, completions: 2 }),
    pods: [pod('a', { phase: 'Failed' }), pod('b')],
    plan: '-b FailureTarget:BackoffLimitExceeded',
  },
  {
    what: 'its containers restart too often',
    job: job({ backoffLimit: 2, template: { spec: { containers: [], restartPolicy: 'OnFailure' } } }),
    pods: [pod('a', { restarts: 2 })],
    plan: '-a FailureTarget:BackoffLimitExceeded',
  },
  {
    what: 'it runs past its deadline',
    job: job({ activeDeadlineSeconds: 60 }),
    pods: [pod('a')],
    plan: '-a FailureTarget:DeadlineExceeded',
  },
  { what: 'it is suspended', job: job({ suspend: true }), pods: [pod('a')], plan: '-a Suspended:JobSuspended' },
  { what: 'a deleted pod is replaced at once', pods: [pod('a', { going: true })], plan: '+1' },
  {
    what: 'a deleted pod is replaced once it failed',
    job: job({ podReplacementPolicy: 'Failed' }),
    pods: [pod('a', { going: true })],
    plan: '',
  },
  { what: 'indexes are open', job: job(indexed()), pods: [pod('a', { index: 1 })], plan: '+[0,2]' },
  { what: 'an index is done', job: job(indexed(), { completedIndexes: '0-1', succeeded: 2 }), pods: [], plan: '+[2]' },
  {
    what: 'an index used up its own limit',
    job: job(indexed({ backoffLimitPerIndex: 1, backoffLimit: 99 })),
    pods: [pod('a', { index: 0, phase: 'Failed', failuresBefore: 1 }), pod('b', { index: 1 }), pod('c', { index: 2 })],
    plan: '',
  },
  {
    what: 'an index has failures left',
    job: job(indexed({ backoffLimitPerIndex: 1, backoffLimit: 99 })),
    pods: [pod('a', { index: 0, phase: 'Failed', failuresBefore: 0 }), pod('b', { index: 1 }), pod('c', { index: 2 })],
    plan: '+[0]',
  },
  {
    what: 'all indexes are settled and some failed',
    job: job(indexed({ backoffLimitPerIndex: 0, backoffLimit: 99 }), {
      completedIndexes: '1,2',
      failedIndexes: '0',
      succeeded: 2,
      failed: 1,
      uncountedTerminatedPods: {},
    }),
    plan: 'FailureTarget:FailedIndexes Failed:FailedIndexes',
  },
  {
    what: 'too many indexes failed',
    job: job(indexed({ backoffLimitPerIndex: 0, backoffLimit: 99, maxFailedIndexes: 0 }), {
      failedIndexes: '0',
      failed: 1,
    }),
    pods: [pod('b', { index: 1 }), pod('c', { index: 2 })],
    plan: '-b -c FailureTarget:MaxFailedIndexesExceeded',
  },
  {
    what: 'a pod failure policy fails it',
    job: job(policy(exits('FailJob', 42))),
    pods: [pod('a', { phase: 'Failed', exitCode: 42 })],
    plan: 'FailureTarget:PodFailurePolicy',
  },
  {
    what: 'a pod failure policy does not match',
    job: job(policy(exits('FailJob', 42))),
    pods: [pod('a', { phase: 'Failed', exitCode: 1 })],
    plan: '+1',
  },
  {
    what: 'a disruption is ignored',
    job: job({
      ...policy({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }),
      backoffLimit: 0,
    }),
    pods: [pod('a', { phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True' }] })],
    plan: '+1',
  },
  {
    what: 'a pod failure policy fails one index',
    job: job(indexed({ ...policy(exits('FailIndex', 42)), backoffLimitPerIndex: 5, backoffLimit: 99 })),
    pods: [
      pod('a', { index: 0, phase: 'Failed', exitCode: 42, failuresBefore: 0 }),
      pod('b', { index: 1 }),
      pod('c', { index: 2 }),
    ],
    plan: '',
  },
  {
    what: 'the indexes of its success policy are done',
    job: job(indexed({ successPolicy: { rules: [{ succeededIndexes: '0,2' }] } }), {
      completedIndexes: '0',
      succeeded: 1,
    }),
    pods: [pod('b', { index: 1 }), pod('c', { index: 2, phase: 'Succeeded' })],
    plan: '-b SuccessCriteriaMet:SuccessPolicy',
  },
  {
    what: 'enough of the indexes of its success policy are done',
    job: job(indexed({ successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 1 }] } }), {
      completedIndexes: '1',
      succeeded: 1,
    }),
    pods: [pod('a', { index: 0 }), pod('c', { index: 2 })],
    plan: '-a -c SuccessCriteriaMet:SuccessPolicy',
  },
  {
    what: 'only others than those of its success policy are done',
    job: job(indexed({ successPolicy: { rules: [{ succeededIndexes: '0' }] } }), {
      completedIndexes: '1',
      succeeded: 1,
    }),
    pods: [pod('a', { index: 0 }), pod('c', { index: 2 })],
    plan: '',
  },
  {
    what: 'it has ended and a pod is left',
    job: job({}, { conditions: [{ type: 'Failed', status: 'True', reason: 'X' }] }),
    pods: [pod('a')],
    plan: '-a Failed:X',
  },
]

describe('planJob', () => {
  for (const { what, job: subject = job(), pods = [], plan } of cases) {
    test(`is ${plan || 'nothing'} when ${what}`, () => assert.equal(summary(subject, pods), plan))
  }

  test('counts each finished pod once', () => {
    const first = planJob(job({ backoffLimit: 3 }), [pod('a', { phase: 'Failed' })], { nowMs, nowText })
    assert.deepEqual([first.status.failed, first.status.uncountedTerminatedPods], [undefined, { failed: ['a'] }])
    assert.deepEqual(
      first.release.map(({ metadata }) => metadata.name),
      ['a'],
    )
    const tracked = planJob(job({ backoffLimit: 3 }, first.status), [pod('a', { phase: 'Failed' })], { nowMs, nowText })
    assert.deepEqual(tracked.status.uncountedTerminatedPods, { failed: ['a'] })
    const settled = planJob(job({ backoffLimit: 3 }, first.status), [pod('a', { phase: 'Failed', released: true })], {
      nowMs,
      nowText,
    })
    assert.deepEqual([settled.status.failed, settled.status.uncountedTerminatedPods], [1, {}])
    const gone = planJob(job({ backoffLimit: 3 }, settled.status), [], { nowMs, nowText })
    assert.equal(gone.status.failed, 1)
  })

  test('waits longer after each failure, and says how long', () => {
    const failed = (name: string) => pod(name, { phase: 'Failed', endedAt: nowText })
    const wait = (...pods: Pod[]) => planJob(job({ backoffLimit: 9 }), pods, { nowMs, nowText }).lookAgainMs
    assert.deepEqual(
      [wait(failed('a')), wait(failed('a'), failed('b')), wait(failed('a'), failed('b'), failed('c'))],
      [10_000, 20_000, 40_000],
    )
  })

  test('looks again at its deadline', () => {
    const subject = job({ activeDeadlineSeconds: 7_260 })
    assert.equal(planJob(subject, [pod('a')], { nowMs, nowText }).lookAgainMs, 60_000)
  })

  test('is waited for also when the pod that failed is gone, until another succeeds', () => {
    const subject = job({ backoffLimit: 9, completions: 2, parallelism: 1 })
    const endedAt = '2026-01-01T11:59:58Z'
    const { backOff } = planJob(subject, [pod('a', { phase: 'Failed', endedAt })], { nowMs, nowText })
    const gone = planJob(subject, [], { nowMs, nowText, backOff })
    assert.deepEqual([gone.create, gone.lookAgainMs], [[], 8_000])
    const counted = planJob(subject, [pod('a', { phase: 'Failed', endedAt })], { nowMs, nowText, backOff })
    assert.equal(counted.backOff.failures, 1)
    const success = planJob(subject, [pod('b', { phase: 'Succeeded', endedAt })], { nowMs, nowText, backOff })
    assert.deepEqual([success.create.length, success.lookAgainMs], [1, undefined])
  })

  test('starts when a pod that does not tell how its containers ended was no longer ready', () => {
    const lost = pod('a', { going: true })
    lost.status!.conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T11:59:55Z' }]
    assert.equal(planJob(job({ backoffLimit: 9 }), [lost], { nowMs, nowText }).lookAgainMs, 5_000)
  })

  test('pods that are no longer wanted are let go of before they are deleted, and do not count as failed', () => {
    const pods = [pod('a'), pod('b')]
    for (const spec of [{ suspend: true }, { parallelism: 0 }]) {
      const plan = planJob(job({ completions: 2, parallelism: 2, ...spec }), pods, { nowMs, nowText })
      assert.deepEqual(new Set(plan.delete), new Set(pods))
      assert.deepEqual(new Set(plan.release), new Set(pods))
      assert.equal(plan.status.uncountedTerminatedPods?.failed, undefined)
    }
  })

  test('is nothing to wait for when the pods were stopped on purpose', () => {
    const subject = job({ completions: 2, parallelism: 2 })
    const stopped = [pod('a', { going: true, released: true }), pod('b', { going: true, released: true })]
    const plan = planJob(subject, stopped, { nowMs: Date.parse(longAgo) + 1000, nowText })
    assert.deepEqual([plan.create.length, plan.backOff.failures], [2, 0])
  })

  test('starts its time anew when it is resumed', () => {
    const status = { conditions: [{ type: 'Suspended', status: 'True', reason: 'JobSuspended' }] }
    const plan = planJob({ ...job(), status }, [], { nowMs, nowText })
    assert.equal(plan.status.startTime, nowText)
    assert.equal(plan.event?.reason, 'Resumed')
    assert.equal(plan.create.length, 1)
  })
})

test('indexes are read and written in compressed form', () => {
  for (const text of ['', '0', '0,1', '0-2', '1,3-5,7,8', '0,2,4'])
    assert.equal(formatIndexes(parseIndexes(text, 10)), text)
  assert.deepEqual([...parseIndexes('8-12', 10)], [8, 9])
})

test('the last failure of an index is kept until its successor carries the count on', () => {
  const spec = indexed({ completions: 1, parallelism: 1, backoffLimitPerIndex: 3 })
  const failed = pod('a', { index: 0, phase: 'Failed', failuresBefore: 1 })
  const first = planJob(job(spec), [failed], { nowMs, nowText })
  assert.deepEqual(first.create, [{ index: 0, annotations: { 'batch.kubernetes.io/job-index-failure-count': '2' } }])
  assert.deepEqual([first.release, first.status.uncountedTerminatedPods], [[], {}])
  const second = planJob(job(spec), [failed, pod('b', { index: 0, failuresBefore: 2 })], { nowMs, nowText })
  assert.deepEqual([second.release, second.status.uncountedTerminatedPods], [[failed], { failed: ['a'] }])
})

test('an ignored failure of an index is carried on apart', () => {
  const rules = { ...policy(exits('Ignore', 7)), ...indexed({ completions: 1, backoffLimitPerIndex: 1 }) }
  const failed = pod('a', { index: 0, phase: 'Failed', exitCode: 7, failuresBefore: 1 })
  const { create } = planJob(job(rules), [failed], { nowMs, nowText })
  assert.deepEqual(create[0]?.annotations, {
    'batch.kubernetes.io/job-index-failure-count': '1',
    'batch.kubernetes.io/job-index-ignored-failure-count': '1',
  })
})

test('a work queue that had a success leaves those running that run, though fewer may', () => {
  const queued = (succeeded: number): Job => {
    const { completions: _, ...spec } = job().spec as JobSpec
    return { ...job({}, { succeeded }), spec }
  }
  const running = [pod('a'), pod('b')]
  assert.deepEqual(planJob(queued(1), running, { nowMs, nowText }).delete, [])
  assert.equal(planJob(queued(0), running, { nowMs, nowText }).delete.length, 1)
})
