/** The rules of a job's spec, in upstream's order. Source: batch/v1 JobSpec and the recorded messages. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label } from '../../../api/names.ts'
import type { JobSpec } from '../../../api/types/batch/v1.ts'
import { validateMatch } from '../apps/selector-template.ts'
import type { PodAllowances } from '../core/pod-validation/allowances.ts'
import { validatePodTemplate } from '../core/pod-validation/spec.ts'
import { isDomainPrefixedPath } from '../validation/domain-path.ts'
import { byteLength, invalid, invalidEach, nonNegative, notSupported, required, tooLong } from '../validation/field.ts'
import { validateLabelSelector } from '../validation/labels.ts'
import { validatePodFailurePolicy } from './pod-failure-policy.ts'
import { validateSuccessPolicy } from './success-policy.ts'

/** Pods, completions and failures of an indexed job, and what of them when there are many completions. */
const limits = { indexed: 100_000, ofMany: 10_000 }
const managedByBytesMax = 63

/** A job itself: its selector is there and chooses its pods. */
export function validateJobSpec(path: string, spec: JobSpec, allowed: PodAllowances): FieldError[] {
  const errors = validateTemplatedJobSpec(path, spec, allowed)
  const syntax = spec.selector ? validateLabelSelector(`${path}.selector`, spec.selector) : []
  errors.push(...(spec.selector ? syntax : [required(`${path}.selector`)]))
  if (syntax.length > 0) return errors
  return [...errors, ...validateMatch(`${path}.template`, spec.selector, spec.template)]
}

/** Also what stands in a cron job's template. */
export function validateTemplatedJobSpec(path: string, spec: JobSpec, allowed: PodAllowances): FieldError[] {
  const errors: FieldError[] = []
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const) {
    errors.push(...nonNegative(`${path}.${field}`, spec[field]))
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  }
  if (spec.managedBy !== undefined) {
    errors.push(...isDomainPrefixedPath(`${path}.managedBy`, spec.managedBy))
    if (byteLength(spec.managedBy) > managedByBytesMax) errors.push(tooLong(`${path}.managedBy`, managedByBytesMax))
  }
  errors.push(...validateCompletionMode(path, spec))
  errors.push(...validatePodFailurePolicy(`${path}.podFailurePolicy`, spec))
  errors.push(...validateSuccessPolicy(`${path}.successPolicy`, spec))
  errors.push(...validateReplacement(`${path}.podReplacementPolicy`, spec))
  errors.push(...validatePodTemplate(`${path}.template`, spec.template, allowed))
  return [...errors, ...validateRestartPolicy(`${path}.template.spec.restartPolicy`, spec)]
}

function validateCompletionMode(path: string, spec: JobSpec): FieldError[] {
  const { completionMode: mode, completions, parallelism = 0 } = spec
  if (mode === undefined || mode === 'NonIndexed') {
    return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((field) =>
      spec[field] === undefined ? [] : [invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode')],
    )
  }
  if (mode !== 'Indexed') return [notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])]
  if (completions === undefined) return [required(`${path}.completions`, 'when completion mode is Indexed')]
  const errors: FieldError[] = []
  if (parallelism > limits.indexed) {
    const why = `must be less than or equal to ${limits.indexed} when completion mode is Indexed`
    errors.push(invalid(`${path}.parallelism`, parallelism, why))
  }
  return [...errors, ...validateFailedIndexes(path, spec, completions)]
}

function validateFailedIndexes(path: string, spec: JobSpec, completions: number): FieldError[] {
  const { maxFailedIndexes: failed, parallelism = 0, backoffLimitPerIndex } = spec
  const at = `${path}.maxFailedIndexes`
  const errors: FieldError[] = []
  if (failed !== undefined && failed > completions) {
    errors.push(invalid(at, failed, 'must be less than or equal to completions'))
  }
  if (failed !== undefined && failed > limits.indexed) {
    errors.push(invalid(at, failed, `must be less than or equal to ${limits.indexed}`))
  }
  if (completions <= limits.indexed || backoffLimitPerIndex === undefined) return errors
  const why = `must be less than or equal to ${limits.ofMany} when completions are above ${limits.indexed} and used with backoff limit per index`
  if (failed === undefined) {
    errors.push(required(at, `must be specified when completions is above ${limits.indexed}`))
  }
  if (parallelism > limits.ofMany) errors.push(invalid(`${path}.parallelism`, parallelism, why))
  if (failed !== undefined && failed > limits.ofMany) errors.push(invalid(at, failed, why))
  return errors
}

function validateReplacement(path: string, spec: JobSpec): FieldError[] {
  const policy = spec.podReplacementPolicy
  const supported = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  return policy === undefined || supported.includes(policy) ? [] : [notSupported(path, policy, supported)]
}

function validateRestartPolicy(path: string, spec: JobSpec): FieldError[] {
  const policy = spec.template?.spec?.restartPolicy ?? ''
  if (policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])]
  if (!spec.podFailurePolicy || policy === 'Never') return []
  return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
}

/** Indexed pods get a host name of the job's name and their index. */
export function validateIndexedName(name: string, spec: JobSpec): FieldError[] {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 1) return []
  const last = `${name}-${spec.completions - 1}`
  const wrong = isDns1123Label(last).map(
    (why) => `will not able to create pod with invalid DNS label ${JSON.stringify(last)}: ${why}`,
  )
  return invalidEach('metadata.name', name, wrong)
}
