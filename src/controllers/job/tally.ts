/**
 * Counts a Job's pods exactly once each (KEP-2307): a finished pod keeps a finalizer until the status names its uid, and
 * moves from the named uids into the counters once its finalizer is gone.
 */
import type { Job } from '../../api/types/batch/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { isReady } from '../pods.ts'
import { type BackOff, nextBackOff } from './back-off.ts'
import { judgeFailure } from './failure-policy.ts'
import { formatIndexes, parseIndexes } from './indexes.ts'

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
export const indexFailuresAnnotation = 'batch.kubernetes.io/job-index-failure-count'
const indexIgnoredAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count'

export interface Tally {
  active: Pod[]
  ready: number
  /** Going away, not finished. */
  terminating: number
  succeeded: number
  failed: number
  completedIndexes: Set<number>
  failedIndexes: Set<number>
  uncounted: { succeeded: string[]; failed: string[] }
  /** Counters that are already free of uncounted pods. */
  counted: { succeeded: number; failed: number }
  /** Finished pods whose finalizer may go once the status names them. */
  release: Pod[]
  failJobMessage: string | undefined
  backOff: BackOff
  /**
   * With a back-off limit per index: the last failed pod of each index that is to be tried again. It is kept uncounted
   * until its successor, which carries the count on, is there.
   */
  replaceable: Map<number, Pod>
}

export function isIndexed(job: Job): boolean {
  return job.spec?.completionMode === 'Indexed'
}

export function indexOf(pod: Pod): number | undefined {
  const index = Number(pod.metadata.annotations?.[indexAnnotation] ?? Number.NaN)
  return Number.isSafeInteger(index) ? index : undefined
}

/** `backOff`: what is remembered of earlier failures. */
export function tallyOf(job: Job, pods: readonly Pod[], backOff?: BackOff): Tally {
  const tally = startOf(job)
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid ?? '', pod]))
  settle(job, tally, byUid)
  const failed = pods.filter((pod) => !countUnlessFailed(job, tally, pod))
  for (const pod of failed) if (isTracked(pod) && failsIndex(job, pod)) tally.failedIndexes.add(indexOf(pod) ?? -1)
  tally.replaceable = replaceableOf(job, tally, failed)
  for (const pod of failed) countFailure(job, tally, pod)
  // Pods that were stopped on purpose were released first: they are no reason to wait.
  tally.backOff = nextBackOff(backOff, {
    succeeded: pods.filter((pod) => succeeded(pod) && isTracked(pod)),
    failed: failed.filter(isTracked),
  })
  tally.succeeded = isIndexed(job)
    ? tally.completedIndexes.size
    : tally.counted.succeeded + tally.uncounted.succeeded.length
  tally.failed = tally.counted.failed + tally.uncounted.failed.length
  return tally
}

function startOf(job: Job): Tally {
  const status = job.status ?? {}
  const completions = job.spec?.completions ?? 0
  return {
    active: [],
    ready: 0,
    terminating: 0,
    succeeded: 0,
    failed: 0,
    completedIndexes: parseIndexes(status.completedIndexes, completions),
    failedIndexes: parseIndexes(status.failedIndexes, completions),
    uncounted: {
      succeeded: [...(status.uncountedTerminatedPods?.succeeded ?? [])],
      failed: [...(status.uncountedTerminatedPods?.failed ?? [])],
    },
    counted: { succeeded: status.succeeded ?? 0, failed: status.failed ?? 0 },
    release: [],
    failJobMessage: undefined,
    backOff: nextBackOff(undefined, { succeeded: [], failed: [] }),
    replaceable: new Map(),
  }
}

/** Named pods that are gone or free of the finalizer move into the counters. */
function settle(job: Job, tally: Tally, byUid: ReadonlyMap<string, Pod>): void {
  for (const kind of ['succeeded', 'failed'] as const) {
    const open = tally.uncounted[kind].filter((uid) => isTracked(byUid.get(uid)))
    const settled = tally.uncounted[kind].length - open.length
    if (!(kind === 'succeeded' && isIndexed(job))) tally.counted[kind] += settled
    tally.uncounted[kind] = open
  }
}

/** False for a pod that failed, or that counts as failed since it goes away. */
function countUnlessFailed(job: Job, tally: Tally, pod: Pod): boolean {
  const going = pod.metadata.deletionTimestamp !== undefined
  if (succeeded(pod)) {
    countSuccess(job, tally, pod)
    return true
  }
  const replaceEarly = job.spec?.podReplacementPolicy !== 'Failed'
  if (pod.status?.phase !== 'Failed' && going) tally.terminating++
  if (pod.status?.phase === 'Failed' || (going && replaceEarly)) return false
  if (going) return true
  tally.active.push(pod)
  if (isReady(pod)) tally.ready++
  return true
}

function succeeded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded'
}

function countSuccess(job: Job, tally: Tally, pod: Pod): void {
  if (!isTracked(pod)) return
  const index = indexOf(pod)
  if (isIndexed(job) && index !== undefined && index < (job.spec?.completions ?? 0)) tally.completedIndexes.add(index)
  name(tally.uncounted.succeeded, pod)
  tally.release.push(pod)
}

function countFailure(job: Job, tally: Tally, pod: Pod): void {
  if (!isTracked(pod)) return
  const verdict = judgeFailure(job, pod)
  if (verdict.action === 'FailJob') tally.failJobMessage ??= verdict.message
  if (tally.replaceable.get(indexOf(pod) ?? -1) === pod) return
  if (verdict.action !== 'Ignore') name(tally.uncounted.failed, pod)
  tally.release.push(pod)
}

function replaceableOf(job: Job, tally: Tally, failed: readonly Pod[]): Map<number, Pod> {
  const replaceable = new Map<number, Pod>()
  if (job.spec?.backoffLimitPerIndex === undefined) return replaceable
  const active = new Set(tally.active.map(indexOf))
  for (const pod of failed) {
    const index = indexOf(pod)
    if (index === undefined || index >= (job.spec.completions ?? 0) || !isTracked(pod)) continue
    if (tally.completedIndexes.has(index) || tally.failedIndexes.has(index) || active.has(index)) continue
    const known = replaceable.get(index)
    if (!known || failuresOf(known).all <= failuresOf(pod).all) replaceable.set(index, pod)
  }
  return replaceable
}

/** How often the index failed before this pod, and how often a policy said to ignore it. */
export function failuresOf(pod: Pod): { counted: number; ignored: number; all: number } {
  const counted = Number(pod.metadata.annotations?.[indexFailuresAnnotation] ?? 0)
  const ignored = Number(pod.metadata.annotations?.[indexIgnoredAnnotation] ?? 0)
  return { counted, ignored, all: counted + ignored }
}

/** The annotations that carry the failures of an index on to the pod that takes the place of `failed`. */
export function failureAnnotations(job: Job, failed: Pod | undefined): Record<string, string> {
  if (!failed) return { [indexFailuresAnnotation]: '0' }
  const ignore = judgeFailure(job, failed).action === 'Ignore'
  const { counted, ignored } = failuresOf(failed)
  const ignoredNow = ignored + (ignore ? 1 : 0)
  return {
    [indexFailuresAnnotation]: String(counted + (ignore ? 0 : 1)),
    ...(ignoredNow > 0 ? { [indexIgnoredAnnotation]: String(ignoredNow) } : {}),
  }
}

/** The tally with some running pods counted as failed. */
export function withFailed(tally: Tally, pods: readonly Pod[]): Tally {
  const failed = [...tally.uncounted.failed]
  for (const pod of pods) if (isTracked(pod)) name(failed, pod)
  return { ...tally, uncounted: { ...tally.uncounted, failed } }
}

/** With a back-off limit per index, an index fails for good after that many failures, or at once by policy. */
function failsIndex(job: Job, pod: Pod): boolean {
  const limit = job.spec?.backoffLimitPerIndex
  if (limit === undefined || indexOf(pod) === undefined) return false
  const { action } = judgeFailure(job, pod)
  return action === 'FailIndex' || (action !== 'Ignore' && failuresOf(pod).counted >= limit)
}

function name(uids: string[], pod: Pod): void {
  const uid = pod.metadata.uid ?? ''
  if (!uids.includes(uid)) uids.push(uid)
}

export function isTracked(pod: Pod | undefined): boolean {
  return pod?.metadata.finalizers?.includes(trackingFinalizer) ?? false
}

/** The status fields that a tally determines. */
export function countsOf(job: Job, tally: Tally) {
  const indexed = isIndexed(job)
  const { succeeded, failed } = tally.uncounted
  const done = indexed ? tally.completedIndexes.size : tally.counted.succeeded
  return {
    ...(tally.active.length > 0 ? { active: tally.active.length } : {}),
    ...(done > 0 ? { succeeded: done } : {}),
    ...(tally.counted.failed > 0 ? { failed: tally.counted.failed } : {}),
    ...(indexed && tally.completedIndexes.size > 0 ? { completedIndexes: formatIndexes(tally.completedIndexes) } : {}),
    ...(job.spec?.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(tally.failedIndexes) }),
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 ? { succeeded } : {}),
      ...(failed.length > 0 ? { failed } : {}),
    },
    ready: tally.ready,
    terminating: tally.terminating,
  }
}
