/** What a job's status may say, and how it may change. Source: kubernetes `pkg/apis/batch/validation`, read as facts. */
import type { FieldError } from '../../../api/errors.ts'
import type { Job, JobStatus } from '../../../api/types/batch/v1.ts'
import { semanticEqual } from '../validation/equal.ts'
import { duplicate, invalid, nonNegative } from '../validation/field.ts'
import { countIndexes } from './success-policy.ts'

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const

/** What was wrong before and stays as it is, is let be. */
export function validateJobStatusUpdate({ spec, status = {} }: Job, old: Job): FieldError[] {
  const before = old.status ?? {}
  const changed = (field: keyof JobStatus) => !semanticEqual(status[field], before[field])
  const errors = counts.flatMap((field) => nonNegative(`status.${field}`, status[field]))
  errors.push(...repeatedPods('status.uncountedTerminatedPods', status))
  if (changed('completedIndexes')) errors.push(...validateCompletedIndexes(status, spec))
  if (changed('failedIndexes')) errors.push(...validateFailedIndexes(status, spec))
  const { ready = 0, active = 0 } = status
  if ((changed('ready') || changed('active')) && ready > active) {
    errors.push(invalid('status.ready', ready, 'cannot set more ready pods than active'))
  }
  const isComplete = status.conditions?.some((one) => one.type === 'Complete' && one.status === 'True')
  if (changed('completionTime') && status.completionTime && !isComplete) {
    const why = 'cannot set completionTime when there is no Complete=True condition'
    errors.push(invalid('status.completionTime', status.completionTime, why))
  }
  for (const field of ['succeeded', 'failed'] as const) {
    const now = status[field] ?? 0
    if (now >= (before[field] ?? 0) || (field === 'succeeded' && isElastic(spec))) continue
    errors.push(invalid(`status.${field}`, now, `cannot decrease the ${field} counter`))
  }
  return errors
}

/** Fewer completions leave out indexes that succeeded. */
function isElastic(spec: Job['spec']): boolean {
  return spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism
}

function validateCompletedIndexes({ completedIndexes = '' }: JobStatus, spec: Job['spec']): FieldError[] {
  const path = 'status.completedIndexes'
  const counted = countIndexes(completedIndexes, spec?.completions ?? Number.POSITIVE_INFINITY)
  const errors =
    typeof counted === 'string' ? [invalid(path, completedIndexes, `error parsing completedIndexes: ${counted}`)] : []
  if (completedIndexes === '' || spec?.completionMode === 'Indexed') return errors
  const why = 'cannot set non-empty completedIndexes when non-indexed completion mode'
  return [...errors, invalid(path, completedIndexes, why)]
}

function validateFailedIndexes({ failedIndexes }: JobStatus, spec: Job['spec']): FieldError[] {
  const path = 'status.failedIndexes'
  if (failedIndexes === undefined) return []
  if (spec?.backoffLimitPerIndex === undefined) {
    const why = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
    return [invalid(path, failedIndexes, why)]
  }
  const counted = spec.completions === undefined ? 0 : countIndexes(failedIndexes, spec.completions)
  return typeof counted === 'string' ? [invalid(path, failedIndexes, `error parsing failedIndexes: ${counted}`)] : []
}

function repeatedPods(path: string, { uncountedTerminatedPods = {} }: JobStatus): FieldError[] {
  const seen = new Set<string>()
  const errors: FieldError[] = []
  for (const field of ['succeeded', 'failed'] as const) {
    for (const [index, uid] of (uncountedTerminatedPods[field] ?? []).entries()) {
      const at = `${path}.${field}[${index}]`
      if (uid === '') errors.push(invalid(at, uid, 'must not be empty'))
      else if (seen.has(uid)) errors.push(duplicate(at, uid))
      seen.add(uid)
    }
  }
  return errors
}
