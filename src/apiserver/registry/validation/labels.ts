/** Rules for labels, annotations and label selectors. Source: meta/v1 LabelSelector and the recorded messages. */

import type { FieldError } from '../../../api/errors.ts'
import { isLabelValue, isQualifiedName } from '../../../api/names.ts'
import type { LabelSelector } from '../../../api/types/meta/v1.ts'
import { forbidden, invalid, invalidEach, required, tooLong } from './field.ts'

const annotationBytesMax = 256 * 1024

type Labels = Record<string, string> | undefined

export function validateLabelName(path: string, name: string): FieldError[] {
  return invalidEach(path, name, isQualifiedName(name))
}

export function validateLabels(path: string, labels: Labels): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(labels ?? {})) {
    errors.push(...validateLabelName(path, key), ...invalidEach(path, value, isLabelValue(value)))
  }
  return errors
}

export function validateAnnotations(path: string, annotations: Labels): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    errors.push(...invalidEach(path, key, isQualifiedName(key.toLowerCase())))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (bytes > annotationBytesMax) errors.push(tooLong(path, annotationBytesMax))
  return errors
}

/** A missing selector is fine here: who needs one says so. */
export function validateLabelSelector(path: string, selector: LabelSelector | undefined): FieldError[] {
  if (!selector) return []
  const errors = validateLabels(`${path}.matchLabels`, selector.matchLabels)
  for (const [index, requirement] of (selector.matchExpressions ?? []).entries()) {
    errors.push(...validateRequirement(`${path}.matchExpressions[${index}]`, requirement))
  }
  return errors
}

function validateRequirement(
  path: string,
  { key = '', operator = '', values = [] }: { key?: string; operator?: string; values?: string[] },
): FieldError[] {
  const errors = validateSetOperator(path, operator, values) ?? [
    invalid(`${path}.operator`, operator, 'not a valid selector operator'),
  ]
  errors.push(...validateLabelName(`${path}.key`, key))
  for (const [index, value] of values.entries()) {
    errors.push(...invalidEach(`${path}.values[${index}]`, value, isLabelValue(value)))
  }
  return errors
}

/** As messages show it: without what JSON leaves out when empty. */
export function shownSelector(selector: LabelSelector | undefined): LabelSelector | null {
  if (!selector) return null
  const { matchLabels = {}, matchExpressions = [] } = selector
  const requirements = matchExpressions.map(({ key, operator, values = [] }) => ({
    key,
    operator,
    ...(values.length > 0 ? { values } : {}),
  }))
  return {
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(requirements.length > 0 ? { matchExpressions: requirements } : {}),
  }
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0
}

/** Whether the operator of a requirement goes with its values; undefined for an operator that label selectors lack. */
export function validateSetOperator(
  path: string,
  operator: string,
  values: readonly string[],
): FieldError[] | undefined {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return []
    return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return []
    return [forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
  }
  return undefined
}
