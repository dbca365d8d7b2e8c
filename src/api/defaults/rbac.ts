/** Defaults of role bindings. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/. */
import type { ClusterRoleBinding, RoleBinding } from '../types/rbac/v1.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

export function defaultRoleBinding(binding: RoleBinding | ClusterRoleBinding): void {
  binding.roleRef ??= { apiGroup: '', kind: '', name: '' }
  binding.roleRef.apiGroup ||= rbacGroup
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup
  }
}
