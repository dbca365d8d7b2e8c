/**
 * The next step of a Job: its status, the pods to create and delete, and when to look again.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
import type { Job, JobCondition, JobStatus } from '../../api/types/batch/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { deletionOrder } from '../pods.ts'
import { type BackOff, endTimeMs, waitMs } from './back-off.ts'
import { parseIndexes } from './indexes.ts'
import {
  countsOf,
  failureAnnotations,
  failuresOf,
  indexOf,
  isIndexed,
  type Tally,
  tallyOf,
  withFailed,
} from './tally.ts'

/** One reconcile creates or deletes at most this many pods. */
const createMax = 500

export interface JobPlan {
  status: JobStatus
  /** One entry per pod: the index of an Indexed Job's pod, and what else its annotations say. */
  create: { index: number | undefined; annotations: Record<string, string> }[]
  delete: Pod[]
  /** Pods whose tracking finalizer goes after the status is written. */
  release: Pod[]
  event: { type: 'Normal' | 'Warning'; reason: string; message: string } | undefined
  lookAgainMs: number | undefined
  /** To be remembered once the status is written. */
  backOff: BackOff
}

export interface JobMoment {
  nowMs: number
  nowText: string
  /** What the last plan said is to be remembered. */
  backOff?: BackOff | undefined
}

type Ending = { type: 'Complete' | 'Failed'; reason: string; message: string }

export function planJob(job: Job, pods: readonly Pod[], { nowMs, nowText, backOff }: JobMoment): JobPlan {
  const tally = tallyOf(job, pods, backOff)
  const plan: JobPlan = {
    status: { ...withoutCounts(job.status), ...countsOf(job, tally) },
    create: [],
    delete: [],
    release: tally.release,
    event: undefined,
    lookAgainMs: undefined,
    backOff: tally.backOff,
  }
  const status = isFinished(job) ? (job.status ?? {}) : plan.status
  // A Job that is being deleted goes on counting what it lets go.
  if (job.metadata.deletionTimestamp) return { ...plan, status, release: [...pods] }
  if (isFinished(job)) return { ...plan, status, delete: tally.active }
  const suspended = job.spec?.suspend === true
  if (!plan.status.startTime && !suspended) plan.status.startTime = nowText
  const ending = endingOf(job, tally, nowMs)
  if (ending) return end(job, plan, { tally, ending, nowText })
  if (suspended) return suspend(plan, tally, nowText)
  resume(plan, nowText)
  managePods(job, plan, tally, nowMs)
  const deadlineMs = deadlineInMs(job, nowMs)
  if (deadlineMs !== undefined) plan.lookAgainMs = Math.min(plan.lookAgainMs ?? Number.POSITIVE_INFINITY, deadlineMs)
  return plan
}

export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
}

function withoutCounts(status: JobStatus | undefined): JobStatus {
  const { active, succeeded, failed, completedIndexes, ready, terminating, uncountedTerminatedPods, ...rest } =
    status ?? {}
  return rest
}

/** How the Job ends, when it does; what was once decided stays. */
function endingOf(job: Job, tally: Tally, nowMs: number): Ending | undefined {
  for (const { type, status, reason = '', message = '' } of job.status?.conditions ?? []) {
    if (status !== 'True') continue
    if (type === 'FailureTarget') return { type: 'Failed', reason, message }
    if (type === 'SuccessCriteriaMet') return { type: 'Complete', reason, message }
  }
  return failureOf(job, tally, nowMs) ?? successOf(job, tally)
}

function failureOf(job: Job, tally: Tally, nowMs: number): Ending | undefined {
  const { spec } = job
  if (tally.failJobMessage !== undefined)
    return { type: 'Failed', reason: 'PodFailurePolicy', message: tally.failJobMessage }
  const limit = spec?.backoffLimit ?? 6
  if (tally.failed > limit || restartsExceed(job, tally, limit)) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  if ((deadlineInMs(job, nowMs) ?? 1) <= 0) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  if (!isIndexed(job) || spec?.backoffLimitPerIndex === undefined) return undefined
  if (spec.maxFailedIndexes !== undefined && tally.failedIndexes.size > spec.maxFailedIndexes) {
    return {
      type: 'Failed',
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    }
  }
  const settled = tally.failedIndexes.size + tally.completedIndexes.size >= (spec.completions ?? 0)
  if (tally.failedIndexes.size > 0 && settled) {
    return { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' }
  }
  return undefined
}

/** With `restartPolicy: OnFailure` containers fail in place: their restarts count against the limit. */
function restartsExceed(job: Job, tally: Tally, limit: number): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false
  let restarts = 0
  for (const { status } of tally.active) {
    for (const one of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
      restarts += one.restartCount ?? 0
  }
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function successOf(job: Job, tally: Tally): Ending | undefined {
  const rule = (job.spec?.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const wanted =
      succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, job.spec?.completions ?? 0)
    const met = wanted
      ? [...wanted].filter((index) => tally.completedIndexes.has(index)).length
      : tally.completedIndexes.size
    return met >= (succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY)
  })
  if (rule >= 0) return { type: 'Complete', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` }
  const { completions } = job.spec ?? {}
  const reached =
    completions === undefined ? tally.succeeded > 0 && tally.active.length === 0 : tally.succeeded >= completions
  if (!reached) return undefined
  return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
}

/** First the decision is written and running pods are stopped; the Job has ended when every pod is counted. */
function end(
  job: Job,
  plan: JobPlan,
  { tally, ending, nowText }: { tally: Tally; ending: Ending; nowText: string },
): JobPlan {
  const { type, reason, message } = ending
  const interim = type === 'Failed' ? 'FailureTarget' : 'SuccessCriteriaMet'
  plan.delete = tally.active
  const kept = [...tally.replaceable.values()]
  plan.release = [...tally.release, ...kept, ...tally.active]
  // What still runs when the Job fails counts as failed; what is no longer needed when it succeeds, as nothing.
  const lost = type === 'Failed' ? [...kept, ...tally.active] : kept
  Object.assign(plan.status, countsOf(job, withFailed(tally, lost)))
  plan.status.conditions = withCondition(
    plan.status.conditions,
    { type: interim, status: 'True', reason, message },
    nowText,
  )
  const settled = tally.active.length === 0 && tally.terminating === 0 && plan.release.length === 0
  const counted = tally.uncounted.succeeded.length === 0 && tally.uncounted.failed.length === 0
  if (!settled || !counted) return plan
  plan.status.conditions = withCondition(plan.status.conditions, { type, status: 'True', reason, message }, nowText)
  if (type === 'Complete') plan.status.completionTime = nowText
  plan.event =
    type === 'Complete'
      ? { type: 'Normal', reason: 'Completed', message: 'Job completed' }
      : { type: 'Warning', reason, message }
  return plan
}

function suspend(plan: JobPlan, tally: Tally, nowText: string): JobPlan {
  stopUncounted(plan, tally.active)
  const known = plan.status.conditions?.find(({ type }) => type === 'Suspended')
  if (known?.status === 'True') return plan
  const fact = { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
  plan.status.conditions = withCondition(plan.status.conditions, fact, nowText)
  delete plan.status.startTime
  plan.event = { type: 'Normal', reason: 'Suspended', message: 'Job suspended' }
  return plan
}

/** Who is no longer wanted has not failed. */
function stopUncounted(plan: JobPlan, pods: readonly Pod[]): void {
  plan.delete = [...pods]
  plan.release = [...plan.release, ...pods]
}

function resume(plan: JobPlan, nowText: string): void {
  const known = plan.status.conditions?.find(({ type }) => type === 'Suspended')
  if (known?.status !== 'True') return
  const fact = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }
  plan.status.conditions = withCondition(plan.status.conditions, fact, nowText)
  plan.status.startTime = nowText
  plan.event = { type: 'Normal', reason: 'Resumed', message: 'Job resumed' }
}

function managePods(job: Job, plan: JobPlan, tally: Tally, nowMs: number): void {
  const parallelism = job.spec?.parallelism ?? 1
  const { completions } = job.spec ?? {}
  const open =
    completions === undefined ? undefined : Math.max(0, completions - tally.succeeded - tally.failedIndexes.size)
  const wanted =
    open === undefined ? (tally.succeeded > 0 ? tally.active.length : parallelism) : Math.min(parallelism, open)
  stopUncounted(plan, surplusOf(job, tally, { least: tally.active.length - wanted, nowMs }))
  if (plan.delete.length > 0) return
  const occupied = tally.active.length + (job.spec?.podReplacementPolicy === 'Failed' ? tally.terminating : 0)
  const missing = Math.min(createMax, wanted - occupied)
  if (missing <= 0) return
  if (isIndexed(job) && job.spec?.backoffLimitPerIndex !== undefined)
    return retryIndexes(job, plan, tally, { missing, nowMs })
  const backOffMs = waitMs(tally.backOff, nowMs)
  if (backOffMs > 0) {
    plan.lookAgainMs = backOffMs
    return
  }
  plan.create = isIndexed(job)
    ? freeIndexes(job, tally, missing).map((index) => ({ index, annotations: {} }))
    : Array.from({ length: missing }, () => ({ index: undefined, annotations: {} }))
}

/** Each index waits for itself. */
function retryIndexes(
  job: Job,
  plan: JobPlan,
  tally: Tally,
  { missing, nowMs }: { missing: number; nowMs: number },
): void {
  const waits: number[] = []
  for (const index of freeIndexes(job, tally, missing)) {
    const failed = tally.replaceable.get(index)
    const failures = failed && { failures: failuresOf(failed).all + 1, lastMs: endTimeMs(failed) }
    const backOffMs = failures ? waitMs(failures, nowMs) : 0
    if (backOffMs > 0) waits.push(backOffMs)
    else plan.create.push({ index, annotations: failureAnnotations(job, failed) })
  }
  if (waits.length > 0) plan.lookAgainMs = Math.min(...waits)
}

/** Pods beyond what is wanted; of an Indexed Job also those whose index is none of its, or has a pod already. */
function surplusOf(job: Job, { active }: Tally, { least, nowMs }: { least: number; nowMs: number }): Pod[] {
  const surplus: Pod[] = []
  const left: Pod[] = []
  const seen = new Set<number>()
  for (const pod of deletionOrder(active, new Map(), nowMs).reverse()) {
    const index = indexOf(pod) ?? Number.POSITIVE_INFINITY
    const isExtra = isIndexed(job) && (index >= (job.spec?.completions ?? 0) || seen.has(index))
    seen.add(index)
    if (isExtra) surplus.push(pod)
    else left.unshift(pod)
  }
  return [...surplus, ...left.slice(0, Math.max(0, least - surplus.length))].slice(0, createMax)
}

function freeIndexes(job: Job, tally: Tally, count: number): number[] {
  const taken = new Set(tally.active.map(indexOf))
  const free: number[] = []
  for (let index = 0; index < (job.spec?.completions ?? 0) && free.length < count; index++) {
    if (!taken.has(index) && !tally.completedIndexes.has(index) && !tally.failedIndexes.has(index)) free.push(index)
  }
  return free
}

function deadlineInMs(job: Job, nowMs: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds
  if (seconds === undefined || !job.status?.startTime || job.spec?.suspend) return undefined
  return Date.parse(job.status.startTime) + seconds * 1000 - nowMs
}

function withCondition(
  conditions: readonly JobCondition[] | undefined,
  fact: Pick<JobCondition, 'type' | 'status' | 'reason' | 'message'>,
  nowText: string,
): JobCondition[] {
  const known = conditions?.find(({ type }) => type === fact.type)
  if (known?.status === fact.status) return [...(conditions ?? [])]
  const others = (conditions ?? []).filter(({ type }) => type !== fact.type)
  return [...others, { ...fact, lastProbeTime: nowText, lastTransitionTime: nowText }]
}
