/** Rules of roles and of what binds them. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/. */

import { rbacGroup } from '../../../api/defaults/rbac.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain, isPathSegmentName } from '../../../api/names.ts'
import type { PolicyRule, RoleRef, Subject } from '../../../api/types/rbac/v1.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, invalidEach, notSupported, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'

export function validateRules(rules: readonly PolicyRule[], namespaced: boolean): FieldError[] {
  return rules.flatMap((rule, index) => validateRule(`rules[${index}]`, rule, namespaced))
}

function validateRule(path: string, rule: PolicyRule, namespaced: boolean): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule
  const errors = verbs.length === 0 ? [required(`${path}.verbs`, 'verbs must contain at least one value')] : []
  if (urls.length > 0) {
    const at = `${path}.nonResourceURLs`
    if (namespaced) {
      errors.push(invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs'))
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      errors.push(invalid(at, urls, 'rules cannot apply to both regular resources and non-resource URLs'))
    }
    return errors
  }
  if (apiGroups.length === 0) {
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
  }
  if (resources.length === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

export function validateSubjects(subjects: readonly Subject[], namespaced: boolean): FieldError[] {
  return subjects.flatMap((subject, index) => validateSubject(`subjects[${index}]`, subject, namespaced))
}

function validateSubject(path: string, subject: Subject, namespaced: boolean): FieldError[] {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject
  const errors = name === '' ? [required(`${path}.name`)] : []
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.push(...invalidEach(`${path}.name`, name, isDns1123Subdomain(name)))
    if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']))
    if (!namespaced && namespace === '') errors.push(required(`${path}.namespace`))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]))
  } else errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']))
  return errors
}

export function validateRoleRef(reference: RoleRef | undefined, kinds: readonly string[]): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = reference ?? {}
  const errors: FieldError[] = []
  if (apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]))
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds))
  if (name === '') return [...errors, required('roleRef.name')]
  return [...errors, ...invalidEach('roleRef.name', name, isPathSegmentName(name))]
}

/** Who may bind is checked against one role: the reference stays. */
export function validateRoleRefChange(reference: RoleRef | undefined, old: RoleRef | undefined): FieldError[] {
  if (semanticEqual(reference, old)) return []
  return [invalid('roleRef', goStruct('RoleRef', reference ?? {}), 'cannot change roleRef')]
}
