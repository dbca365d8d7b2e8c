/** Defaults of jobs and cron jobs. Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/. */
import type { CronJob, Job, JobSpec } from '../types/batch/v1.ts'
import { defaultPodTemplate } from './pod.ts'

const backoffLimit = 6
/** With a limit per index the job as a whole may fail as often as it likes. */
const backoffUnlimited = 2147483647

export function defaultJob(job: Job): void {
  job.spec ??= { template: {} }
  const spec = job.spec
  defaultJobTemplateSpec(spec)
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? backoffLimit : backoffUnlimited
  const labels = spec.template.metadata?.labels ?? {}
  // The same object, so that labels which the template gets while the job is made are the job's own too.
  if (Object.keys(job.metadata.labels ?? {}).length === 0 && Object.keys(labels).length > 0)
    job.metadata.labels = labels
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  spec.manualSelector ??= false
}

/** What a cron job's template gets too; the rest waits for the job. */
function defaultJobTemplateSpec(spec: JobSpec): void {
  spec.template ??= {}
  defaultPodTemplate(spec.template)
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
}

export function defaultCronJob(cronJob: CronJob): void {
  cronJob.spec ??= { schedule: '', jobTemplate: {} }
  const spec = cronJob.spec
  spec.jobTemplate ??= {}
  spec.jobTemplate.metadata ??= {}
  spec.jobTemplate.spec ??= { template: {} }
  defaultJobTemplateSpec(spec.jobTemplate.spec)
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
}
