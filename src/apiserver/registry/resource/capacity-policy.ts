/** Which amounts of a device's capacity may be asked for. Source: kubernetes `pkg/apis/resource/validation`, read as facts; KEP-5075. */
import type { FieldError } from '../../../api/errors.ts'
import { addQuantities, compareQuantities, wholeValue } from '../../../api/quantity.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../../../api/types/resource/v1.ts'
import { forbidden, invalid, messages, required } from '../validation/field.ts'
import { validateList } from './device-values.ts'

const optionsMax = 10

export function validateRequestPolicy(path: string, policy: CapacityRequestPolicy, capacity: string): FieldError[] {
  const { validValues = [], validRange, default: preset } = policy
  if (validValues.length > 0 && validRange) {
    const why = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
    return [forbidden(path, why)]
  }
  const kind = validValues.length > 0 ? 'validValues' : validRange ? 'validRange' : undefined
  if (kind === undefined) return []
  if (preset === undefined) return [required(`${path}.default`, `required when ${kind} is defined`)]
  const at = `${path}.${kind}`
  if (validRange) return validateRange(at, validRange, { preset, capacity })
  return validateValues(at, validValues, { preset, capacity })
}

interface Amounts {
  preset: string
  capacity: string
}

function isAbove(amount: string, other: string): boolean {
  return compareQuantities(amount, other) > 0
}

function validateValues(path: string, values: readonly string[], { preset, capacity }: Amounts): FieldError[] {
  const errors = values.flatMap((value, index) => {
    const before = values[index - 1]
    return before !== undefined && isAbove(before, value)
      ? [invalid(`${path}[${index}]`, value, 'values must be sorted in ascending order')]
      : []
  })
  const each = (at: string, value: string) =>
    isAbove(value, capacity) ? [invalid(at, value, `option is larger than capacity value: ${capacity}`)] : []
  errors.push(...validateList(path, values, { max: optionsMax, each, key: (value) => String(wholeValue(value)) }))
  const isOption = values.length <= optionsMax && values.some((value) => compareQuantities(value, preset) === 0)
  return isOption
    ? errors
    : [...errors, invalid(path, preset, 'default value is not valid according to the requestPolicy')]
}

function validateRange(path: string, range: CapacityRequestPolicyRange, amounts: Amounts): FieldError[] {
  const { min, max } = range
  const { preset, capacity } = amounts
  if (min === undefined) return [required(`${path}.min`, 'required when validRange is defined')]
  const errors: FieldError[] = []
  if (isAbove(min, capacity)) errors.push(invalid(`${path}.min`, min, `min is larger than capacity value: ${capacity}`))
  if (isAbove(min, preset)) errors.push(invalid(`${path}.default`, preset, `default is less than min: ${min}`))
  if (max !== undefined) {
    const at = `${path}.max`
    if (isAbove(min, max)) errors.push(invalid(at, min, `min is larger than max: ${max}`))
    if (isAbove(max, capacity)) errors.push(invalid(at, max, `max is larger than capacity value: ${capacity}`))
    if (isAbove(preset, max)) errors.push(invalid(at, preset, `default is more than max: ${max}`))
  }
  return [...errors, ...validateStep(`${path}.step`, range, amounts)]
}

function validateStep(path: string, range: CapacityRequestPolicyRange, { preset, capacity }: Amounts): FieldError[] {
  const { min, max, step } = range
  if (step === undefined) return []
  if (compareQuantities(step, '0') <= 0) return [invalid(path, step, messages.notPositive)]
  const errors: FieldError[] = []
  const first = addQuantities(min, step)
  if (isAbove(first, capacity)) {
    errors.push(invalid(path, step, `one step ${first} is larger than capacity value: ${capacity}`))
  }
  for (const value of [preset, max]) {
    if (value === undefined || (wholeValue(value) - wholeValue(min)) % wholeValue(step) === 0) continue
    errors.push(invalid(path, value, `value is not a multiple of a given step (${step}) from (${min})`))
  }
  return errors
}
