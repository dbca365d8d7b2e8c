/**
 * Nobody may give away what they do not have: writing a role needs every permission in it (or the verb `escalate`),
 * binding a role needs every permission of that role (or the verb `bind`).
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
import { forbidden, notFound } from '../../api/errors.ts'
import type { KubeObject, Resource } from '../../api/meta.ts'
import { jsonEqual } from '../../api/patch/json-value.ts'
import { rbacV1 } from '../../api/resources.ts'
import type { ClusterRole, PolicyRule, RoleBinding } from '../../api/types/rbac/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { UserInfo } from '../request.ts'
import { type DecidingAuthorizer, mastersGroup } from './decision.ts'
import type { Rbac } from './rbac.ts'
import { compactRules, missingRules, quotedList, ruleText } from './rules.ts'

const group = rbacV1.roles.group
const everything: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export interface EscalationParts {
  rbac: Rbac
  authorizer: DecidingAuthorizer
}

/** Roles and bindings, as `groupResource` names them. */
export const writtenRights = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map(
  (plural) => `${plural}.${group}`,
)

/** Throws the 403 for a write of roles or bindings that would widen the writer's own permissions. */
export async function checkEscalation(parts: EscalationParts, attributes: AdmissionAttributes): Promise<void> {
  const { resource, object, operation, subresource, user } = attributes
  if (resource.group !== group || !object || subresource !== '') return
  if (operation !== 'CREATE' && operation !== 'UPDATE') return
  if (user.groups.includes(mastersGroup)) return
  if (resource.plural === 'roles' || resource.plural === 'clusterroles')
    await checkRole(parts, attributes, object as ClusterRole)
  if (resource.plural === 'rolebindings' || resource.plural === 'clusterrolebindings') {
    await checkBinding(parts, attributes, object as RoleBinding)
  }
}

async function checkRole(parts: EscalationParts, attributes: AdmissionAttributes, role: ClusterRole): Promise<void> {
  const { resource, user, namespace, oldObject } = attributes
  if (oldObject && isForCollectorOnly(oldObject, role)) return
  const name = nameOf(role)
  if (await may(parts, { user, verb: 'escalate', resource, namespace, name })) return
  const why = escalation(parts, user, namespace, role.rules ?? [])
  if (why !== undefined) throw forbidden(resource, name, why)
  const aggregates = role.aggregationRule ?? (oldObject as ClusterRole | undefined)?.aggregationRule
  if (!aggregates || escalation(parts, user, namespace, everything) === undefined) return
  throw forbidden(resource, name, 'must have cluster-admin privileges to use the aggregationRule')
}

async function checkBinding(
  parts: EscalationParts,
  attributes: AdmissionAttributes,
  binding: RoleBinding,
): Promise<void> {
  const { resource, user, namespace, oldObject } = attributes
  if (oldObject && isForCollectorOnly(oldObject, binding)) return
  const { roleRef } = binding
  const target = roleRef.kind === 'ClusterRole' ? rbacV1.clusterRoles : rbacV1.roles
  if (await may(parts, { user, verb: 'bind', resource: target as Resource, namespace, name: roleRef.name })) return
  const rules = parts.rbac.rulesOfRole(roleRef, namespace)
  if (!rules) throw notFound(target, roleRef.name)
  const why = escalation(parts, user, namespace, rules)
  if (why !== undefined) throw forbidden(resource, nameOf(binding), why)
}

/** What is wrong with granting `wanted`, or undefined when the user holds all of it. */
function escalation({ rbac }: EscalationParts, user: UserInfo, namespace: string, wanted: readonly PolicyRule[]) {
  const held = rbac.rulesFor(user, namespace)
  const missing = missingRules(held.rules, wanted)
  if (missing.length === 0) return undefined
  const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`
  const texts = [...new Set(compactRules(missing).map(ruleText))].sort()
  const unresolved = held.errors.length === 0 ? '' : `; resolution errors: [${held.errors.join(' ')}]`
  return `${who} is attempting to grant RBAC permissions not currently held:\n${texts.join('\n')}${unresolved}`
}

interface Question {
  user: UserInfo
  verb: string
  resource: Resource
  namespace: string
  name: string
}

async function may(
  { authorizer }: EscalationParts,
  { user, verb, resource, namespace, name }: Question,
): Promise<boolean> {
  const where = { apiGroup: resource.group, apiVersion: resource.version, resource: resource.plural, subresource: '' }
  const decision = await authorizer.decide({ user, verb, isResourceRequest: true, ...where, namespace, name, path: '' })
  return decision.kind === 'allow'
}

/**
 * Whether nothing changes but owners and finalizers, by which a role is collected. A label is more: by it a role is
 * gathered into others.
 */
function isForCollectorOnly(old: KubeObject, object: KubeObject): boolean {
  const relevant = ({ metadata, ...rest }: KubeObject) => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, resourceVersion: ____, ...kept } = metadata
    return { ...rest, metadata: kept }
  }
  return jsonEqual(relevant(old), relevant(object))
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name || metadata.generateName || ''
}
