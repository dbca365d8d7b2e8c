/** The rules of RBAC and of nodes said plainly: every question looks through everything. What the fast authorizers must agree with. */
import type { KubeObject } from '../../../api/meta.ts'
import type { PersistentVolume, Pod } from '../../../api/types/core/v1.ts'
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '../../../api/types/rbac/v1.ts'
import type { AuthorizationAttributes } from '../../authorize.ts'

export interface World {
  clusterRoles: ClusterRole[]
  roles: ClusterRole[]
  clusterRoleBindings: RoleBinding[]
  roleBindings: RoleBinding[]
  pods: Pod[]
  volumes: PersistentVolume[]
}

export function isAllowed(world: World, asked: AuthorizationAttributes): boolean {
  return asked.user.groups.includes('system:masters') || nodeAllows(world, asked) || rbacAllows(world, asked)
}

function rbacAllows(world: World, asked: AuthorizationAttributes): boolean {
  const local = world.roleBindings.filter((one) => asked.namespace !== '' && one.metadata.namespace === asked.namespace)
  for (const binding of [...world.clusterRoleBindings, ...local]) {
    const { kind, name } = binding.roleRef
    const { namespace } = binding.metadata
    if (!(binding.subjects ?? []).some((subject) => isSubject(subject, asked, namespace))) continue
    const role =
      kind === 'ClusterRole'
        ? world.clusterRoles.find((one) => one.metadata.name === name)
        : world.roles.find((one) => one.metadata.name === name && one.metadata.namespace === namespace)
    for (const rule of role?.rules ?? []) if (ruleMatches(rule, asked)) return true
  }
  return false
}

function isSubject({ kind, name, namespace }: Subject, { user }: AuthorizationAttributes, own = ''): boolean {
  if (kind === 'User') return user.name === name
  if (kind === 'Group') return user.groups.includes(name)
  return user.name === `system:serviceaccount:${namespace || own}:${name}`
}

function ruleMatches(rule: PolicyRule, asked: AuthorizationAttributes): boolean {
  const has = (list: string[] | undefined, value: string) => (list ?? []).some((one) => one === '*' || one === value)
  if (!has(rule.verbs, asked.verb)) return false
  if (!asked.isResourceRequest) {
    return (rule.nonResourceURLs ?? []).some(
      (url) => url === '*' || url === asked.path || (url.endsWith('*') && asked.path.startsWith(url.slice(0, -1))),
    )
  }
  const { resource, subresource } = asked
  const names = subresource === '' ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`]
  if (!has(rule.apiGroups, asked.apiGroup)) return false
  if (!(rule.resources ?? []).some((one) => one === '*' || names.includes(one))) return false
  const only = rule.resourceNames ?? []
  return only.length === 0 || only.includes(asked.name)
}

/** Only what depends on what runs on the node. */
function nodeAllows(world: World, asked: AuthorizationAttributes): boolean {
  const { user, verb, apiGroup, resource, subresource, namespace, name } = asked
  if (!user.groups.includes('system:nodes') || !asked.isResourceRequest || apiGroup !== '') return false
  if (!user.name.startsWith('system:node:') || user.name === 'system:node:') return false
  const podWrites = ['create ', 'delete ', 'update status', 'patch status', 'create eviction']
  if (resource === 'pods' && podWrites.includes(`${verb} ${subresource}`)) return true
  if (name === '') return false
  const pods = world.pods.filter(({ spec }) => `system:node:${spec?.nodeName}` === user.name)
  const real = pods.filter(({ metadata }) => !metadata.annotations?.['kubernetes.io/config.mirror'])
  const near = real.filter(({ metadata }) => metadata.namespace === namespace)
  const uses = (own: Pod[], kind: string, wanted: string) => own.some((pod) => referencesOf(pod, kind).includes(wanted))
  const isRead = subresource === '' && ['get', 'list', 'watch'].includes(verb)
  switch (resource) {
    case 'configmaps':
      return isRead && namespace !== '' && uses(near, 'configmaps', name)
    case 'secrets':
      if (!isRead || namespace === '') return false
      return (
        uses(near, 'secrets', name) ||
        world.volumes.some((one) => usesVolume(one) && secretOf(one) === `${namespace}/${name}`)
      )
    case 'persistentvolumeclaims':
      if (subresource === 'status' ? verb !== 'update' && verb !== 'patch' : subresource !== '' || verb !== 'get')
        return false
      return uses(near, 'claims', name)
    case 'persistentvolumes':
      return verb === 'get' && subresource === '' && world.volumes.some((one) => isNamed(one, name) && usesVolume(one))
    case 'serviceaccounts':
      if (subresource === 'token' ? verb !== 'create' : subresource !== '' || verb !== 'get') return false
      return near.some(({ spec }) => spec?.serviceAccountName === name)
    case 'pods':
      return isRead && pods.some((pod) => isNamed(pod, name) && pod.metadata.namespace === namespace)
  }
  return false

  function usesVolume({ spec }: PersistentVolume): boolean {
    const { namespace: claimNamespace, name: claim = '' } = spec?.claimRef ?? {}
    return uses(
      real.filter(({ metadata }) => metadata.namespace === claimNamespace),
      'claims',
      claim,
    )
  }
}

function isNamed({ metadata }: KubeObject, name: string): boolean {
  return metadata.name === name
}

function secretOf({ spec }: PersistentVolume): string {
  const secret = spec?.csi?.nodeStageSecretRef
  return `${secret?.namespace}/${secret?.name}`
}

function referencesOf({ spec }: Pod, kind: string): (string | undefined)[] {
  const volumes = spec?.volumes ?? []
  if (kind === 'claims') return volumes.map((volume) => volume.persistentVolumeClaim?.claimName)
  if (kind === 'configmaps') return volumes.map((volume) => volume.configMap?.name)
  return [
    ...volumes.map((volume) => volume.secret?.secretName),
    ...(spec?.imagePullSecrets ?? []).map(({ name }) => name),
  ]
}
