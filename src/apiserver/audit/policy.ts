/**
 * What is recorded about which requests: the rules of an audit policy file, the first that matches decides.
 * Source: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ and the reference of audit.k8s.io/v1.
 */
import type { RequestInfo, UserInfo } from '../request.ts'

export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type AuditLevel = (typeof auditLevels)[number]

export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type AuditStage = (typeof auditStages)[number]

export interface AuditRule {
  level: AuditLevel
  users: readonly string[]
  userGroups: readonly string[]
  verbs: readonly string[]
  /** Empty: every resource, unless `nonResourceURLs` narrows the rule to paths. */
  resources: readonly { group: string; resources: readonly string[]; resourceNames: readonly string[] }[]
  /** The empty name stands for what has no namespace. */
  namespaces: readonly string[]
  nonResourceURLs: readonly string[]
  omitStages: ReadonlySet<AuditStage>
  omitManagedFields: boolean
}

export interface AuditPolicy {
  rules: readonly AuditRule[]
  /** For requests that no rule matches, which are not recorded. */
  omitStages: ReadonlySet<AuditStage>
}

/** What is to be recorded of one request. */
export type AuditDecision = Pick<AuditRule, 'level' | 'omitStages' | 'omitManagedFields'>

/** The file cannot be used; the message says where. */
export class AuditPolicyError extends Error {
  override name = 'AuditPolicyError'
}

/** Whether a level records what another one records. */
export function atLeast(level: AuditLevel, wanted: AuditLevel): boolean {
  return auditLevels.indexOf(level) >= auditLevels.indexOf(wanted)
}

/** `user` absent: whose credentials were wrong. */
export function decide(policy: AuditPolicy, info: RequestInfo, user: UserInfo | undefined): AuditDecision {
  return (
    policy.rules.find((rule) => matches(rule, info, user)) ?? {
      level: 'None',
      omitStages: policy.omitStages,
      omitManagedFields: false,
    }
  )
}

function matches(rule: AuditRule, info: RequestInfo, user: UserInfo | undefined): boolean {
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule
  if (users.length > 0 && !users.includes(user?.name ?? '')) return false
  if (userGroups.length > 0 && !user?.groups.some((group) => userGroups.includes(group))) return false
  if (verbs.length > 0 && !verbs.includes(info.verb)) return false
  if (namespaces.length > 0 || resources.length > 0) return matchesResource(rule, info)
  if (nonResourceURLs.length > 0) return matchesPath(nonResourceURLs, info)
  return true
}

function matchesPath(patterns: readonly string[], { isResourceRequest, path }: RequestInfo): boolean {
  if (isResourceRequest) return false
  return patterns.some((one) => one === path || (one.endsWith('*') && path.startsWith(one.slice(0, -1))))
}

function matchesResource({ namespaces, resources }: AuditRule, info: RequestInfo): boolean {
  if (!info.isResourceRequest) return false
  if (namespaces.length > 0 && !namespaces.includes(info.namespace)) return false
  return resources.length === 0 || resources.some((one) => one.group === info.apiGroup && named(one, info))
}

function named(rule: AuditRule['resources'][number], { resource, subresource, name }: RequestInfo): boolean {
  if (rule.resources.length === 0) return true
  if (rule.resourceNames.length > 0 && !rule.resourceNames.includes(name)) return false
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  return rule.resources.some(
    (one) =>
      one === full ||
      one === '*' ||
      one === `${resource}/*` ||
      (subresource !== '' && one.startsWith('*/') && one === `*/${subresource}`),
  )
}

type Fields = Readonly<Record<string, unknown>>

/** Throws `AuditPolicyError` for whatever upstream would refuse, and for fields that are not known. */
export function readAuditPolicy(value: unknown): AuditPolicy {
  const policy = fieldsOf(value, 'the policy', [
    'apiVersion',
    'kind',
    'metadata',
    'rules',
    'omitStages',
    'omitManagedFields',
  ])
  if (policy.kind !== 'Policy' || policy.apiVersion !== 'audit.k8s.io/v1') {
    throw new AuditPolicyError('the policy must be of kind Policy in apiVersion audit.k8s.io/v1')
  }
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) {
    throw new AuditPolicyError('the policy has no rules')
  }
  const omitStages = stagesOf(policy, 'the policy')
  const omitManagedFields = boolOf(policy, 'the policy') ?? false
  return {
    omitStages,
    rules: policy.rules.map((rule, index) => ruleOf(rule, `rules[${index}]`, { omitStages, omitManagedFields })),
  }
}

const ruleFields = [
  ...['level', 'users', 'userGroups', 'verbs', 'resources', 'namespaces'],
  ...['nonResourceURLs', 'omitStages', 'omitManagedFields'],
]

function ruleOf(
  value: unknown,
  where: string,
  defaults: Pick<AuditRule, 'omitStages' | 'omitManagedFields'>,
): AuditRule {
  const rule = fieldsOf(value, where, ruleFields)
  const level = auditLevels.find((one) => one === rule.level)
  if (!level) throw new AuditPolicyError(`${where}.level must be one of ${auditLevels.join(', ')}`)
  const result: AuditRule = {
    level,
    users: textsOf(rule, 'users', where),
    userGroups: textsOf(rule, 'userGroups', where),
    verbs: textsOf(rule, 'verbs', where),
    namespaces: textsOf(rule, 'namespaces', where),
    nonResourceURLs: textsOf(rule, 'nonResourceURLs', where),
    resources: resourcesOf(rule, where),
    omitStages: new Set([...defaults.omitStages, ...stagesOf(rule, where)]),
    omitManagedFields: boolOf(rule, where) ?? defaults.omitManagedFields,
  }
  checkRule(result, where)
  return result
}

function checkRule({ resources, namespaces, nonResourceURLs }: AuditRule, where: string): void {
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    throw new AuditPolicyError(`${where}: rules cannot apply to both regular resources and non-resource URLs`)
  }
  for (const url of nonResourceURLs) {
    if (url === '*') continue
    if (!url.startsWith('/')) throw new AuditPolicyError(`${where}.nonResourceURLs: ${url} must begin with a slash`)
    if (url.slice(0, -1).includes('*')) {
      throw new AuditPolicyError(`${where}.nonResourceURLs: ${url} may have a wildcard at its end only`)
    }
  }
  for (const { resources: names, resourceNames } of resources) {
    if (resourceNames.length > 0 && names.length === 0) {
      throw new AuditPolicyError(`${where}.resources: resourceNames need resources`)
    }
  }
}

function resourcesOf(rule: Fields, where: string): AuditRule['resources'] {
  return listOf(rule, 'resources', where).map((value, index) => {
    const at = `${where}.resources[${index}]`
    const one = fieldsOf(value, at, ['group', 'resources', 'resourceNames'])
    if (one.group !== undefined && typeof one.group !== 'string') throw new AuditPolicyError(`${at}.group must be text`)
    const group = typeof one.group === 'string' ? one.group : ''
    if (group.includes('/')) throw new AuditPolicyError(`${at}.group: ${group} must be a group without a version`)
    return { group, resources: textsOf(one, 'resources', at), resourceNames: textsOf(one, 'resourceNames', at) }
  })
}

function stagesOf(value: Fields, where: string): Set<AuditStage> {
  return new Set(
    textsOf(value, 'omitStages', where).map((name) => {
      const stage = auditStages.find((one) => one === name)
      if (!stage) throw new AuditPolicyError(`${where}.omitStages: ${name} must be one of ${auditStages.join(', ')}`)
      return stage
    }),
  )
}

function boolOf({ omitManagedFields }: Fields, where: string): boolean | undefined {
  if (omitManagedFields === undefined || omitManagedFields === null) return undefined
  if (typeof omitManagedFields === 'boolean') return omitManagedFields
  throw new AuditPolicyError(`${where}.omitManagedFields must be true or false`)
}

function textsOf(value: Fields, name: string, where: string): string[] {
  return listOf(value, name, where).map((item) => {
    if (typeof item === 'string') return item
    throw new AuditPolicyError(`${where}.${name} must be a list of texts`)
  })
}

function listOf(value: Fields, name: string, where: string): unknown[] {
  const list = value[name]
  if (list === undefined || list === null) return []
  if (Array.isArray(list)) return list
  throw new AuditPolicyError(`${where}.${name} must be a list`)
}

function fieldsOf(value: unknown, where: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AuditPolicyError(`${where} must be an object`)
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw new AuditPolicyError(`${where} has the unknown field ${JSON.stringify(name)}`)
  }
  return value as Fields
}
