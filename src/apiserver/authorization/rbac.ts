/**
 * Role-based access control from an index in memory: bindings by subject, rules by role, kept current by following the
 * four RBAC resources. A decision looks only at bindings that name the user or one of its groups.
 */
import { rbacV1 } from '../../api/resources.ts'
import type { ClusterRoleBinding, PolicyRule, RoleBinding, RoleRef, Subject } from '../../api/types/rbac/v1.ts'
import type { AuthorizationAttributes } from '../authorize.ts'
import type { Objects } from '../objects.ts'
import type { UserInfo } from '../request.ts'
import { type DecidingAuthorizer, type Decision, noOpinion } from './decision.ts'
import { ruleAllows } from './rules.ts'

type Binding = ClusterRoleBinding | RoleBinding

interface BoundSubject {
  binding: Binding
  subject: Subject
}

/** By subject key, then by binding name. */
type BindingIndex = Map<string, Map<string, BoundSubject>>

export interface ResolvedRules {
  rules: PolicyRule[]
  /** Bindings whose role is missing, one message each. */
  errors: string[]
}

export class Rbac implements DecidingAuthorizer {
  readonly #clusterRoles = new Map<string, readonly PolicyRule[]>()
  readonly #roles = new Map<string, readonly PolicyRule[]>()
  readonly #clusterBindings: BindingIndex = new Map()
  readonly #bindingsByNamespace = new Map<string, BindingIndex>()

  /** Resolves when everything that exists has been indexed. */
  async start(objects: Objects): Promise<void> {
    await Promise.all([
      objects.follow(rbacV1.clusterRoles, {
        put: (role) => void this.#clusterRoles.set(role.metadata.name ?? '', role.rules ?? []),
        gone: (role) => void this.#clusterRoles.delete(role.metadata.name ?? ''),
      }),
      objects.follow(rbacV1.roles, {
        put: (role) => void this.#roles.set(`${role.metadata.namespace}/${role.metadata.name}`, role.rules ?? []),
        gone: (role) => void this.#roles.delete(`${role.metadata.namespace}/${role.metadata.name}`),
      }),
      objects.follow(rbacV1.clusterRoleBindings, {
        put: (binding) => replace(this.#clusterBindings, binding),
        gone: (binding) => remove(this.#clusterBindings, binding.metadata.name ?? ''),
      }),
      objects.follow(rbacV1.roleBindings, {
        put: (binding) => replace(this.#bindingsOf(binding.metadata.namespace ?? ''), binding),
        gone: (binding) => this.#removeBinding(binding),
      }),
    ])
  }

  decide(attributes: AuthorizationAttributes): Decision {
    const errors: string[] = []
    for (const bound of this.#boundTo(attributes.user, attributes.namespace)) {
      const rules = this.#rulesOf(bound.binding, errors)
      if (rules.some((rule) => ruleAllows(rule, attributes))) {
        return { kind: 'allow', reason: `RBAC: allowed by ${describe(bound)}` }
      }
    }
    if (errors.length === 0) return noOpinion
    return { kind: 'noOpinion', reason: `RBAC: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}` }
  }

  /** Everything the user is given in the namespace; cluster-wide rules only when it is empty. */
  rulesFor(user: UserInfo, namespace: string): ResolvedRules {
    const errors: string[] = []
    const rules: PolicyRule[] = []
    for (const bound of this.#boundTo(user, namespace)) rules.push(...this.#rulesOf(bound.binding, errors))
    return { rules, errors }
  }

  /** The rules a binding in `namespace` would give; undefined when its role does not exist. */
  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    if (roleRef.kind === 'ClusterRole') return this.#clusterRoles.get(roleRef.name)
    return this.#roles.get(`${namespace}/${roleRef.name}`)
  }

  *#boundTo(user: UserInfo, namespace: string): Iterable<BoundSubject> {
    const keys = [userKey(user.name), ...user.groups.map(groupKey)]
    for (const key of keys) yield* this.#clusterBindings.get(key)?.values() ?? []
    const local = namespace === '' ? undefined : this.#bindingsByNamespace.get(namespace)
    if (!local) return
    for (const key of keys) yield* local.get(key)?.values() ?? []
  }

  #rulesOf(binding: Binding, errors: string[]): readonly PolicyRule[] {
    const rules = this.rulesOfRole(binding.roleRef, binding.metadata.namespace ?? '')
    if (rules) return rules
    errors.push(`${binding.roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${binding.roleRef.name}" not found`)
    return []
  }

  #bindingsOf(namespace: string): BindingIndex {
    const found = this.#bindingsByNamespace.get(namespace) ?? new Map()
    this.#bindingsByNamespace.set(namespace, found)
    return found
  }

  #removeBinding({ metadata }: RoleBinding): void {
    const index = this.#bindingsOf(metadata.namespace ?? '')
    remove(index, metadata.name ?? '')
    if (index.size === 0) this.#bindingsByNamespace.delete(metadata.namespace ?? '')
  }
}

function replace(index: BindingIndex, binding: Binding): void {
  const name = binding.metadata.name ?? ''
  remove(index, name)
  for (const subject of binding.subjects ?? []) {
    const key = subjectKey(subject, binding.metadata.namespace ?? '')
    if (key === undefined) continue
    const bySubject = index.get(key) ?? new Map<string, BoundSubject>()
    bySubject.set(name, { binding, subject })
    index.set(key, bySubject)
  }
}

function remove(index: BindingIndex, name: string): void {
  for (const [key, byName] of index) {
    if (byName.delete(name) && byName.size === 0) index.delete(key)
  }
}

function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind === 'User') return userKey(subject.name)
  if (subject.kind === 'Group') return groupKey(subject.name)
  const namespace = subject.namespace || bindingNamespace
  if (subject.kind !== 'ServiceAccount' || namespace === '') return undefined
  return userKey(`system:serviceaccount:${namespace}:${subject.name}`)
}

function userKey(name: string): string {
  return `u:${name}`
}

function groupKey(name: string): string {
  return `g:${name}`
}

function describe({ binding, subject }: BoundSubject): string {
  const { name, namespace } = binding.metadata
  const what = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`
  const subjectNamespace = subject.kind === 'ServiceAccount' ? `/${subject.namespace || namespace || ''}` : ''
  const { roleRef } = binding
  return `${what} of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${subject.name}${subjectNamespace}"`
}
