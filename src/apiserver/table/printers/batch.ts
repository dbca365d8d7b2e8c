/** Rows of batch. */
import type { CronJob, Job } from '../../../api/types/batch/v1.ts'
import {
  age,
  boolText,
  containerImages,
  containerNames,
  durationText,
  isTrue,
  none,
  selectorText,
  since,
} from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const batchPrinters: Printers = { cronjobs: printer(printCronJob), jobs: printer(printJob) }

function printCronJob(cron: CronJob, nowMs: number): unknown[] {
  const { metadata, spec, status } = cron
  const jobSpec = spec?.jobTemplate.spec
  const containers = jobSpec?.template.spec?.containers
  return [
    metadata.name,
    spec?.schedule ?? '',
    spec?.timeZone ?? none,
    boolText(spec?.suspend),
    status?.active?.length ?? 0,
    status?.lastScheduleTime ? since(status.lastScheduleTime, nowMs) : none,
    age(cron, nowMs),
    containerNames(containers),
    containerImages(containers),
    selectorText(jobSpec?.selector),
  ]
}

function printJob(job: Job, nowMs: number): unknown[] {
  const containers = job.spec?.template.spec?.containers
  return [
    job.metadata.name,
    jobStatus(job),
    completions(job),
    runTime(job, nowMs),
    age(job, nowMs),
    containerNames(containers),
    containerImages(containers),
    selectorText(job.spec?.selector),
  ]
}

function jobStatus({ metadata, status }: Job): string {
  const has = (type: string): boolean => isTrue(status?.conditions, type)
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (metadata.deletionTimestamp) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running'
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function runTime({ status }: Job, nowMs: number): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : nowMs
  return durationText(end - Date.parse(status.startTime))
}
