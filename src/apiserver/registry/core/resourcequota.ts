/** Resource quotas. Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/. */
import { defaultResourceQuota } from '../../../api/defaults/core.ts'
import type { FieldError } from '../../../api/errors.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../../api/types/core/v1.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, messages, required } from '../validation/field.ts'
import { isStandardQuotaResource, validateQuotaResourceName, validateResourceAmount } from '../validation/resources.ts'

const scopes = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
])
const podComputeResources = new Set([
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
  'pods',
])
const opposites = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const
const existsOnly =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"

export const resourceQuotas: Strategy<ResourceQuota> = {
  resource: coreV1.resourceQuotas,
  default: defaultResourceQuota,
  prepareForCreate(quota) {
    quota.status = {}
  },
  prepareForUpdate(quota, old) {
    quota.status = old.status ?? {}
  },
  validateCreate: (quota) => validateSpec(quota.spec ?? {}),
  validateUpdate(quota, old) {
    const errors = validateSpec(quota.spec ?? {})
    const wanted = [...new Set(quota.spec?.scopes ?? [])].sort()
    const held = [...new Set(old.spec?.scopes ?? [])].sort()
    if (wanted.join() === held.join()) return errors
    return [...errors, invalid('spec.scopes', quota.spec?.scopes ?? null, messages.immutable)]
  },
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: ({ status }) => [
      ...validateAmounts('status.hard', status?.hard),
      ...validateAmounts('status.used', status?.used),
    ],
  },
}

function validateSpec(spec: ResourceQuotaSpec): FieldError[] {
  return [...validateAmounts('spec.hard', spec.hard), ...validateScopes(spec), ...validateSelector(spec)]
}

function validateAmounts(path: string, amounts: Record<string, string> | undefined): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, quantity]) => [
    ...validateQuotaResourceName(`${path}[${name}]`, name),
    ...validateResourceAmount(`${path}[${name}]`, name, quantity),
  ])
}

function validateScopes(spec: ResourceQuotaSpec): FieldError[] {
  const path = 'spec.scopes'
  const named = spec.scopes ?? []
  const errors: FieldError[] = []
  for (const scope of named) {
    if (!scopes.has(scope)) errors.push(invalid(path, named, 'unsupported scope'))
    for (const name of Object.keys(spec.hard ?? {}).sort()) {
      if (!isStandardQuotaResource(name) || fits(scope, name)) continue
      errors.push(invalid(path, named, 'unsupported scope applied to resource'))
    }
  }
  for (const pair of opposites) {
    if (pair.every((scope) => named.includes(scope))) errors.push(invalid(path, named, 'conflicting scopes'))
  }
  return errors
}

function fits(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods'
  if (scope === 'VolumeAttributesClass') return resource === 'persistentvolumeclaims' || resource === 'requests.storage'
  const podScopes = ['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity']
  return !podScopes.includes(scope) || podComputeResources.has(resource)
}

function validateSelector(spec: ResourceQuotaSpec): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions'
  const errors: FieldError[] = []
  for (const requirement of spec.scopeSelector?.matchExpressions ?? []) {
    const scope = requirement.scopeName ?? ''
    if (!scopes.has(scope)) errors.push(invalid(`${path}.scopeName`, scope, 'unsupported scope'))
    for (const name of Object.keys(spec.hard ?? {}).sort()) {
      if (!isStandardQuotaResource(name) || fits(scope, name)) continue
      errors.push(invalid(path, shownSelector(spec), 'unsupported scope applied to resource'))
    }
    errors.push(...validateOperator(path, requirement))
  }
  return errors
}

/** With upstream's names of the fields, which its message shows. */
function shownSelector({ scopeSelector }: ResourceQuotaSpec): object {
  const expressions = scopeSelector?.matchExpressions ?? []
  return {
    MatchExpressions: expressions.map(({ scopeName = '', operator = '', values }) => {
      return { ScopeName: scopeName, Operator: operator, Values: values?.length ? values : null }
    }),
  }
}

function validateOperator(path: string, requirement: ScopedResourceSelectorRequirement): FieldError[] {
  const { scopeName = '', operator = '', values = [] } = requirement
  const errors: FieldError[] = []
  if (
    scopeName !== 'PriorityClass' &&
    scopeName !== 'VolumeAttributesClass' &&
    scopes.has(scopeName) &&
    operator !== 'Exists'
  ) {
    errors.push(invalid(`${path}.operator`, operator, existsOnly))
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return errors
    const why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
    return [...errors, required(`${path}.values`, why)]
  }
  if (operator !== 'Exists' && operator !== 'DoesNotExist') {
    return [...errors, invalid(`${path}.operator`, operator, 'not a valid selector operator')]
  }
  if (values.length === 0) return errors
  const why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
  return [...errors, invalid(`${path}.values`, values, why)]
}
