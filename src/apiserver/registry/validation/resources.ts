/**
 * Rules for resource names and amounts in containers, pods, quotas and limit ranges.
 * Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/, KEP-2837 and the recorded messages.
 */

import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isQualifiedName } from '../../../api/names.ts'
import { compareQuantities, milliValue, wholeValue } from '../../../api/quantity.ts'
import type { ResourceRequirements } from '../../../api/types/core/v1.ts'
import { duplicate, forbidden, invalid, invalidEach, messages, notFound, notSupported, required } from './field.ts'

type ResourceNameRule = (path: string, name: string) => FieldError[]

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage'])
const podLevelResources = ['cpu', 'memory']
const countedObjects = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
]
const serviceCounts = ['services.nodeports', 'services.loadbalancers']
const quotaAmounts = [
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]
const quotaNames = new Set([...quotaAmounts, ...countedObjects, ...serviceCounts])
const standardNames = new Set([...quotaNames, 'storage'])
const integerNames = new Set([...countedObjects, ...serviceCounts])

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-')
}

export function isStandardQuotaResource(name: string): boolean {
  return quotaNames.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-')
}

export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0
}

function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name)
}

export function validateResourceName(path: string, name: string): FieldError[] {
  const errors = invalidEach(path, name, isQualifiedName(name))
  if (errors.length > 0 || name.includes('/')) return errors
  const standard = standardNames.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-')
  return standard ? [] : [invalid(path, name, 'must be a standard resource type or fully qualified')]
}

export function validateContainerResourceName(path: string, name: string): FieldError[] {
  const errors = validateResourceName(path, name)
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !isHugePages(name)) {
      return [...errors, invalid(path, name, 'must be a standard resource for containers')]
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    return [...errors, invalid(path, name, "doesn't follow extended resource name standard")]
  }
  return errors
}

function validatePodResourceName(path: string, name: string): FieldError[] {
  const errors = validateResourceName(path, name)
  if (errors.length > 0 || podLevelResources.includes(name) || isHugePages(name)) return errors
  return [notSupported(path, name, podLevelResources)]
}

export function validateQuotaResourceName(path: string, name: string): FieldError[] {
  const errors = validateResourceName(path, name)
  if (name.includes('/') || isStandardQuotaResource(name)) return errors
  return [...errors, invalid(path, name, 'must be a standard resource for quota')]
}

export function nonNegativeQuantity(path: string, quantity: string): FieldError[] {
  return compareQuantities(quantity, '0') < 0 ? [invalid(path, quantity, messages.negative)] : []
}

export function positiveQuantity(path: string, quantity: string): FieldError[] {
  return compareQuantities(quantity, '0') <= 0 ? [invalid(path, quantity, messages.notPositive)] : []
}

export function validateResourceAmount(path: string, name: string, quantity: string): FieldError[] {
  const errors = nonNegativeQuantity(path, quantity)
  const integer = integerNames.has(name) || (!isNativeResource(name) && isExtendedResource(name))
  if (integer && milliValue(quantity) % 1000 !== 0) errors.push(invalid(path, quantity, 'must be an integer'))
  return errors
}

export function validateContainerResources(
  path: string,
  resources: ResourceRequirements | undefined,
  podClaimNames: ReadonlySet<string> = new Set(),
): FieldError[] {
  return validateRequirements(path, resources, validateContainerResourceName, podClaimNames)
}

export function validatePodResources(
  path: string,
  resources: ResourceRequirements,
  claimNames: ReadonlySet<string>,
): FieldError[] {
  const errors = resources.claims
    ? [forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level')]
    : []
  return [...errors, ...validateRequirements(path, resources, validatePodResourceName, claimNames)]
}

function validateRequirements(
  path: string,
  resources: ResourceRequirements | undefined,
  nameRule: ResourceNameRule,
  podClaimNames: ReadonlySet<string>,
): FieldError[] {
  const limits = resources?.limits ?? {}
  const requests = resources?.requests ?? {}
  const errors: FieldError[] = []
  for (const [name, quantity] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`
    errors.push(...nameRule(at, name), ...validateResourceAmount(at, name, quantity), ...hugePages(at, name, quantity))
  }
  for (const [name, quantity] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`
    errors.push(...nameRule(at, name), ...validateResourceAmount(at, name, quantity))
    errors.push(...requestAgainstLimit(path, name, quantity, limits[name]), ...hugePages(at, name, quantity))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'))
  }
  return [...errors, ...validateClaimNames(`${path}.claims`, resources?.claims ?? [], podClaimNames)]
}

function requestAgainstLimit(path: string, name: string, request: string, limit: string | undefined): FieldError[] {
  if (limit === undefined) {
    return isOvercommitAllowed(name)
      ? []
      : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')]
  }
  const order = compareQuantities(request, limit)
  if (order !== 0 && !isOvercommitAllowed(name)) {
    return [invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)]
  }
  return order > 0
    ? [invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : []
}

function hugePages(path: string, name: string, quantity: string): FieldError[] {
  if (!isHugePages(name)) return []
  const page = wholeValue(name.slice('hugepages-'.length))
  const amount = wholeValue(quantity)
  if (page > 0 && amount > 0 && amount % page === 0) return []
  return [invalid(path, quantity, `${quantity} is not positive integer multiple of ${name}`)]
}

function validateClaimNames(
  path: string,
  claims: readonly { name?: string; request?: string }[],
  podClaimNames: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name = '', request = '' }] of claims.entries()) {
    const at = `${path}[${index}]`
    if (name === '') {
      errors.push(required(at))
      continue
    }
    errors.push(...claimOverlap(at, name, request, seen))
    if (!podClaimNames.has(name)) errors.push(notFound(at, name, unknownClaim(podClaimNames)))
  }
  return errors
}

function claimOverlap(path: string, name: string, request: string, seen: Set<string>): FieldError[] {
  if (seen.has(name)) return [duplicate(path, name)]
  const key = request === '' ? name : `${name}/${request}`
  const errors = request === '' ? [] : invalidEach(`${path}.request`, request, isDns1123Label(request))
  if (seen.has(key)) errors.push(duplicate(path, key))
  else if (request === '' && [...seen].some((other) => other.startsWith(`${name}/`))) errors.push(duplicate(path, name))
  seen.add(key)
  return errors
}

function unknownClaim(podClaimNames: ReadonlySet<string>): string {
  const names = podClaimNames.size === 0 ? ' which is empty' : `: ${[...podClaimNames].sort().join(', ')}`
  return `must be one of the names in pod.spec.resourceClaims${names}`
}
