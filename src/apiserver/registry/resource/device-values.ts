/**
 * Values that slices, claims and classes of devices share: names of drivers, pools and attributes, taints, opaque
 * parameters. Source: kubernetes `pkg/apis/resource/validation`, read as facts; KEP-4381 (structured parameters).
 */
import type { FieldError } from '../../../api/errors.ts'
import { isCIdentifier, isDns1123Label, isDns1123Subdomain, isLabelValue } from '../../../api/names.ts'
import type { DeviceConfiguration, DeviceTaint, DeviceToleration } from '../../../api/types/resource/v1.ts'
import {
  byteLength,
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../validation/field.ts'
import { validateLabelName } from '../validation/labels.ts'

const limits = { domainBytes: 63, idBytes: 32, poolNameBytes: 253, parametersBytes: 10 * 1024, bindingConditions: 4 }
export const taintEffects = ['NoExecute', 'NoSchedule', 'None']
const tolerationOperators = ['Equal', 'Exists']

export interface ListRules<T> {
  max?: number
  each(path: string, item: T): FieldError[]
  /** Items with the same key are duplicates. */
  key?(item: T): string
}

/** A list that is too long is not looked into. */
export function validateList<T>(path: string, items: readonly T[], { max, each, key }: ListRules<T>): FieldError[] {
  if (max !== undefined && items.length > max) return [tooMany(path, items.length, max)]
  const errors = items.flatMap((item, index) => each(`${path}[${index}]`, item))
  if (!key) return errors
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const own = key(item)
    if (seen.has(own)) errors.push(duplicate(`${path}[${index}]`, own))
    seen.add(own)
  }
  return errors
}

export function validateMap<T>(
  path: string,
  entries: Readonly<Record<string, T>>,
  rules: {
    max?: number
    key(path: string, key: string): FieldError[]
    each?(path: string, item: T): FieldError[]
  },
): FieldError[] {
  const keys = Object.keys(entries)
  if (rules.max !== undefined && keys.length > rules.max) return [tooMany(path, keys.length, rules.max)]
  return keys.flatMap((key) => [...rules.key(path, key), ...(rules.each?.(`${path}[${key}]`, entries[key] as T) ?? [])])
}

export function validateLabelNamed(path: string, name: string): FieldError[] {
  return invalidEach(path, name, isDns1123Label(name))
}

export function validateDriver(path: string, driver: string): FieldError[] {
  if (driver === '') return [required(path)]
  const errors = byteLength(driver) > limits.domainBytes ? [tooLong(path, limits.domainBytes)] : []
  const lower = driver.toLowerCase()
  return [
    ...errors,
    ...invalidEach(path, lower, isDns1123Subdomain(lower)).map((error) => ({ ...error, value: driver })),
  ]
}

/** Subdomains joined by slashes. */
export function validatePoolName(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors = byteLength(name) > limits.poolNameBytes ? [tooLong(path, limits.poolNameBytes)] : []
  return [...errors, ...name.split('/').flatMap((part) => invalidEach(path, part, isDns1123Subdomain(part)))]
}

/** `domain/name`; in a device's own attributes the domain may be left out. More than one slash is let pass. */
export function validateAttributeName(path: string, name: string): FieldError[] {
  const [first = '', second, ...more] = name.split('/')
  if (second === undefined) return validateIdentifier(path, first)
  if (more.length > 0) return []
  return [
    ...(first === '' ? [invalid(path, '', 'the domain must not be empty')] : validateDriver(path, first)),
    ...(second === '' ? [invalid(path, '', 'the name must not be empty')] : validateIdentifier(path, second)),
  ]
}

export function validateQualifiedAttribute(path: string, name: string): FieldError[] {
  const errors = validateAttributeName(path, name)
  if (name.includes('/')) return errors
  return [...errors, invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')]
}

function validateIdentifier(path: string, id: string): FieldError[] {
  const errors = byteLength(id) > limits.idBytes ? [tooLong(path, limits.idBytes)] : []
  return [...errors, ...invalidEach(path, id, isCIdentifier(id))]
}

export function validateConfiguration(path: string, { opaque }: DeviceConfiguration): FieldError[] {
  if (!opaque) return [required(`${path}.opaque`)]
  return [
    ...validateDriver(`${path}.opaque.driver`, opaque.driver ?? ''),
    ...validateRaw(`${path}.opaque.parameters`, opaque.parameters, limits.parametersBytes),
  ]
}

/** An object whose meaning only a driver knows. */
export function validateRaw(path: string, value: unknown, bytesMax: number): FieldError[] {
  if (value === undefined || value === null) return [required(path)]
  if (byteLength(JSON.stringify(value)) > bytesMax) return [tooLong(path, bytesMax)]
  if (typeof value === 'object' && !Array.isArray(value)) return []
  return [invalid(path, '<value omitted>', 'must be a valid JSON object')]
}

export function validateTaint(path: string, { key = '', value = '', effect = '' }: Partial<DeviceTaint>): FieldError[] {
  const errors = validateLabelName(`${path}.key`, key)
  if (value !== '') errors.push(...invalidEach(`${path}.value`, value, isLabelValue(value)))
  if (effect === '') return [...errors, required(`${path}.effect`)]
  return taintEffects.includes(effect) ? errors : [...errors, notSupported(`${path}.effect`, effect, taintEffects)]
}

export function validateToleration(path: string, toleration: DeviceToleration): FieldError[] {
  const { key = '', operator = '', value = '', effect = '' } = toleration
  const errors = key === '' ? [] : validateLabelName(`${path}.key`, key)
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(`${path}.value`, value, 'must be empty for operator `Exists`'))
  } else if (operator === 'Equal') errors.push(...invalidEach(`${path}.value`, value, isLabelValue(value)))
  else if (operator === '') errors.push(required(`${path}.operator`))
  else errors.push(notSupported(`${path}.operator`, operator, tolerationOperators))
  if (effect === '' || taintEffects.includes(effect)) return errors
  return [...errors, notSupported(`${path}.effect`, effect, taintEffects)]
}

/** What must be, and what may not be true before a pod is bound: both or neither, apart from each other. */
export function validateBindingConditions(
  path: string,
  { bindingConditions: wanted, bindingFailureConditions: failures }: BindingConditions,
): FieldError[] {
  const [at, atFailures] = [`${path}.bindingConditions`, `${path}.bindingFailureConditions`]
  const rules = { max: limits.bindingConditions, each: validateLabelName }
  const errors = [...validateList(at, wanted ?? [], rules), ...validateList(atFailures, failures ?? [], rules)]
  for (const [index, condition] of (wanted ?? []).entries()) {
    if (wanted?.indexOf(condition) !== index) errors.push(duplicate(`${at}[${index}]`, condition))
  }
  for (const [index, condition] of (failures ?? []).entries()) {
    if (failures?.indexOf(condition) !== index) errors.push(duplicate(`${atFailures}[${index}]`, condition))
    if (!wanted?.includes(condition)) continue
    const why = 'bindingFailureConditions must not overlap with bindingConditions'
    errors.push(invalid(`${atFailures}[${index}]`, condition, why))
  }
  if (!wanted?.length && failures?.length) {
    errors.push(invalid(at, wanted ?? null, 'bindingConditions are required to use bindingFailureConditions'))
  }
  if (wanted?.length && !failures?.length) {
    errors.push(invalid(atFailures, failures ?? null, 'bindingFailureConditions are required to use bindingConditions'))
  }
  return errors
}

interface BindingConditions {
  bindingConditions?: string[]
  bindingFailureConditions?: string[]
}
