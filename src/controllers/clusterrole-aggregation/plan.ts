/** The rules of an aggregated ClusterRole: those of all roles that its selectors choose (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles). */
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { ClusterRole, PolicyRule } from '../../api/types/rbac/v1.ts'

/** Undefined when the role is not aggregated or already has the rules. Roles count in the order of their names, rules once. */
export function planAggregation(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors
  if (!selectors) return undefined
  const ordered = [...roles].sort((left, right) => ((left.metadata.name ?? '') < (right.metadata.name ?? '') ? -1 : 1))
  const rules = new Map<string, PolicyRule>()
  for (const selector of selectors) {
    for (const source of ordered) {
      if (source.metadata.name === role.metadata.name || !matchesLabelSelector(selector, source.metadata.labels))
        continue
      for (const rule of source.rules ?? []) rules.set(textOf(rule), rule)
    }
  }
  const present = (role.rules ?? []).map(textOf)
  return present.join('\n') === [...rules.keys()].join('\n') ? undefined : [...rules.values()]
}

function textOf({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): string {
  return JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs])
}
