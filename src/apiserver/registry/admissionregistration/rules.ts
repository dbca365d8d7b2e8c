/** Rules that say which requests a webhook or policy sees. Source: admissionregistration/v1 RuleWithOperations. */
import type { FieldError } from '../../../api/errors.ts'
import type { RuleWithOperations } from '../../../api/types/admissionregistration/v1.ts'
import { invalid, notSupported, required } from '../validation/field.ts'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']

export function defaultRule(rule: RuleWithOperations): void {
  rule.scope ??= '*'
}

export function validateRule(path: string, rule: RuleWithOperations): FieldError[] {
  const { operations: wanted = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule
  const errors = wanted.length === 0 ? [required(`${path}.operations`)] : []
  errors.push(...starAlone(`${path}.operations`, wanted, 'operations'))
  for (const [index, operation] of wanted.entries()) {
    if (!operations.includes(operation))
      errors.push(notSupported(`${path}.operations[${index}]`, operation, operations))
  }
  if (apiGroups.length === 0) errors.push(required(`${path}.apiGroups`))
  errors.push(...starAlone(`${path}.apiGroups`, apiGroups, 'API groups'))
  if (apiVersions.length === 0) errors.push(required(`${path}.apiVersions`))
  errors.push(
    ...starAlone(`${path}.apiVersions`, apiVersions, 'API versions'),
    ...noneEmpty(`${path}.apiVersions`, apiVersions),
  )
  if (resources.length === 0) errors.push(required(`${path}.resources`))
  errors.push(...validateResources(`${path}.resources`, resources))
  if (scope !== undefined && !scopes.includes(scope)) errors.push(notSupported(`${path}.scope`, scope, scopes))
  return errors
}

function starAlone(path: string, values: readonly string[], noun: string): FieldError[] {
  if (values.length < 2 || !values.includes('*')) return []
  return [invalid(path, values, `if '*' is present, must not specify other ${noun}`)]
}

function noneEmpty(path: string, values: readonly string[]): FieldError[] {
  return values.flatMap((value, index) => (value === '' ? [required(`${path}[${index}]`)] : []))
}

/** `pods`, `pods/*`, `*` and `*\/scale` may not say the same twice. */
function validateResources(path: string, resources: readonly string[]): FieldError[] {
  const errors = noneEmpty(path, resources)
  if (resources.includes('*') && resources.some((resource) => !resource.includes('/') && resource !== '*')) {
    errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"))
  }
  if (resources.includes('*/*') && resources.length > 1) {
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
    return errors
  }
  for (const [index, resource] of resources.entries()) {
    const [parent = '', sub] = resource.split('/')
    if (sub === undefined || sub === '') continue
    if (sub !== '*' && resources.includes(`${parent}/*`)) {
      errors.push(invalid(`${path}[${index}]`, resource, `if '${parent}/*' is present, must not specify ${resource}`))
    }
    if (parent !== '*' && resources.includes(`*/${sub}`)) {
      errors.push(invalid(`${path}[${index}]`, resource, `if '*/${sub}' is present, must not specify ${resource}`))
    }
  }
  return errors
}
