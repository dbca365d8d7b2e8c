/** The default roles and bindings as objects, and how present ones are brought up to them without undoing what was added. */

import type { KubeObject, Resource } from '../../api/meta.ts'
import { rbacV1 } from '../../api/resources.ts'
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '../../api/types/rbac/v1.ts'
import { missingRules } from '../authorization/rules.ts'
import { defaultGates, type Gates } from '../scheme/feature-gates.ts'
import { defaultClusterRoleBindings, defaultRoleBindings, defaultRoles } from './default-bindings.ts'
import { controllerClusterRoles } from './default-controller-roles.ts'
import { defaultClusterRoles } from './default-roles.ts'
import type { Wanted } from './ensure.ts'
import { parseBindings, parseRoles } from './rbac-notation.ts'

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate'
const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const annotations = { [autoupdate]: 'true' }

/** `gates` open what some of them are for. */
export function defaultRbac(gates: Gates = defaultGates): Wanted[] {
  const clusterRoles = parseRoles(defaultClusterRoles + controllerClusterRoles, gates)
  return [
    ...clusterRoles.map((role) => wanted(rbacV1.clusterRoles, role, reconcileRole)),
    ...parseBindings(defaultClusterRoleBindings, 'ClusterRole', gates).map((one) =>
      wanted(rbacV1.clusterRoleBindings, one, reconcileBinding),
    ),
    ...parseRoles(defaultRoles, gates).map((role) => wanted(rbacV1.roles, role, reconcileRole)),
    ...parseBindings(defaultRoleBindings, 'Role', gates).map((one) =>
      wanted(rbacV1.roleBindings, one, reconcileBinding),
    ),
  ]
}

/** Rules of one default cluster role; empty when there is none of this name. */
export function rulesOfDefaultRole(name: string, gates: Gates = defaultGates): readonly PolicyRule[] {
  return parseRoles(defaultClusterRoles, gates).find(({ metadata }) => metadata.name === name)?.rules ?? []
}

type Reconcile = NonNullable<Wanted['reconcile']>

/** `reconcile` gets objects of the resource it is given with. */
function wanted<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  reconcile: (present: T, target: T) => T | undefined,
): Wanted {
  const metadata = { ...object.metadata, labels: { ...object.metadata.labels, ...labels }, annotations }
  return {
    resource: resource as Resource,
    object: { ...object, metadata },
    reconcile: reconcile as unknown as Reconcile,
  }
}

/** Adds what the default role has and the present one lacks; undefined when nothing is missing or it is to be left alone. */
export function reconcileRole(present: ClusterRole, target: ClusterRole): ClusterRole | undefined {
  if (present.metadata.annotations?.[autoupdate] === 'false') return undefined
  const rules = target.aggregationRule ? [] : missingRules(present.rules ?? [], target.rules ?? [])
  const selectors = missingSelectors(present, target)
  const metadata = completed(present, target)
  if (rules.length === 0 && selectors.length === 0 && !metadata) return undefined
  const role: ClusterRole = { ...present, metadata: metadata ?? present.metadata }
  if (rules.length > 0) role.rules = [...(present.rules ?? []), ...rules]
  if (selectors.length > 0) {
    role.aggregationRule = {
      clusterRoleSelectors: [...(present.aggregationRule?.clusterRoleSelectors ?? []), ...selectors],
    }
  }
  return role
}

/** As for roles, with subjects. A binding to another role cannot be changed and is left to its owner. */
export function reconcileBinding(present: RoleBinding, target: RoleBinding): RoleBinding | undefined {
  if (present.metadata.annotations?.[autoupdate] === 'false') return undefined
  const known = new Set((present.subjects ?? []).map(subjectText))
  const subjects = (target.subjects ?? []).filter((subject) => !known.has(subjectText(subject)))
  const metadata = completed(present, target)
  if (subjects.length === 0 && !metadata) return undefined
  return { ...present, metadata: metadata ?? present.metadata, subjects: [...(present.subjects ?? []), ...subjects] }
}

function missingSelectors(present: ClusterRole, target: ClusterRole) {
  const known = new Set(
    (present.aggregationRule?.clusterRoleSelectors ?? []).map((selector) => JSON.stringify(selector)),
  )
  return (target.aggregationRule?.clusterRoleSelectors ?? []).filter((selector) => !known.has(JSON.stringify(selector)))
}

/** Metadata with the labels and annotations that are missing; what is there, with whatever value, stays. */
function completed({ metadata }: KubeObject, target: KubeObject): KubeObject['metadata'] | undefined {
  const lacks = (have: Record<string, string> = {}, want: Record<string, string> = {}) =>
    Object.keys(want).some((name) => have[name] === undefined)
  const wants = target.metadata
  if (!lacks(metadata.labels, wants.labels) && !lacks(metadata.annotations, wants.annotations)) return undefined
  return {
    ...metadata,
    labels: { ...wants.labels, ...metadata.labels },
    annotations: { ...wants.annotations, ...metadata.annotations },
  }
}

function subjectText({ kind, namespace = '', name }: Subject): string {
  return `${kind} ${namespace} ${name}`
}
