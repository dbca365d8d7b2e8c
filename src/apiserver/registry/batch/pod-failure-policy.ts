/** Rules of a job's pod failure policy. Source: KEP-3329 (retriable and non-retriable pod failures). */
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '../../../api/types/batch/v1.ts'
import { duplicate, invalid, invalidEach, notSupported, required, tooMany } from '../validation/field.ts'

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const operators = ['In', 'NotIn']
const statuses = ['False', 'True', 'Unknown']
const limits = { rules: 20, patterns: 20, exitCodes: 255 }

export function validatePodFailurePolicy(path: string, spec: JobSpec): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const errors = rules.length > limits.rules ? [tooMany(`${path}.rules`, rules.length, limits.rules)] : []
  const pod = spec.template?.spec
  const names = new Set([...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name }) => name))
  for (const [index, rule] of rules.entries())
    errors.push(...validateRule(`${path}.rules[${index}]`, rule, spec, names))
  return errors
}

function validateRule(
  path: string,
  rule: PodFailurePolicyRule,
  spec: JobSpec,
  names: ReadonlySet<string>,
): FieldError[] {
  const { action = '', onExitCodes, onPodConditions = [] } = rule
  const errors = validateChoice(`${path}.action`, action, actions)
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'))
  }
  if (onExitCodes) errors.push(...validateExitCodes(`${path}.onExitCodes`, onExitCodes, names))
  if (onPodConditions.length > 0) errors.push(...validateConditions(`${path}.onPodConditions`, onPodConditions))
  if (onExitCodes && onPodConditions.length > 0) {
    errors.push(invalid(path, undefined, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  }
  if (!onExitCodes && onPodConditions.length === 0) {
    errors.push(invalid(path, undefined, 'specifying one of OnExitCodes and OnPodConditions is required'))
  }
  return errors
}

function validateChoice(path: string, value: string, supported: readonly string[]): FieldError[] {
  if (value === '') return [required(path, `valid values: [${supported.map((one) => JSON.stringify(one)).join(' ')}]`)]
  return supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function validateExitCodes(
  path: string,
  { operator = '', containerName, values = [] }: Partial<PodFailurePolicyOnExitCodesRequirement>,
  names: ReadonlySet<string>,
): FieldError[] {
  const errors = validateChoice(`${path}.operator`, operator, operators)
  if (containerName !== undefined && !names.has(containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid(`${path}.containerName`, containerName, why))
  }
  const at = `${path}.values`
  if (values.length === 0) return [...errors, invalid(at, null, 'at least one value is required')]
  if (values.length > limits.exitCodes) errors.push(tooMany(at, values.length, limits.exitCodes))
  for (const [index, code] of values.entries()) {
    if (code === 0 && operator === 'In')
      errors.push(invalid(`${at}[${index}]`, code, 'must not be 0 for the In operator'))
    if (values.indexOf(code) < index) errors.push(duplicate(`${at}[${index}]`, code))
  }
  const ordered = values.every((code, index) => index === 0 || (values[index - 1] ?? 0) <= code)
  return ordered ? errors : [...errors, invalid(at, values, 'must be ordered')]
}

function validateConditions(path: string, patterns: readonly PodFailurePolicyOnPodConditionsPattern[]): FieldError[] {
  const errors = patterns.length > limits.patterns ? [tooMany(path, patterns.length, limits.patterns)] : []
  for (const [index, { type = '', status = '' }] of patterns.entries()) {
    errors.push(...invalidEach(`${path}[${index}].type`, type, isQualifiedName(type)))
    errors.push(...validateChoice(`${path}[${index}].status`, status, statuses))
  }
  return errors
}
