/** rbac.authorization.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const rbacV1Schema: GroupVersionSchema = {
  key: 'rbac/v1',
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.rbac.v1',
  served: true,
  resources: `
    clusterrolebindings clusterrolebinding ClusterRoleBinding cluster: all
    clusterroles clusterrole ClusterRole cluster: all
    rolebindings rolebinding RoleBinding namespaced: all
    roles role Role namespaced: all`,
  columns: `
    clusterrolebindings: Name/name, Role, Age, Users*, Groups*, ServiceAccounts*
    clusterroles: Name/name, Created At:date
    rolebindings: Name/name, Role, Age, Users*, Groups*, ServiceAccounts*
    roles: Name/name, Created At:date`,
  types: {
    AggregationRule: `
      clusterRoleSelectors 1 []LabelSelector atomic`,
    ClusterRole: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      rules 2 []PolicyRule always atomic
      aggregationRule 3 *AggregationRule`,
    ClusterRoleBinding: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      subjects 2 []Subject atomic
      roleRef 3 RoleRef!`,
    PolicyRule: `
      verbs 1 []string! atomic
      apiGroups 2 []string atomic
      resources 3 []string atomic
      resourceNames 4 []string atomic
      nonResourceURLs 5 []string atomic`,
    Role: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      rules 2 []PolicyRule always atomic`,
    RoleBinding: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      subjects 2 []Subject atomic
      roleRef 3 RoleRef!`,
    RoleRef: `[atomic]
      apiGroup 1 string always
      kind 2 string!
      name 3 string!`,
    Subject: `[atomic]
      kind 1 string!
      apiGroup 2 string
      name 3 string!
      namespace 4 string`,
  },
}
