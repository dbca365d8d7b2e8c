/** Roles and their bindings, of namespaces and of the cluster. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/. */
import { defaultRoleBinding } from '../../../api/defaults/rbac.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isPathSegmentName } from '../../../api/names.ts'
import { rbacV1 } from '../../../api/resources.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../../api/types/rbac/v1.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, required } from '../validation/field.ts'
import { validateLabelSelector } from '../validation/labels.ts'
import { validateRoleRef, validateRoleRefChange, validateRules, validateSubjects } from './rules.ts'

const validateName = (name: string) => isPathSegmentName(name)

export const roles: Strategy<Role> = {
  resource: rbacV1.roles,
  metadataOnUpdate: ['whole', 'changes'],
  validateName,
  validateCreate: (role) => validateRules(role.rules ?? [], true),
  validateUpdate: (role) => validateRules(role.rules ?? [], true),
  allowCreateOnUpdate: true,
}

export const clusterRoles: Strategy<ClusterRole> = {
  resource: rbacV1.clusterRoles,
  metadataOnUpdate: ['whole', 'changes'],
  validateName,
  validateCreate: validateClusterRole,
  validateUpdate: validateClusterRole,
  allowCreateOnUpdate: true,
}

function validateClusterRole(role: ClusterRole): FieldError[] {
  const errors = validateRules(role.rules ?? [], false)
  if (!role.aggregationRule) return errors
  const selectors = role.aggregationRule.clusterRoleSelectors ?? []
  const path = 'aggregationRule.clusterRoleSelectors'
  if (selectors.length === 0)
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  for (const [index, selector] of selectors.entries()) {
    const wrong = validateLabelSelector(`${path}[${index}]`, selector)
    errors.push(...wrong)
    if (wrong.length > 0) errors.push(invalid(`${path}[${index}]`, null, 'invalid label selector.'))
  }
  return errors
}

export const roleBindings: Strategy<RoleBinding> = {
  resource: rbacV1.roleBindings,
  metadataOnUpdate: ['whole', 'changes'],
  default: defaultRoleBinding,
  validateName,
  validateCreate: validateRoleBinding,
  validateUpdate: (binding, old) => [
    ...validateRoleBinding(binding),
    ...validateRoleRefChange(binding.roleRef, old.roleRef),
  ],
  allowCreateOnUpdate: true,
}

function validateRoleBinding(binding: RoleBinding): FieldError[] {
  const { roleRef, subjects = [] } = binding
  return [...validateRoleRef(roleRef, ['Role', 'ClusterRole']), ...validateSubjects(subjects, true)]
}

export const clusterRoleBindings: Strategy<ClusterRoleBinding> = {
  resource: rbacV1.clusterRoleBindings,
  metadataOnUpdate: ['whole', 'changes'],
  default: defaultRoleBinding,
  validateName,
  validateCreate: validateClusterRoleBinding,
  validateUpdate: (binding, old) => [
    ...validateClusterRoleBinding(binding),
    ...validateRoleRefChange(binding.roleRef, old.roleRef),
  ],
  allowCreateOnUpdate: true,
}

function validateClusterRoleBinding(binding: ClusterRoleBinding): FieldError[] {
  const { roleRef, subjects = [] } = binding
  return [...validateRoleRef(roleRef, ['ClusterRole']), ...validateSubjects(subjects, false)]
}
