/**
 * Whether a CronJob starts a Job now, which old Jobs go, and when to look again.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
import { parseSchedule, type Schedule, ScheduleError } from '../../api/cron.ts'
import { isTimeZone } from '../../api/time-zone.ts'
import type { CronJob, Job } from '../../api/types/batch/v1.ts'
import type { ObjectReference } from '../../api/types/core/v1.ts'
import { nextTime } from './schedule.ts'

/** With more missed starts than this, something is wrong with the clock; the newest is started all the same. */
export const missedStartsMax = 100

export type CronEvent = { type: 'Normal' | 'Warning'; reason: string; message: string }

export interface CronPlan {
  /** Start a Job for this time, after stopping `replace`. */
  startForMs: number | undefined
  replace: ObjectReference[]
  events: CronEvent[]
  lookAgainMs: number | undefined
}

const nothing: CronPlan = { startForMs: undefined, replace: [], events: [], lookAgainMs: undefined }

/** `active`: the Jobs that the status names, which are those that were started here. */
export function planStart(
  cron: CronJob,
  { active, nowMs }: { active: readonly ObjectReference[]; nowMs: number },
): CronPlan {
  if (cron.spec?.suspend) return nothing
  const zone = cron.spec?.timeZone ?? 'UTC'
  const text = cron.spec?.schedule ?? ''
  if (!isTimeZone(zone)) return { ...nothing, events: [unknownZone(zone)] }
  let schedule: Schedule
  try {
    schedule = parseSchedule(text)
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    return { ...nothing, events: [unparseable(text, error)] }
  }
  const { lastMs, missed } = lastMissed(cron, schedule, zone, nowMs)
  const upcoming = nextTime(schedule, nowMs, zone)
  const lookAgainMs = upcoming === undefined ? undefined : upcoming - nowMs
  const plan: CronPlan = { ...nothing, events: missed > missedStartsMax ? [tooMany] : [], lookAgainMs }
  if (lastMs === undefined) return plan
  return { ...plan, ...startOrSkip(cron, { dueMs: lastMs, active, nowMs, events: plan.events }) }
}

function startOrSkip(
  cron: CronJob,
  {
    dueMs,
    active,
    nowMs,
    events,
  }: { dueMs: number; active: readonly ObjectReference[]; nowMs: number; events: CronEvent[] },
): Partial<CronPlan> {
  const deadline = cron.spec?.startingDeadlineSeconds
  if (deadline !== undefined && dueMs + deadline * 1000 < nowMs) {
    const message = `Missed scheduled time to start a job: ${new Date(dueMs).toUTCString().replace('GMT', '+0000')}`
    return { events: [...events, { type: 'Warning', reason: 'MissSchedule', message }] }
  }
  if (Date.parse(cron.status?.lastScheduleTime ?? '') === dueMs) return {}
  if (active.some(({ name }) => name === jobName(cron, dueMs))) return {}
  if (cron.spec?.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    return { events: [...events, { type: 'Normal', reason: 'JobAlreadyActive', message }] }
  }
  const replace = cron.spec?.concurrencyPolicy === 'Replace' ? [...active] : []
  return { startForMs: dueMs, replace }
}

/** One name per scheduled time: starting twice for one time is impossible. */
export function jobName(cron: CronJob, scheduledMs: number): string {
  return `${cron.metadata.name}-${Math.floor(scheduledMs / 60_000)}`
}

/** The newest time that has passed since the last start, and how many there were (counted up to the limit). */
function lastMissed(
  cron: CronJob,
  schedule: Schedule,
  zone: string,
  nowMs: number,
): { lastMs: number | undefined; missed: number } {
  let sinceMs = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp ?? '')
  const deadline = cron.spec?.startingDeadlineSeconds
  if (deadline !== undefined) sinceMs = Math.max(sinceMs, nowMs - deadline * 1000)
  let lastMs: number | undefined
  let missed = 0
  for (let atMs = nextTime(schedule, sinceMs, zone); atMs !== undefined && atMs <= nowMs; ) {
    lastMs = atMs
    missed++
    if (missed > missedStartsMax) return { lastMs: newestBefore(schedule, zone, atMs, nowMs), missed }
    atMs = nextTime(schedule, atMs, zone)
  }
  return { lastMs, missed }
}

/** Halves the gap until the newest time before now is found, instead of visiting every missed one. */
function newestBefore(schedule: Schedule, zone: string, knownMs: number, nowMs: number): number {
  let lowMs = knownMs
  let highMs = nowMs
  while (highMs - lowMs > 1000) {
    const middleMs = Math.floor((lowMs + highMs) / 2)
    const foundMs = nextTime(schedule, middleMs, zone)
    if (foundMs !== undefined && foundMs <= nowMs) lowMs = foundMs
    else highMs = middleMs
  }
  return lowMs
}

const tooMany: CronEvent = {
  type: 'Warning',
  reason: 'TooManyMissedTimes',
  message: 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
}

function unknownZone(zone: string): CronEvent {
  return {
    type: 'Warning',
    reason: 'UnknownTimeZone',
    message: `invalid timeZone: "${zone}": unknown time zone ${zone}`,
  }
}

function unparseable(text: string, error: Error): CronEvent {
  return {
    type: 'Warning',
    reason: 'UnparseableSchedule',
    message: `unparseable schedule: "${text}" : ${error.message}`,
  }
}

/** Finished Jobs beyond the history limits, oldest first. */
export function beyondHistory(cron: CronJob, jobs: readonly Job[]): Job[] {
  const oldest = (outcome: 'Complete' | 'Failed', limit: number | undefined) => {
    if (limit === undefined) return []
    const finished = jobs
      .filter((job) => outcomeOf(job) === outcome && job.metadata.deletionTimestamp === undefined)
      .sort((one, other) => (startOf(one) < startOf(other) ? -1 : 1))
    return finished.slice(0, Math.max(0, finished.length - limit))
  }
  return [
    ...oldest('Complete', cron.spec?.successfulJobsHistoryLimit),
    ...oldest('Failed', cron.spec?.failedJobsHistoryLimit),
  ]
}

export function outcomeOf(job: Job): 'Complete' | 'Failed' | undefined {
  const condition = (job.status?.conditions ?? []).find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  return condition?.type as 'Complete' | 'Failed' | undefined
}

function startOf(job: Job): string {
  return `${job.status?.startTime ?? job.metadata.creationTimestamp} ${job.metadata.name}`
}
