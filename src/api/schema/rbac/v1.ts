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
    AggregationRule: `Which cluster roles make up another.
      clusterRoleSelectors 1 []LabelSelector atomic | Cluster roles that one of these selects.`,
    ClusterRole: `[kind] Rights, in every namespace or beyond namespaces.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      rules 2 []PolicyRule always atomic | The rights.
      aggregationRule 3 *AggregationRule | The rules are gathered from other cluster roles.`,
    ClusterRoleBinding: `[kind] Gives a cluster role to subjects, everywhere.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      subjects 2 []Subject atomic | Who gets it.
      roleRef 3 RoleRef! | The role; cannot change.`,
    PolicyRule: `Verbs on resources or on paths.
      verbs 1 []string! atomic | What may be done; * is everything.
      apiGroups 2 []string atomic | Groups of the resources; * is all.
      resources 3 []string atomic | Resources, as pods or pods/log; * is all.
      resourceNames 4 []string atomic | Only objects of these names.
      nonResourceURLs 5 []string atomic | Paths, with * at the end for all below; in cluster roles only.`,
    Role: `[kind] Rights in one namespace.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      rules 2 []PolicyRule always atomic | The rights.`,
    RoleBinding: `[kind] Gives a role to subjects in one namespace.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      subjects 2 []Subject atomic | Who gets it.
      roleRef 3 RoleRef! | The Role or ClusterRole; cannot change.`,
    RoleRef: `[atomic] Names a role.
      apiGroup 1 string always | rbac.authorization.k8s.io.
      kind 2 string! | Role or ClusterRole.
      name 3 string! | Its name.`,
    Subject: `[atomic] Someone who gets a role.
      kind 1 string! | User, Group or ServiceAccount.
      apiGroup 2 string | rbac.authorization.k8s.io, or empty for service accounts.
      name 3 string! | Its name.
      namespace 4 string | Namespace of a service account.`,
  },
}
