/**
 * Rules for node and pod affinity.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#affinity-and-anti-affinity, KEP-3633.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain, isLabelValue } from '../../../../api/names.ts'
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../../../../api/types/core/v1.ts'
import type { LabelSelector } from '../../../../api/types/meta/v1.ts'
import { forbidden, invalid, invalidEach, required } from '../../validation/field.ts'
import { validateLabelName, validateLabelSelector, validateSetOperator } from '../../validation/labels.ts'

const notAnOperator = 'not a valid selector operator'
const inBothSelectors = 'exists in both matchLabelKeys and labelSelector'

export function validateAffinity(path: string, affinity: Affinity | undefined): FieldError[] {
  return [
    ...validateNodeAffinity(`${path}.nodeAffinity`, affinity?.nodeAffinity),
    ...validatePodTerms(`${path}.podAffinity`, affinity?.podAffinity),
    ...validatePodTerms(`${path}.podAntiAffinity`, affinity?.podAntiAffinity),
  ]
}

function validateNodeAffinity(path: string, affinity: NodeAffinity | undefined): FieldError[] {
  const errors: FieldError[] = []
  const needed = affinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (needed) errors.push(...validateNodeSelector(`${path}.requiredDuringSchedulingIgnoredDuringExecution`, needed))
  for (const [index, term] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
    errors.push(...validateWeight(at, term.weight), ...validateTerm(`${at}.preference`, term.preference, false))
  }
  return errors
}

function validateWeight(path: string, weight: number | undefined): FieldError[] {
  const value = weight ?? 0
  return value < 1 || value > 100 ? [invalid(`${path}.weight`, value, 'must be in the range 1-100')] : []
}

export function validateNodeSelector(path: string, selector: NodeSelector): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? []
  const at = `${path}.nodeSelectorTerms`
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')]
  return terms.flatMap((term, index) => validateTerm(`${at}[${index}]`, term, true))
}

/** Preferred terms may name label values that no label can have; they only score. */
function validateTerm(path: string, term: NodeSelectorTerm | undefined, checkValues: boolean): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, requirement] of (term?.matchExpressions ?? []).entries()) {
    errors.push(...validateRequirement(`${path}.matchExpressions[${index}]`, requirement, checkValues))
  }
  for (const [index, requirement] of (term?.matchFields ?? []).entries()) {
    errors.push(...validateFieldRequirement(`${path}.matchFields[${index}]`, requirement))
  }
  return errors
}

function validateRequirement(path: string, requirement: NodeSelectorRequirement, checkValues: boolean): FieldError[] {
  const { key = '', operator = '', values = [] } = requirement
  const errors = validateSetOperator(path, operator, values) ?? validateComparison(path, operator, values)
  errors.push(...validateLabelName(`${path}.key`, key))
  if (!checkValues) return errors
  for (const [index, value] of values.entries()) {
    errors.push(...invalidEach(`${path}.values[${index}]`, value, isLabelValue(value)))
  }
  return errors
}

function validateComparison(path: string, operator: string, values: readonly string[]): FieldError[] {
  if (operator !== 'Gt' && operator !== 'Lt') return [invalid(`${path}.operator`, operator, notAnOperator)]
  if (values.length === 1) return []
  return [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
}

function validateFieldRequirement(path: string, requirement: NodeSelectorRequirement): FieldError[] {
  const { key = '', operator = '', values = [] } = requirement
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalid(`${path}.operator`, operator, notAnOperator))
  else if (values.length !== 1) {
    const why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.push(required(`${path}.values`, why))
  }
  if (key !== 'metadata.name') return [...errors, invalid(`${path}.key`, key, 'not a valid field selector key')]
  for (const [index, value] of values.entries()) {
    errors.push(...invalidEach(`${path}.values[${index}]`, value, isDns1123Subdomain(value)))
  }
  return errors
}

function validatePodTerms(path: string, affinity: PodAffinity | undefined): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, term] of (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    errors.push(...validatePodTerm(`${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`, term))
  }
  for (const [index, term] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
    errors.push(
      ...validateWeight(at, term.weight),
      ...validatePodTerm(`${at}.podAffinityTerm`, term.podAffinityTerm ?? {}),
    )
  }
  return errors
}

function validatePodTerm(path: string, term: Partial<PodAffinityTerm>): FieldError[] {
  const errors = [
    ...validateLabelSelector(`${path}.labelSelector`, term.labelSelector),
    ...validateLabelSelector(`${path}.namespaceSelector`, term.namespaceSelector),
  ]
  for (const name of term.namespaces ?? []) errors.push(...invalidEach(`${path}.namespace`, name, isDns1123Label(name)))
  errors.push(...validateLabelKeys(path, term))
  const topologyKey = term.topologyKey ?? ''
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'))
  return [...errors, ...validateLabelName(`${path}.topologyKey`, topologyKey)]
}

function validateLabelKeys(path: string, term: Partial<PodAffinityTerm>): FieldError[] {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = term
  const errors = [
    ...validateKeyList(`${path}.matchLabelKeys`, matchLabelKeys, labelSelector),
    ...validateKeyList(`${path}.mismatchLabelKeys`, mismatchLabelKeys, labelSelector),
  ]
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.indexOf(key)
    if (index >= 0 && seen.has(key)) errors.push(invalid(`${path}[${index}]`, key, inBothSelectors))
    seen.add(key)
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue
    errors.push(invalid(`${path}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'))
  }
  return errors
}

function validateKeyList(path: string, keys: readonly string[], selector: LabelSelector | undefined): FieldError[] {
  if (keys.length === 0) return []
  if (!selector) return [forbidden(path, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, index) => validateLabelName(`${path}[${index}]`, key))
}

/** The same for topology spread, where the selector may not name a key twice. */
export function validateSpreadKeys(
  path: string,
  keys: readonly string[],
  selector: LabelSelector | undefined,
): FieldError[] {
  if (keys.length === 0) return []
  if (!selector) return [forbidden(path, 'must not be specified when labelSelector is not set')]
  const errors: FieldError[] = []
  const selected = new Set(Object.keys(selector.matchLabels ?? {}))
  for (const { key } of selector.matchExpressions ?? []) selected.add(key)
  for (const [index, key] of keys.entries()) {
    errors.push(...validateLabelName(`${path}[${index}]`, key))
    if (selected.has(key)) errors.push(invalid(`${path}[${index}]`, key, inBothSelectors))
  }
  return errors
}
