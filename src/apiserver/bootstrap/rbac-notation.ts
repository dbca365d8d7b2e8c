/**
 * A short notation for roles and bindings, so that the default ones can be read and reviewed as a list.
 *
 *   edit is:aggregate-to-admin from:aggregate-to-edit     a role, its label, and what it is aggregated from
 *     get,list core,apps deployments,pods/log name,name   verbs, API groups, resources, and perhaps names
 *     get url /healthz,/metrics                           verbs and paths
 *
 *   binding role user:u group:g account:namespace/name    a binding, its role, its subjects
 *
 * A line that ends in `if:Gate` (or `if:Gate,Gate`) counts while these feature gates are open; a role goes with its rules.
 * Of a namespaced object the name is `namespace/name`.
 */

import type { ObjectMeta } from '../../api/types/meta/v1.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../api/types/rbac/v1.ts'
import type { Gates } from '../scheme/feature-gates.ts'

const group = 'rbac.authorization.k8s.io'

export function parseRoles(text: string, gates: Gates): (ClusterRole & Role)[] {
  const roles: (ClusterRole & Role)[] = []
  let left = false
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const { words, open } = gated(line, gates)
    if (!line.startsWith(' ')) {
      left = !open
      if (open) roles.push(parseHead(words))
    } else if (open && !left) roles.at(-1)?.rules?.push(parseRule(words.trim()))
  }
  return roles
}

export function parseBindings(
  text: string,
  roleKind: 'ClusterRole' | 'Role',
  gates: Gates,
): (ClusterRoleBinding & RoleBinding)[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const open = lines.map((line) => gated(line, gates)).filter((line) => line.open)
  return open.map(({ words: line }) => {
    const [name = '', role = '', ...subjects] = line.split(' ')
    const roleRef = { apiGroup: group, kind: roleKind, name: role }
    return { metadata: metadataOf(name), subjects: subjects.map(parseSubject), roleRef }
  })
}

function gated(line: string, gates: Gates): { words: string; open: boolean } {
  const [words = '', names] = line.split(' if:')
  return { words, open: names === undefined || names.split(',').every((name) => gates.get(name) === true) }
}

function parseHead(line: string): ClusterRole {
  const [name = '', ...marks] = line.split(' ')
  const metadata = metadataOf(name)
  const selectors: Record<string, string>[] = []
  for (const mark of marks) {
    const label = `${group}/${mark.slice(mark.indexOf(':') + 1)}`
    if (mark.startsWith('is:')) metadata.labels = { ...metadata.labels, [label]: 'true' }
    else selectors.push({ [label]: 'true' })
  }
  if (selectors.length === 0) return { metadata, rules: [] }
  return { metadata, aggregationRule: { clusterRoleSelectors: selectors.map((matchLabels) => ({ matchLabels })) } }
}

function parseRule(line: string): PolicyRule {
  const [verbs = '', groups = '', resources = '', names] = line.split(' ')
  if (groups === 'url') return { verbs: verbs.split(','), nonResourceURLs: resources.split(',') }
  const apiGroups = groups.split(',').map((name) => (name === 'core' ? '' : name))
  const rule: PolicyRule = { verbs: verbs.split(','), apiGroups, resources: resources.split(',') }
  if (names) rule.resourceNames = names.split(',')
  return rule
}

function parseSubject(text: string): Subject {
  const colon = text.indexOf(':')
  const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)]
  if (kind !== 'account') return { kind: kind === 'user' ? 'User' : 'Group', apiGroup: group, name }
  const [namespace = '', account = ''] = name.split('/')
  return { kind: 'ServiceAccount', name: account, namespace }
}

function metadataOf(name: string): ObjectMeta {
  const slash = name.indexOf('/')
  return slash < 0 ? { name } : { namespace: name.slice(0, slash), name: name.slice(slash + 1) }
}
