/** The rules of `meta/v1` conditions. Source: apimachinery's `meta/v1/validation`, read as facts. */
import type { FieldError } from '../../../api/errors.ts'
import { regexError } from '../../../api/names.ts'
import type { Condition } from '../../../api/types/meta/v1.ts'
import { byteLength, duplicate, invalid, notSupported, required, tooLong } from './field.ts'
import { validateLabelName } from './labels.ts'

const statuses = ['False', 'True', 'Unknown']
const limits = { reasonBytes: 1024, messageBytes: 32 * 1024 }
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const reasonRule =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"

export function validateConditionList(path: string, conditions: readonly Partial<Condition>[] = []): FieldError[] {
  const types = conditions.map(({ type = '' }) => type)
  return conditions.flatMap((condition, index) => [
    ...(types.indexOf(types[index]!) < index ? [duplicate(`${path}[${index}].type`, types[index])] : []),
    ...validateCondition(`${path}[${index}]`, condition),
  ])
}

function validateCondition(path: string, condition: Partial<Condition>): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, message = '' } = condition
  const errors = validateLabelName(`${path}.type`, type)
  if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses))
  if (observedGeneration < 0) {
    errors.push(invalid(`${path}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'))
  }
  if (!lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`))
  errors.push(...validateReason(`${path}.reason`, condition.reason ?? ''))
  return byteLength(message) > limits.messageBytes
    ? [...errors, tooLong(`${path}.message`, limits.messageBytes)]
    : errors
}

function validateReason(path: string, reason: string): FieldError[] {
  if (reason === '') return [required(path)]
  const errors: FieldError[] = []
  if (!new RegExp(`^${reasonPattern}$`).test(reason)) {
    const examples = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB']
    errors.push(invalid(path, reason, regexError(reasonRule, reasonPattern, ...examples)))
  }
  return byteLength(reason) > limits.reasonBytes ? [...errors, tooLong(path, limits.reasonBytes)] : errors
}
