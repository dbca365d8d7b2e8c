/**
 * Jobs: selectors made from the job's own id, what may change while one runs.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/, KEP-2926 (mutable scheduling directives).
 */
import { defaultJob } from '../../../api/defaults/batch.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isLabelValue } from '../../../api/names.ts'
import { batchV1 } from '../../../api/resources.ts'
import { matchesLabelSelector } from '../../../api/selectors/label.ts'
import type { Job, JobSpec } from '../../../api/types/batch/v1.ts'
import { type PodAllowances, podAllowances } from '../core/pod-validation/allowances.ts'
import { keepSpec, keepStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, required } from '../validation/field.ts'
import { sortedMaps } from '../validation/go-struct.ts'
import { validateLabelSelector } from '../validation/labels.ts'
import { nameWarning, templateWarnings } from '../warnings/pod-warnings.ts'
import { validateJobStatusUpdate } from './job-status.ts'
import { validateJobChange } from './job-update.ts'
import { validateIndexedName, validateJobSpec } from './job-validation.ts'

const labels = {
  uid: 'batch.kubernetes.io/controller-uid',
  name: 'batch.kubernetes.io/job-name',
  legacyUid: 'controller-uid',
  legacyName: 'job-name',
}

export const jobs: Strategy<Job> = {
  resource: batchV1.jobs,
  metadataOnUpdate: ['whole', 'changes'],
  default: defaultJob,
  prepareForCreate(job) {
    generateSelector(job)
    // Labels that the template has only now are the job's own by default, unless its name can be none.
    if (isLabelValue(job.metadata.name ?? '').length === 0) defaultJob(job)
    startWithoutStatus(job)
  },
  prepareForUpdate: keepStatus,
  validateCreate: (job, context) => validateJob(job, podAllowances(context)),
  warnings: (object, old) => [
    ...(old ? [] : nameWarning(object.metadata.name ?? '', 'Pod names and hostnames')),
    ...templateWarnings('spec.template', object.spec?.template, { object, old }),
  ],
  validateUpdate(job, old, context) {
    const allowed = podAllowances(context, old.spec?.template?.spec)
    return [...validateJob(job, allowed), ...validateJobChange('spec', job, old, allowed)]
  },
  status: { prepareForUpdate: keepSpec, validateUpdate: validateJobStatusUpdate },
  selectableFields: { 'status.successful': (job) => String(job.status?.succeeded ?? 0) },
  defaultPropagation: 'Orphan',
  unsaidPropagationWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
}

/** The pods of a job are those that carry its id; who brings a selector says so with `manualSelector`. */
function generateSelector(job: Job): void {
  const spec = job.spec
  if (!spec || spec.manualSelector) return
  const { uid = '', name = '' } = job.metadata
  spec.template.metadata ??= {}
  const own = { [labels.uid]: uid, [labels.legacyUid]: uid, [labels.name]: name, [labels.legacyName]: name }
  const given = spec.template.metadata.labels
  spec.template.metadata.labels = { ...given, ...own }
  if (given && job.metadata.labels === given) job.metadata.labels = { ...given, ...own }
  spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [labels.uid]: uid } }
}

function validateJob(job: Job, allowed: PodAllowances): FieldError[] {
  const spec = job.spec ?? ({} as JobSpec)
  return [
    ...validateGeneratedSelector(job, spec),
    ...validateJobSpec('spec', spec, allowed),
    ...validateIndexedName(job.metadata.name ?? '', spec),
  ]
}

function validateGeneratedSelector(job: Job, spec: JobSpec): FieldError[] {
  if (spec.manualSelector || !spec.selector) return []
  const { uid = '', name = '' } = job.metadata
  const errors = uid === '' ? [required('metadata.uid')] : []
  const present = spec.template?.metadata?.labels ?? {}
  const expected: [string, string][] = [
    [labels.legacyUid, uid],
    [labels.legacyName, name],
    [labels.uid, uid],
    [labels.name, name],
  ]
  for (const [key, value] of expected) {
    const path = `spec.template.metadata.labels[${key}]`
    if (present[key] === undefined) errors.push(required(path, `must be '${value}'`))
    else if (present[key] !== value) errors.push(invalid(path, present, `must be '${value}'`))
  }
  const isReadable = validateLabelSelector('', spec.selector).length === 0
  if (isReadable && !matchesLabelSelector(spec.selector, Object.fromEntries(expected))) {
    errors.push(invalid('spec.selector', sortedMaps(spec.selector), '`selector` not auto-generated'))
  }
  return errors
}
