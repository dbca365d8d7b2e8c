/** `job_controller_*`: what became of Jobs and their pods. Source: kube-controller-manager's metrics of the job controller. */
import type { Job, JobStatus } from '../../api/types/batch/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Change } from '../../client/informer.ts'
import type { Meters } from '../../client/meters.ts'
import { isFinished as hasEnded } from '../pods.ts'
import { matchedRule } from './failure-policy.ts'
import { parseIndexes } from './indexes.ts'
import { isFinished, type JobPlan } from './plan.ts'
import { isTracked } from './tally.ts'

/** Who else manages the Job. */
export function externalManager({ spec }: Job): string | undefined {
  const { managedBy } = spec ?? {}
  return managedBy === 'kubernetes.io/job-controller' ? undefined : managedBy
}

export function countJob(meters: Meters | undefined, { type, object }: Change<Job>): void {
  const manager = externalManager(object)
  if (type === 'added' && manager) meters?.count('job_controller_jobs_by_external_controller_total', [manager])
}

/** A pod that ended, for as long as it waits to be counted. */
export function countTracked(meters: Meters | undefined, change: Change<Pod>): void {
  if (!meters) return
  const waits = (pod: Pod): boolean => isTracked(pod) && hasEnded(pod)
  const before = change.type === 'updated' ? waits(change.previous) : change.type === 'deleted' && waits(change.object)
  const now = change.type !== 'deleted' && waits(change.object)
  if (before !== now) meters.count('job_controller_terminated_pods_tracking_finalizer_total', [now ? 'add' : 'delete'])
}

/** After a sync. `created`: pods that could be created, of those in the plan that were tried. */
export function countSync(
  meters: Meters | undefined,
  job: Job,
  plan: JobPlan,
  outcome: { seconds: number; failed: boolean; created: number },
): void {
  if (!meters) return
  const mode = job.spec?.completionMode ?? 'NonIndexed'
  const labels = [mode, outcome.failed ? 'error' : 'success', actionOf(plan)]
  meters.count('job_controller_job_syncs_total', labels)
  meters.observe('job_controller_job_sync_duration_seconds', labels, outcome.seconds)
  if (outcome.created > 0)
    meters.count('job_controller_job_pods_creation_total', [creationReason(job, plan), 'succeeded'], outcome.created)
  if (outcome.failed && plan.create.length > 0)
    meters.count('job_controller_job_pods_creation_total', [creationReason(job, plan), 'failed'])
}

/** After a status was written. */
export function countStatus(meters: Meters | undefined, job: Job, { status, release }: JobPlan): void {
  if (!meters) return
  const mode = job.spec?.completionMode ?? 'NonIndexed'
  const before = job.status ?? {}
  if (!isFinished(job) && isFinished({ ...job, status })) {
    const end = status.conditions?.find(({ type, status: is }) => /^(Complete|Failed)$/.test(type) && is === 'True')
    const result = end?.type === 'Complete' ? 'succeeded' : 'failed'
    meters.count('job_controller_jobs_finished_total', [mode, result, end?.reason ?? ''])
  }
  for (const result of ['succeeded', 'failed'] as const) {
    const more = (status[result] ?? 0) - (before[result] ?? 0)
    if (more > 0) meters.count('job_controller_job_pods_finished_total', [mode, result], more)
  }
  if (mode === 'Indexed') countIndexes(meters, job, status)
  for (const pod of release) {
    const action = pod.status?.phase === 'Failed' ? matchedRule(job, pod)?.rule.action : undefined
    if (action) meters.count('job_controller_pod_failures_handled_by_failure_policy_total', [action])
  }
}

function countIndexes(meters: Meters, { spec, status: before }: Job, status: JobStatus): void {
  const limit = spec?.backoffLimitPerIndex === undefined ? 'global' : 'perIndex'
  const completions = spec?.completions ?? 0
  const count = (text: string | undefined): number => parseIndexes(text, completions).size
  const more = {
    succeeded: count(status.completedIndexes) - count(before?.completedIndexes),
    failed: count(status.failedIndexes) - count(before?.failedIndexes),
  }
  for (const [result, by] of Object.entries(more))
    if (by > 0) meters.count('job_controller_job_finished_indexes_total', [result, limit], by)
}

function actionOf({ create, delete: gone, status }: JobPlan): string {
  if (isFinished({ metadata: {}, status })) return 'reconciling'
  if (gone.length > 0) return 'pods_deleted'
  return create.length > 0 ? 'pods_created' : 'tracking'
}

function creationReason({ spec }: Job, { status }: JobPlan): string {
  const failed = (status.failed ?? 0) > 0
  if (spec?.podReplacementPolicy === 'Failed') return failed ? 'recreate_failed' : 'new'
  return failed || (status.terminating ?? 0) > 0 ? 'recreate_terminating_or_failed' : 'new'
}
