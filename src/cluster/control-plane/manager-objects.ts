/**
 * What the controllers of this process need besides the API server's own objects: a service account for each, so that
 * what it may do can be read and bounded by RBAC, and the role of the one that upstream does not have.
 */
import { keyOf } from '../../api/meta.ts'
import { coreV1, rbacV1 } from '../../api/resources.ts'
import { defaultRbac } from '../../apiserver/bootstrap/default-rbac.ts'
import type { Wanted } from '../../apiserver/bootstrap/ensure.ts'
import { parseBindings, parseRoles } from '../../apiserver/bootstrap/rbac-notation.ts'
import type { Gates } from '../../apiserver/scheme/feature-gates.ts'

const provisioner = 'k8ts:local-path-provisioner'
const role = `
${provisioner}
  create,delete,patch core persistentvolumes
  patch core persistentvolumeclaims
  delete core nodes/proxy
  create,patch,update core,events.k8s.io events
`
const binding = `${provisioner} ${provisioner} account:kube-system/local-path-provisioner`

/** Accounts of all controllers that have default rights under these gates. What is there already stays as it is. */
export function managerObjects(gates: Gates): Wanted[] {
  const [clusterRole] = parseRoles(role, gates)
  const bindings = parseBindings(binding, 'ClusterRole', gates)
  const accounts = new Map<string, Wanted>()
  const named = [...defaultRbac(gates).map(({ object }) => object), ...bindings]
  for (const { metadata, ...rest } of named) {
    const { subjects = [] } = rest as { subjects?: readonly { kind: string; name: string; namespace?: string }[] }
    if (!/^(system:controller|k8ts):/.test(metadata.name ?? '')) continue
    for (const { kind, name, namespace } of subjects) {
      if (kind !== 'ServiceAccount' || namespace !== 'kube-system') continue
      const object = { metadata: { name, namespace } }
      accounts.set(keyOf(object), { resource: coreV1.serviceAccounts, object })
    }
  }
  return [
    ...accounts.values(),
    ...(clusterRole ? [{ resource: rbacV1.clusterRoles, object: clusterRole }] : []),
    ...bindings.map((object) => ({ resource: rbacV1.clusterRoleBindings, object })),
  ]
}
