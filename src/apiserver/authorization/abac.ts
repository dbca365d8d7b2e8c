/**
 * Attribute-based access control: a file with one policy a line, each saying who may do what.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/abac/
 */
import type { AuthorizationAttributes } from '../authorize.ts'
import type { UserInfo } from '../request.ts'
import type { DecidingAuthorizer, Decision } from './decision.ts'

export interface AbacPolicy {
  user: string
  group: string
  readonly: boolean
  apiGroup: string
  resource: string
  namespace: string
  nonResourcePath: string
}

const apiVersion = 'abac.authorization.kubernetes.io/v1beta1'
const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
const textFields = ['user', 'group', 'apiGroup', 'resource', 'namespace', 'nonResourcePath'] as const

/** Throws with the number of the line that is no policy. */
export function readAbacPolicies(text: string): AbacPolicy[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.trim().startsWith('#')) return []
    try {
      return [policyOf(JSON.parse(line))]
    } catch (error) {
      throw new Error(`error reading policy file line ${index + 1}: ${(error as Error).message}`)
    }
  })
}

export class AbacAuthorizer implements DecidingAuthorizer {
  readonly #policies: readonly AbacPolicy[]

  constructor(policies: readonly AbacPolicy[]) {
    this.#policies = policies
  }

  decide(attributes: AuthorizationAttributes): Decision {
    const allowed = this.#policies.some((policy) => allows(policy, attributes))
    return allowed ? { kind: 'allow', reason: '' } : { kind: 'noOpinion', reason: 'No policy matched.' }
  }
}

function policyOf(parsed: unknown): AbacPolicy {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('want an object')
  const { apiVersion: version, kind, spec } = parsed as Record<string, unknown>
  if (version === undefined && kind === undefined) return unversioned(fieldsOf(parsed))
  if (version !== apiVersion || kind !== 'Policy') throw new Error(`want a Policy of ${apiVersion}`)
  const policy = fieldsOf(spec ?? {})
  return policy.user === '*' || policy.group === '*' ? { ...policy, user: '', group: 'system:authenticated' } : policy
}

function fieldsOf(given: object): AbacPolicy {
  const fields = given as Record<string, unknown>
  const text = (name: string): string => {
    const value = fields[name] ?? ''
    if (typeof value !== 'string') throw new Error(`${name} must be a text`)
    return value
  }
  const readonly = fields.readonly ?? false
  if (typeof readonly !== 'boolean') throw new Error('readonly must be true or false')
  const texts = Object.fromEntries(textFields.map((name) => [name, text(name)])) as Record<
    (typeof textFields)[number],
    string
  >
  return { ...texts, readonly }
}

/** Lines of before there were versions: what they leave out is everything. */
function unversioned(policy: AbacPolicy): AbacPolicy {
  const { user, group, namespace, resource } = policy
  const isAnybody = (user === '' && group === '') || user === '*' || group === '*'
  return {
    ...policy,
    ...(isAnybody ? { user: '', group: 'system:authenticated' } : {}),
    namespace: namespace || '*',
    resource: resource || '*',
    apiGroup: '*',
    nonResourcePath: namespace === '' && resource === '' ? '*' : '',
  }
}

function allows(policy: AbacPolicy, attributes: AuthorizationAttributes): boolean {
  if (!isAbout(policy, attributes.user)) return false
  if (policy.readonly && !readVerbs.has(attributes.verb)) return false
  if (!attributes.isResourceRequest) return pathMatches(policy.nonResourcePath, attributes.path)
  const matches = (wanted: string, value: string) => wanted === '*' || wanted === value
  return (
    matches(policy.namespace, attributes.namespace) &&
    matches(policy.resource, attributes.resource) &&
    matches(policy.apiGroup, attributes.apiGroup)
  )
}

function isAbout({ user, group }: AbacPolicy, { name, groups }: UserInfo): boolean {
  if (user === '' && group === '') return false
  return (user === '' || user === name) && (group === '' || groups.includes(group))
}

function pathMatches(wanted: string, path: string): boolean {
  if (wanted === '*' || (wanted !== '' && wanted === path)) return true
  return wanted.endsWith('*') && path.startsWith(wanted.slice(0, -1))
}
