/**
 * Rules for where a pod may run: tolerations, spread constraints, gates, and DNS settings beside them.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Subdomain, isLabelValue, isQualifiedName, regexError } from '../../../../api/names.ts'
import type { PodSpec, Toleration, TopologySpreadConstraint } from '../../../../api/types/core/v1.ts'
import { isIp } from '../../validation/addresses.ts'
import {
  duplicate,
  invalid,
  invalidEach,
  messages,
  notSupported,
  optionalOneOf,
  required,
} from '../../validation/field.ts'
import { int64Problem, isDecimalInteger } from '../../validation/integers.ts'
import { validateLabelName, validateLabelSelector } from '../../validation/labels.ts'
import { validateSpreadKeys } from './affinity.ts'
import { nothingMore, type PodAllowances } from './allowances.ts'

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
/** Refused unless the gate TaintTolerationComparisonOperators is open. */
const comparing = ['Lt', 'Gt']
const dnsLimits = { nameservers: 3, searches: 32, searchChars: 2048 }

export function validateTaintEffect(path: string, effect: string): FieldError[] {
  return taintEffects.includes(effect) ? [] : [notSupported(path, effect, taintEffects)]
}

export function validateTolerations(
  path: string,
  tolerations: readonly Toleration[],
  allowed: PodAllowances = nothingMore,
): FieldError[] {
  return tolerations.flatMap((toleration, index) => validateToleration(`${path}[${index}]`, toleration, allowed))
}

function validateToleration(path: string, toleration: Toleration, { comparisons }: PodAllowances): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
  const errors = key === '' ? [] : validateLabelName(`${path}.key`, key)
  if (key === '' && operator !== 'Exists') {
    const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.push(invalid(`${path}.operator`, operator, why))
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  }
  if (comparisons && comparing.includes(operator)) errors.push(...validateBound(`${path}.value`, value))
  else errors.push(...validateTolerationValue(`${path}.operator`, operator, value))
  if (effect !== '') errors.push(...validateTaintEffect(`${path}.effect`, effect))
  return errors
}

function validateTolerationValue(path: string, operator: string, value: string): FieldError[] {
  if (operator === 'Exists') {
    return value === '' ? [] : [invalid(path, value, "value must be empty when `operator` is 'Exists'")]
  }
  if (comparing.includes(operator)) return [notSupported(path, operator, ['Equal', 'Exists', ...comparing])]
  if (operator !== '' && operator !== 'Equal') return [notSupported(path, operator, ['Equal', 'Exists'])]
  const wrong = isLabelValue(value)
  return wrong.length === 0 ? [] : [invalid(path, value, wrong.join(';'))]
}

/** A whole number of 64 bits, as people write one. */
function validateBound(path: string, value: string): FieldError[] {
  const errors = invalidEach(path, value, isDecimalInteger(value))
  const problem = int64Problem(value)
  return problem ? [...errors, invalid(path, value, problem)] : errors
}

export function validateSpread(path: string, constraints: readonly TopologySpreadConstraint[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, constraint] of constraints.entries()) {
    errors.push(...validateSpreadConstraint(`${path}[${index}]`, constraint, constraints.slice(index + 1)))
  }
  return errors
}

function validateSpreadConstraint(
  path: string,
  constraint: TopologySpreadConstraint,
  later: readonly TopologySpreadConstraint[],
): FieldError[] {
  const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint
  const errors: FieldError[] = []
  if (maxSkew <= 0) errors.push(invalid(`${path}.maxSkew`, maxSkew, messages.notPositive))
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'))
  errors.push(...optionalOneOf(`${path}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']))
  if (later.some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)) {
    errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`))
  }
  if (minDomains !== undefined && minDomains <= 0)
    errors.push(invalid(`${path}.minDomains`, minDomains, messages.notPositive))
  if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
    const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
    errors.push(invalid(`${path}.minDomains`, minDomains, why))
  }
  errors.push(...optionalOneOf(`${path}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy, ['Honor', 'Ignore']))
  errors.push(...optionalOneOf(`${path}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy, ['Honor', 'Ignore']))
  errors.push(
    ...validateSpreadKeys(`${path}.matchLabelKeys`, constraint.matchLabelKeys ?? [], constraint.labelSelector),
  )
  return [...errors, ...validateLabelSelector(`${path}.labelSelector`, constraint.labelSelector)]
}

export function validateGates(path: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, gate] of (spec.readinessGates ?? []).entries()) {
    const type = gate.conditionType ?? ''
    errors.push(...invalidEach(`${path}.readinessGates[${index}].conditionType`, type, isQualifiedName(type)))
  }
  const seen = new Set<string>()
  for (const [index, { name = '' }] of (spec.schedulingGates ?? []).entries()) {
    const at = `${path}.schedulingGates[${index}]`
    errors.push(...invalidEach(at, name, isQualifiedName(name)))
    if (seen.has(name)) errors.push(duplicate(at, name))
    seen.add(name)
  }
  return errors
}

export function validateDns(path: string, spec: PodSpec): FieldError[] {
  const config = spec.dnsConfig
  if (spec.dnsPolicy === 'None') {
    if (!config) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if ((config.nameservers ?? []).length === 0) {
      return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
    }
  }
  const nameservers = config?.nameservers ?? []
  const errors: FieldError[] = []
  if (nameservers.length > dnsLimits.nameservers) {
    errors.push(
      invalid(`${path}.nameservers`, nameservers, `must not have more than ${dnsLimits.nameservers} nameservers`),
    )
  }
  for (const [index, server] of nameservers.entries()) {
    errors.push(...invalidEach(`${path}.nameservers[${index}]`, server, isIp(server)))
  }
  errors.push(...validateSearches(`${path}.searches`, config?.searches ?? []))
  for (const [index, option] of (config?.options ?? []).entries()) {
    if (!option.name) errors.push(required(`${path}.options[${index}]`, 'must not be empty'))
  }
  return errors
}

function validateSearches(path: string, searches: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  if (searches.length > dnsLimits.searches) {
    errors.push(invalid(path, searches, `must not have more than ${dnsLimits.searches} search paths`))
  }
  if (searches.join(' ').length > dnsLimits.searchChars) {
    const why = `must not have more than ${dnsLimits.searchChars} characters (including spaces) in the search list`
    errors.push(invalid(path, searches, why))
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue
    const name = search.replace(/\.$/, '')
    errors.push(...invalidEach(`${path}[${index}]`, name, searchErrors(name)))
  }
  return errors
}

/** Search paths may hold underscores (KEP-4427). */
function searchErrors(name: string): string[] {
  if (isDns1123Subdomain(name).length === 0) return []
  const label = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
  const format = `${label}(\\.${label})*`
  const errors = name.length > 253 ? ['must be no more than 253 characters'] : []
  if (!new RegExp(`^${format}$`).test(name)) {
    const why =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character"
    errors.push(regexError(why, format, 'example.com'))
  }
  return errors
}
