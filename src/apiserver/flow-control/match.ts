/**
 * Which flow a request belongs to: the schema with the smallest precedence that has a rule for it, and what tells the
 * flows of that schema apart. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#flowschema
 */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../api/types/flowcontrol/v1.ts'
import type { RequestInfo, UserInfo } from '../request.ts'

/** In the order in which they are asked. */
export function ordered(schemas: Iterable<FlowSchema>): FlowSchema[] {
  const precedence = ({ spec }: FlowSchema) => spec?.matchingPrecedence ?? 1000
  const name = ({ metadata }: FlowSchema) => metadata.name ?? ''
  return [...schemas].sort((left, right) => precedence(left) - precedence(right) || (name(left) < name(right) ? -1 : 1))
}

export function schemaFor(schemas: readonly FlowSchema[], user: UserInfo, info: RequestInfo): FlowSchema | undefined {
  return schemas.find(({ spec }) => spec?.rules?.some((rule) => matches(rule, user, info)))
}

export function distinguisherOf({ spec }: FlowSchema, user: UserInfo, { namespace }: RequestInfo): string {
  if (spec?.distinguisherMethod?.type === 'ByUser') return user.name
  return spec?.distinguisherMethod?.type === 'ByNamespace' ? namespace : ''
}

function matches(rule: PolicyRulesWithSubjects, user: UserInfo, info: RequestInfo): boolean {
  if (!rule.subjects.some((subject) => isSubject(subject, user))) return false
  return info.isResourceRequest
    ? (rule.resourceRules ?? []).some((one) => matchesResource(one, info))
    : (rule.nonResourceRules ?? []).some((one) => matchesPath(one, info))
}

function isSubject({ kind, user, group, serviceAccount }: Subject, { name, groups }: UserInfo): boolean {
  if (kind === 'User') return user !== undefined && (user.name === '*' || user.name === name)
  if (kind === 'Group') return group !== undefined && (group.name === '*' || groups.includes(group.name))
  if (kind !== 'ServiceAccount' || !serviceAccount) return false
  const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
  return serviceAccount.name === '*' ? name.startsWith(prefix) : name === prefix + serviceAccount.name
}

function matchesResource(rule: ResourcePolicyRule, info: RequestInfo): boolean {
  const { verbs, apiGroups, resources, namespaces = [], clusterScope } = rule
  const full = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  if (!has(verbs, info.verb) || !has(apiGroups, info.apiGroup) || !has(resources, full)) return false
  return info.namespace === '' ? clusterScope === true : has(namespaces, info.namespace)
}

function matchesPath({ verbs, nonResourceURLs }: NonResourcePolicyRule, { verb, path }: RequestInfo): boolean {
  return (
    has(verbs, verb) &&
    nonResourceURLs.some(
      (url) => url === '*' || url === path || (url.endsWith('/*') && path.startsWith(url.slice(0, -1))),
    )
  )
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}
