/** What an object counts against quotas, by the quota's resource names (https://kubernetes.io/docs/concepts/policy/resource-quotas/). */
import { groupResource, type KubeObject, type Resource } from '../meta.ts'
import { inUse } from '../pod-requests.ts'
import { compareQuantities, subtractQuantities } from '../quantity.ts'
import type { Container, PersistentVolumeClaim, Pod, Service } from '../types/core/v1.ts'
import { type Amounts, sumAmounts, sumPod } from './amounts.ts'

/** Kinds that had a resource name of their own before `count/` came. */
const plainCounts: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
])

/** Kinds whose usage can grow by an update. */
const growing: ReadonlySet<string> = new Set(['services', 'persistentvolumeclaims'])

/** `subresource` empty: the object itself. Pods grow by being resized. */
export function canGrow(resource: Resource, subresource: string): boolean {
  const name = groupResource(resource)
  return subresource === '' ? growing.has(name) : name === 'pods' && subresource === 'resize'
}

export function usageOf(resource: Resource, object: KubeObject, nowMs: number): Amounts {
  const name = groupResource(resource)
  const usage: Amounts = { [`count/${name}`]: '1' }
  if (name === 'pods') return { ...usage, ...podUsage(object as Pod, nowMs) }
  if (plainCounts.has(name)) usage[name] = '1'
  if (name === 'services') Object.assign(usage, serviceUsage(object as Service))
  if (name === 'persistentvolumeclaims') Object.assign(usage, claimUsage(object as PersistentVolumeClaim))
  return usage
}

/** What is used more than before; nothing for what stayed or shrank. */
export function growth(usage: Amounts, before: Amounts): Amounts {
  const grown: Amounts = {}
  for (const [name, amount] of Object.entries(usage)) {
    const difference = before[name] === undefined ? amount : subtractQuantities(amount, before[name])
    if (compareQuantities(difference, '0') > 0) grown[name] = difference
  }
  return grown
}

const computeResources = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

/** Why a pod breaks a quota on compute resources that some container leaves open; undefined when it does not. */
export function missingComputeResources(pod: Pod, limited: readonly string[]): string | undefined {
  if (hasPodLevelAmounts(pod)) return undefined
  const required = computeResources.filter((name) => limited.includes(name))
  const { containers = [], initContainers = [] } = pod.spec ?? {}
  const missing = required.sort().flatMap((name) => {
    const without = [...containers, ...initContainers].filter((container) => !specifies(container, name))
    const names = [...new Set(without.map((container) => container.name))].sort()
    return names.length === 0 ? [] : [`${name} for: ${names.join(',')}`]
  })
  return missing.length === 0 ? undefined : `must specify ${missing.join('; ')}`
}

/** Whether the pod says itself what all its containers together need. */
function hasPodLevelAmounts({ spec }: Pod): boolean {
  const names = Object.keys({ ...spec?.resources?.requests, ...spec?.resources?.limits })
  return names.some((name) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-'))
}

function specifies({ resources }: Container, name: string): boolean {
  const [field, resource] = name.includes('.') ? name.split('.') : ['requests', name]
  return (field === 'limits' ? resources?.limits : resources?.requests)?.[resource ?? ''] !== undefined
}

/** A pod that has ended, or should have by now, counts only as an object. */
function podUsage(pod: Pod, nowMs: number): Amounts {
  if (hasEnded(pod, nowMs)) return {}
  const usage: Amounts = { pods: '1' }
  const overhead = pod.spec?.overhead ?? {}
  const used = inUse(pod)
  for (const [name, amount] of Object.entries(sumAmounts([sumPod(used, 'requests'), overhead]))) {
    usage[`requests.${name}`] = amount
    if (['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-')) usage[name] = amount
  }
  const limits = sumPod(used, 'limits')
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const amount = sumAmounts([limits, limits[name] === undefined ? {} : overhead])[name]
    if (amount !== undefined) usage[`limits.${name}`] = amount
  }
  return usage
}

/** Whether the pod counts as an object only: it has finished, or its time to end is over. */
export function hasEnded({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return false
  return Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000 < nowMs
}

function serviceUsage({ spec }: Service): Amounts {
  const ports = String(spec?.ports?.length ?? 0)
  if (spec?.type === 'NodePort') return { 'services.nodeports': ports }
  if (spec?.type !== 'LoadBalancer') return {}
  const assigned = (spec.ports ?? []).filter(({ nodePort }) => nodePort).length
  const nodePorts = spec.allocateLoadBalancerNodePorts === false ? String(assigned) : ports
  return { 'services.nodeports': nodePorts, 'services.loadbalancers': '1' }
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): Amounts {
  const usage: Amounts = {}
  const storageClass = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? ''
  const requested = spec?.resources?.requests?.storage
  const allocated = status?.allocatedResources?.storage
  const storage = requested && allocated && compareQuantities(allocated, requested) > 0 ? allocated : requested
  if (storage) usage['requests.storage'] = storage
  if (storageClass === '') return usage
  usage[`${storageClass}.storageclass.storage.k8s.io/persistentvolumeclaims`] = '1'
  if (storage) usage[`${storageClass}.storageclass.storage.k8s.io/requests.storage`] = storage
  return usage
}
