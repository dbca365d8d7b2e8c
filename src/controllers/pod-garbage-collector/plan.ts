/** Pods that nobody will ever finish or clear away: which they are, and why they go. */
import type { Node, Pod } from '../../api/types/core/v1.ts'

export interface Collected {
  pod: Pod
  why: 'terminated' | 'unscheduled' | 'out-of-service' | 'orphaned'
  /** Said on the pod before it goes. */
  condition?: { reason: string; message: string }
}

export interface CollectInput {
  pods: readonly Pod[]
  nodes: readonly Node[]
  /** Nodes that are known not to exist any more. */
  goneNodes: ReadonlySet<string>
  /** Finished pods that may stay; none are collected when zero. */
  terminatedMax: number
}

const outOfServiceTaint = 'node.kubernetes.io/out-of-service'

export function planCollection({ pods, nodes, goneNodes, terminatedMax }: CollectInput): Collected[] {
  const outOfService = new Set(nodes.filter(isOutOfService).map(({ metadata }) => metadata.name ?? ''))
  const collected = new Map<Pod, Collected>()
  for (const pod of beyond(pods.filter(isTerminated), terminatedMax)) collected.set(pod, { pod, why: 'terminated' })
  for (const pod of pods) {
    const node = pod.spec?.nodeName ?? ''
    const going = pod.metadata.deletionTimestamp !== undefined
    if (going && node === '') collected.set(pod, { pod, why: 'unscheduled' })
    if (going && outOfService.has(node)) collected.set(pod, { pod, why: 'out-of-service' })
    if (node === '' || !goneNodes.has(node)) continue
    const condition = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }
    collected.set(pod, { pod, why: 'orphaned', condition })
  }
  return [...collected.values()]
}

/** Names of nodes that pods are bound to and that the cache does not have. */
export function missingNodes(pods: readonly Pod[], nodes: readonly Node[]): Set<string> {
  const present = new Set(nodes.map(({ metadata }) => metadata.name))
  const named = pods.map(({ spec }) => spec?.nodeName ?? '').filter((name) => name !== '' && !present.has(name))
  return new Set(named)
}

/** Evicted ones go first, then the oldest. */
function beyond(finished: readonly Pod[], max: number): Pod[] {
  if (max <= 0 || finished.length <= max) return []
  const rank = (pod: Pod) =>
    `${pod.status?.reason === 'Evicted' ? 0 : 1} ${pod.metadata.creationTimestamp} ${pod.metadata.name}`
  return [...finished].sort((one, other) => (rank(one) < rank(other) ? -1 : 1)).slice(0, finished.length - max)
}

function isTerminated({ status }: Pod): boolean {
  return !['Pending', 'Running', 'Unknown'].includes(status?.phase ?? 'Pending')
}

function isOutOfService({ spec, status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  return !ready && (spec?.taints ?? []).some(({ key }) => key === outOfServiceTaint)
}
