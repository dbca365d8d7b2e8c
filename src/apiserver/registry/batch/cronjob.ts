/** Cron jobs. Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/. */
import { cronProblem } from '../../../api/cron.ts'
import { defaultCronJob } from '../../../api/defaults/batch.ts'
import type { FieldError } from '../../../api/errors.ts'
import { batchV1 } from '../../../api/resources.ts'
import { isTimeZone } from '../../../api/time-zone.ts'
import type { CronJob, CronJobSpec } from '../../../api/types/batch/v1.ts'
import { podAllowances } from '../core/pod-validation/allowances.ts'
import { requiredInOrder } from '../core/pod-validation/spec.ts'
import { keepSpec, keepStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { invalid, nonNegative, notSupported, required } from '../validation/field.ts'
import { nameWarning, templateWarnings } from '../warnings/pod-warnings.ts'
import { validateTemplatedJobSpec } from './job-validation.ts'

/** Jobs get the cron job's name and eleven characters more, and must fit a label. */
const nameLengthMax = 52
const policies = ['Allow', 'Forbid', 'Replace']

export const cronJobs: Strategy<CronJob> = {
  resource: batchV1.cronJobs,
  default: defaultCronJob,
  prepareForCreate: startWithoutStatus,
  prepareForUpdate: keepStatus,
  validateCreate(cronJob, context) {
    const name = cronJob.metadata.name ?? ''
    const errors = validateCronJob(cronJob, context)
    if (name.length <= nameLengthMax) return errors
    return [...errors, invalid('metadata.name', name, `must be no more than ${nameLengthMax} characters`)]
  },
  warnings: (object, old) => [
    ...(old ? [] : nameWarning(object.metadata.name ?? '', 'Pod names and hostnames')),
    ...zoneWarnings(object.spec?.schedule ?? ''),
    ...templateWarnings('spec.jobTemplate.spec.template', object.spec?.jobTemplate.spec?.template, { object, old }),
  ],
  validateUpdate: (cronJob, old, context) => validateCronJob(cronJob, context, old),
  status: { metadataOnUpdate: [], prepareForUpdate: keepSpec },
}

function validateCronJob(cronJob: CronJob, context?: ValidationContext, old?: CronJob): FieldError[] {
  const allowed = podAllowances(context, old?.spec?.jobTemplate.spec?.template.spec)
  const spec: Partial<CronJobSpec> = cronJob.spec ?? {}
  const { schedule = '' } = spec
  const job = spec.jobTemplate?.spec ?? { template: {} }
  const path = 'spec.jobTemplate.spec'
  const errors = [
    ...(schedule === '' ? [required('spec.schedule')] : validateSchedule('spec.schedule', schedule, spec.timeZone)),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...validateTimeZone('spec.timeZone', spec.timeZone),
    ...requiredInOrder('spec.concurrencyPolicy', spec.concurrencyPolicy, policies),
    ...validateTemplatedJobSpec(path, job, allowed),
  ]
  if (job.selector) errors.push(invalid(`${path}.selector`, job.selector, '`selector` will be auto-generated'))
  if (job.manualSelector) errors.push(notSupported(`${path}.manualSelector`, job.manualSelector, ['nil', 'false']))
  return [
    ...errors,
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ]
}

function validateSchedule(path: string, schedule: string, timeZone: string | undefined): FieldError[] {
  const problem = cronProblem(schedule.replace(/^(CRON_)?TZ=\S+\s+/, ''))
  const errors = problem ? [invalid(path, schedule, problem)] : []
  if (!schedule.includes('TZ')) return errors
  const why =
    timeZone === undefined
      ? 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
      : 'cannot use both timeZone field and TZ or CRON_TZ in schedule'
  return [...errors, invalid(path, schedule, why)]
}

function validateTimeZone(path: string, timeZone: string | undefined): FieldError[] {
  if (timeZone === undefined) return []
  if (timeZone === '') return [invalid(path, timeZone, 'timeZone must be nil or non-empty string')]
  if (timeZone.toLowerCase() === 'local') {
    const why = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    return [invalid(path, timeZone, why)]
  }
  return isTimeZone(timeZone) ? [] : [invalid(path, timeZone, `unknown time zone ${timeZone}`)]
}

function zoneWarnings(schedule: string): string[] {
  if (!schedule.includes('TZ')) return []
  const more = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/'
  return [`CRON_TZ or TZ used in spec.schedule is not officially supported, see ${more} for more details`]
}
