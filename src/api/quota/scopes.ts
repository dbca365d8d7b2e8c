/** Which objects a quota with scopes is about (https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes). */
import { groupResource, type KubeObject, type Resource } from '../meta.ts'
import type {
  Container,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../types/core/v1.ts'

export function quotaMatches({ spec }: ResourceQuota, resource: Resource, object: KubeObject): boolean {
  const scopes = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }))
  const all: ScopedResourceSelectorRequirement[] = [...scopes, ...(spec?.scopeSelector?.matchExpressions ?? [])]
  return all.every((requirement) => scopeMatches(requirement, groupResource(resource), object))
}

function scopeMatches(requirement: ScopedResourceSelectorRequirement, resource: string, object: KubeObject): boolean {
  if (requirement.scopeName === 'VolumeAttributesClass' && resource === 'persistentvolumeclaims') {
    return selects(requirement, (object as PersistentVolumeClaim).spec?.volumeAttributesClassName)
  }
  if (resource !== 'pods') return false
  const pod = object as Pod
  switch (requirement.scopeName) {
    case 'Terminating':
      return (pod.spec?.activeDeadlineSeconds ?? -1) >= 0
    case 'NotTerminating':
      return pod.spec?.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return selects(requirement, pod.spec?.priorityClassName || undefined)
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod)
  }
  return false
}

function selects({ operator, values = [] }: ScopedResourceSelectorRequirement, name: string | undefined): boolean {
  if (operator === 'Exists') return name !== undefined
  if (operator === 'DoesNotExist') return name === undefined
  if (operator === 'In') return name !== undefined && values.includes(name)
  return operator === 'NotIn' && (name === undefined || !values.includes(name))
}

function isBestEffort({ spec }: Pod): boolean {
  const asks = ({ resources }: Pick<Container, 'resources'>) =>
    [resources?.requests, resources?.limits].some((list) => list?.cpu !== undefined || list?.memory !== undefined)
  const { containers = [], initContainers = [] } = spec ?? {}
  return !asks({ resources: spec?.resources ?? {} }) && ![...containers, ...initContainers].some(asks)
}

function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {}
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined)
}
