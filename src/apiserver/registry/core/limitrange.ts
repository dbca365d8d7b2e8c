/** Limit ranges. Source: https://kubernetes.io/docs/concepts/policy/limit-range/. */
import { defaultLimitRange } from '../../../api/defaults/core.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import { compareQuantities, milliValue } from '../../../api/quantity.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { LimitRange, LimitRangeItem } from '../../../api/types/core/v1.ts'
import type { Strategy } from '../strategy.ts'
import { duplicate, forbidden, invalid, invalidEach, required } from '../validation/field.ts'
import {
  isHugePages,
  isNativeResource,
  validateContainerResourceName,
  validateResourceName,
} from '../validation/resources.ts'

const types = new Set(['Pod', 'Container', 'PersistentVolumeClaim'])
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

export const limitRanges: Strategy<LimitRange> = {
  resource: coreV1.limitRanges,
  metadataOnUpdate: ['whole'],
  allowCreateOnUpdate: true,
  default: defaultLimitRange,
  prepareForCreate(range) {
    range.metadata.name ||= range.metadata.uid ?? ''
  },
  validateCreate: validateRange,
  validateUpdate: validateRange,
}

function validateRange(range: LimitRange): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, item] of (range.spec?.limits ?? []).entries()) {
    const path = `spec.limits[${index}]`
    const type = item.type ?? ''
    errors.push(...validateType(`${path}.type`, type))
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type))
    seen.add(type)
    errors.push(...validateItem(path, item, type))
  }
  return errors
}

function validateType(path: string, type: string): FieldError[] {
  const errors = invalidEach(path, type, isQualifiedName(type))
  if (errors.length > 0 || type.includes('/') || types.has(type)) return errors
  return [invalid(path, type, 'must be a standard limit type or fully qualified')]
}

function validateItem(path: string, item: LimitRangeItem, type: string): FieldError[] {
  const errors: FieldError[] = []
  const nameRule = type === 'Pod' || type === 'Container' ? validateContainerResourceName : validateResourceName
  const names = new Set<string>()
  for (const list of lists) {
    const amounts = Object.keys(item[list] ?? {})
    if (type === 'Pod' && (list === 'default' || list === 'defaultRequest')) {
      if (amounts.length > 0) errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"))
      continue
    }
    if (list === 'maxLimitRequestRatio') errors.push(...validateClaimLimits(path, item, type))
    for (const name of amounts) {
      errors.push(...nameRule(`${path}.${list}[${name}]`, name))
      names.add(name)
    }
  }
  for (const name of names) errors.push(...validateAmounts(path, name, item), ...validateRatio(path, name, item))
  return errors
}

function validateClaimLimits(path: string, item: LimitRangeItem, type: string): FieldError[] {
  if (type !== 'PersistentVolumeClaim' || item.min?.storage !== undefined || item.max?.storage !== undefined) return []
  return [required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided')]
}

function validateAmounts(path: string, name: string, item: LimitRangeItem): FieldError[] {
  const [min, max, limit, request] = [
    item.min?.[name],
    item.max?.[name],
    item.default?.[name],
    item.defaultRequest?.[name],
  ]
  const above = (left: string | undefined, right: string | undefined) =>
    left !== undefined && right !== undefined && compareQuantities(left, right) > 0
  const errors: FieldError[] = []
  if (above(min, max))
    errors.push(invalid(`${path}.min[${name}]`, min, `min value ${min} is greater than max value ${max}`))
  const atRequest = `${path}.defaultRequest[${name}]`
  if (above(min, request)) {
    errors.push(invalid(atRequest, request, `min value ${min} is greater than default request value ${request}`))
  }
  if (above(request, max)) {
    errors.push(invalid(atRequest, request, `default request value ${request} is greater than max value ${max}`))
  }
  if (above(request, limit)) {
    errors.push(
      invalid(atRequest, request, `default request value ${request} is greater than default limit value ${limit}`),
    )
  }
  const atLimit = `${path}.default[${name}]`
  if (above(min, limit)) errors.push(invalid(atLimit, min, `min value ${min} is greater than default value ${limit}`))
  if (above(limit, max)) errors.push(invalid(atLimit, max, `default value ${limit} is greater than max value ${max}`))
  const fixed = !isNativeResource(name) || isHugePages(name)
  if (fixed && limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0) {
    errors.push(
      invalid(atRequest, request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`),
    )
  }
  return errors
}

function validateRatio(path: string, name: string, item: LimitRangeItem): FieldError[] {
  const ratio = item.maxLimitRequestRatio?.[name]
  if (ratio === undefined) return []
  const at = `${path}.maxLimitRequestRatio[${name}]`
  const errors: FieldError[] = []
  if (compareQuantities(ratio, '1') < 0) errors.push(invalid(at, ratio, `ratio ${ratio} is less than 1`))
  const [min, max] = [item.min?.[name], item.max?.[name]]
  if (min === undefined || max === undefined) return errors
  const most = milliValue(max) / milliValue(min)
  if (milliValue(ratio) / 1000 <= most) return errors
  return [...errors, invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)]
}
