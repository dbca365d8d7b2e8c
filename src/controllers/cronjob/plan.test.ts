import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CronJob, CronJobSpec, Job } from '../../api/types/batch/v1.ts'
import { beyondHistory, jobName, planStart } from './plan.ts'

const created = '2026-01-01T00:00:00Z'
const at = (time: string) => Date.parse(`2026-01-01T${time}Z`)

function cron(spec: Partial<CronJobSpec> = {}, lastScheduleTime?: string): CronJob {
  return {
    metadata: { name: 'cj', namespace: 'n', creationTimestamp: created },
    spec: { schedule: '*/10 * * * *', jobTemplate: {}, ...spec },
    ...(lastScheduleTime ? { status: { lastScheduleTime: `2026-01-01T${lastScheduleTime}Z` } } : {}),
  }
}

const job = (name: string): Job => ({ metadata: { name, uid: name } })
const running = (name: string) => ({ kind: 'Job', name, uid: name })

const cases: {
  what: string
  cron: CronJob
  now: string
  active?: { name: string }[]
  starts?: string
  replaces?: string[]
  events?: string[]
  againMs?: number | undefined
}[] = [
  { what: 'nothing is due', cron: cron(), now: '00:05:00', againMs: 300_000 },
  { what: 'a start is due', cron: cron(), now: '00:10:00', starts: '00:10:00', againMs: 600_000 },
  { what: 'a start was just made', cron: cron({}, '00:10:00'), now: '00:10:01', againMs: 599_000 },
  {
    what: 'several were missed, the newest is made',
    cron: cron({}, '00:10:00'),
    now: '00:45:00',
    starts: '00:40:00',
    againMs: 300_000,
  },
  {
    what: 'a missed start is within its deadline',
    cron: cron({ startingDeadlineSeconds: 120 }),
    now: '00:11:00',
    starts: '00:10:00',
    againMs: 540_000,
  },
  {
    what: 'a missed start is past its deadline',
    cron: cron({ startingDeadlineSeconds: 30 }),
    now: '00:11:00',
    againMs: 540_000,
  },
  { what: 'it is suspended', cron: cron({ suspend: true }), now: '00:10:00' },
  {
    what: 'more than a hundred were missed',
    cron: cron({ schedule: '* * * * *' }),
    now: '03:00:30',
    starts: '03:00:00',
    events: ['TooManyMissedTimes'],
    againMs: 30_000,
  },
  {
    what: 'one runs and more may',
    cron: cron({ concurrencyPolicy: 'Allow' }),
    now: '00:10:00',
    active: [running('x')],
    starts: '00:10:00',
    againMs: 600_000,
  },
  {
    what: 'one runs and none else may',
    cron: cron({ concurrencyPolicy: 'Forbid' }),
    now: '00:10:00',
    active: [running('x')],
    events: ['JobAlreadyActive'],
    againMs: 600_000,
  },
  {
    what: 'one runs and is to be replaced',
    cron: cron({ concurrencyPolicy: 'Replace' }),
    now: '00:10:00',
    active: [running('x')],
    starts: '00:10:00',
    replaces: ['x'],
    againMs: 600_000,
  },
  {
    what: 'its Job exists already',
    cron: cron(),
    now: '00:10:00',
    active: [running(`cj-${at('00:10:00') / 60_000}`)],
    againMs: 600_000,
  },
  {
    what: 'it goes by another zone',
    cron: cron({ schedule: '30 5 * * *', timeZone: 'Asia/Kolkata' }),
    now: '00:00:00',
    againMs: 86_400_000,
    starts: '00:00:00',
  },
  {
    what: 'its zone is unknown',
    cron: cron({ timeZone: 'Nowhere/Land' }),
    now: '00:10:00',
    events: ['UnknownTimeZone'],
  },
  {
    what: 'its schedule can not be read',
    cron: cron({ schedule: 'often' }),
    now: '00:10:00',
    events: ['UnparseableSchedule'],
  },
]

describe('planStart', () => {
  for (const { what, cron, now, active = [], starts, replaces = [], events = [], againMs } of cases) {
    test(`starts ${starts ?? 'nothing'} when ${what}`, () => {
      const subject = what.includes('another zone')
        ? { ...cron, metadata: { ...cron.metadata, creationTimestamp: '2025-12-31T12:00:00Z' } }
        : cron
      const plan = planStart(subject, { active, nowMs: at(now) })
      assert.equal(plan.startForMs, starts === undefined ? undefined : at(starts))
      assert.deepEqual(
        plan.replace.map(({ name }) => name),
        replaces,
      )
      assert.deepEqual(
        plan.events.map(({ reason }) => reason),
        events,
      )
      assert.equal(plan.lookAgainMs, againMs)
    })
  }
})

test('jobName is one for each minute', () => {
  assert.equal(jobName(cron(), at('00:10:00')), `cj-${at('00:10:00') / 60_000}`)
})

test('beyondHistory drops the oldest finished Jobs of each outcome', () => {
  const ended = (name: string, type: string, startTime: string): Job => ({
    metadata: { name },
    status: { startTime, conditions: [{ type, status: 'True' }] },
  })
  const jobs = [
    ended('s3', 'Complete', '3'),
    ended('s1', 'Complete', '1'),
    ended('s2', 'Complete', '2'),
    ended('f1', 'Failed', '1'),
    ended('f2', 'Failed', '2'),
    job('running'),
  ]
  const dropped = (successfulJobsHistoryLimit: number, failedJobsHistoryLimit: number) =>
    beyondHistory(cron({ successfulJobsHistoryLimit, failedJobsHistoryLimit }), jobs).map(
      ({ metadata }) => metadata.name,
    )
  assert.deepEqual(dropped(2, 1), ['s1', 'f1'])
  assert.deepEqual(dropped(0, 0), ['s1', 's2', 's3', 'f1', 'f2'])
  assert.deepEqual(dropped(3, 3), [])
})
