/** Keeps aggregated ClusterRoles (`admin`, `edit`, `view` and those of others) in step with the roles they are made of. */
import { rbacV1 } from '../../api/resources.ts'
import type { ClusterRole, PolicyRule } from '../../api/types/rbac/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { planAggregation } from './plan.ts'

export function clusterRoleAggregationController(parts: ControllerParts): Controller {
  const roles = parts.informers.of(rbacV1.clusterRoles)
  roles.addIndex('aggregated', ({ aggregationRule }) => (aggregationRule ? ['yes'] : []))
  return {
    name: 'clusterrole-aggregation-controller',
    // Any role may be chosen by any selector, by labels it has now or had before.
    sources: [source(roles, () => roles.byIndex('aggregated', 'yes').map(({ metadata }) => metadata.name ?? ''))],
    async reconcile(name) {
      const role = roles.get(name)
      const rules = role && planAggregation(role, roles.list())
      if (rules) await applyRules(parts, role, rules)
      return done
    },
  }
}

/** Applied by a manager of its own, so that the rules are known to be nobody else's; the uid keeps a deleted role deleted. */
async function applyRules({ client }: ControllerParts, { metadata }: ClusterRole, rules: PolicyRule[]): Promise<void> {
  const { name = '', uid } = metadata
  const patch = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, ...(uid ? { uid } : {}) },
    ...(rules.length === 0 ? {} : { rules }),
  }
  const options = { fieldManager: 'clusterrole-aggregation-controller' }
  await client.of(rbacV1.clusterRoles).patch(name, { type: 'apply', patch, force: true }, options)
}
