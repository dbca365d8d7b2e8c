/** What a policy rule of RBAC allows, and when one set of rules covers another (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). */
import type { PolicyRule } from '../../api/types/rbac/v1.ts'
import type { AuthorizationAttributes } from '../authorize.ts'

export function ruleAllows(rule: PolicyRule, attributes: AuthorizationAttributes): boolean {
  if (!includesOrAll(rule.verbs, attributes.verb)) return false
  if (!attributes.isResourceRequest) return (rule.nonResourceURLs ?? []).some((url) => urlCovers(url, attributes.path))
  return (
    includesOrAll(rule.apiGroups, attributes.apiGroup) &&
    resourceMatches(rule.resources ?? [], attributes.resource, attributes.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(attributes.name))
  )
}

/** The parts of `wanted` that `held` does not give, broken down to one verb, group, resource and name each. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => ruleCovers(rule, part)))
}

/** Joins rules about the same single resource into one with all their verbs. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const others: PolicyRule[] = []
  const simple = new Map<string, PolicyRule>()
  for (const rule of rules) {
    const key = simpleKey(rule)
    const known = key === undefined ? undefined : simple.get(key)
    if (key === undefined) others.push(rule)
    else if (known) known.verbs = [...new Set([...known.verbs, ...rule.verbs])]
    else simple.set(key, { ...rule })
  }
  return [...others, ...simple.values()]
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`, as refusals show a rule. */
export function ruleText(rule: PolicyRule): string {
  const parts: string[] = []
  const add = (name: string, values: readonly string[] | undefined) => {
    if (values?.length) parts.push(`${name}:${quotedList(values)}`)
  }
  add('APIGroups', rule.apiGroups)
  add('Resources', rule.resources)
  add('NonResourceURLs', rule.nonResourceURLs)
  add('ResourceNames', rule.resourceNames)
  add('Verbs', rule.verbs)
  return `{${parts.join(', ')}}`
}

/** A list as Go's `%q` prints it. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = []
  const names = rule.resourceNames?.length ? rule.resourceNames.map((name) => ({ resourceNames: [name] })) : [{}]
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        for (const name of names) parts.push({ apiGroups: [group], resources: [resource], verbs: [verb], ...name })
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] })
  }
  return parts
}

function ruleCovers(held: PolicyRule, part: PolicyRule): boolean {
  return (
    part.verbs.every((verb) => includesOrAll(held.verbs, verb)) &&
    (part.apiGroups ?? []).every((group) => includesOrAll(held.apiGroups, group)) &&
    (part.resources ?? []).every((resource) => coversResource(held.resources ?? [], resource)) &&
    (part.nonResourceURLs ?? []).every((url) => (held.nonResourceURLs ?? []).some((own) => urlCovers(own, url))) &&
    coversNames(held.resourceNames ?? [], part.resourceNames ?? [])
  )
}

function coversNames(held: readonly string[], wanted: readonly string[]): boolean {
  return held.length === 0 || (wanted.length > 0 && wanted.every((name) => held.includes(name)))
}

function coversResource(held: readonly string[], wanted: string): boolean {
  const slash = wanted.indexOf('/')
  if (slash < 0) return resourceMatches(held, wanted, '')
  return resourceMatches(held, wanted.slice(0, slash), wanted.slice(slash + 1))
}

function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  for (const own of resources) {
    if (own === '*' || own === combined) return true
    if (subresource !== '' && own === `*/${subresource}`) return true
  }
  return false
}

function urlCovers(own: string, path: string): boolean {
  if (own === '*' || own === path) return true
  return own.endsWith('*') && path.startsWith(own.replace(/\*+$/, ''))
}

function includesOrAll(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(value))
}

/** Set when the rule is about one group and resource, and at most one name. */
function simpleKey(rule: PolicyRule): string | undefined {
  if ((rule.resourceNames?.length ?? 0) > 1 || rule.nonResourceURLs?.length) return undefined
  if (rule.apiGroups?.length !== 1 || rule.resources?.length !== 1) return undefined
  return `${rule.apiGroups[0]}/${rule.resources[0]} ${rule.resourceNames?.[0] ?? ''}`
}
