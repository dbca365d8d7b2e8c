/**
 * A node as the scheduler sees it: the object, the pods on it (assumed ones included) and what they use, kept as sums
 * so that a filter is a few comparisons.
 */
import { nodeAllocatable, podRequests, podScoringRequests, type ResourceAmounts } from '../api/pod-requests.ts'
import type { Node, Pod } from '../api/types/core/v1.ts'

export interface HostPort {
  ip: string
  protocol: string
  port: number
}

export interface PodInfo {
  pod: Pod
  requests: ResourceAmounts
  /** Requests with a small default for containers that name none, so that they count when nodes are compared. */
  scoringRequests: ResourceAmounts
  hostPorts: readonly HostPort[]
  hasRequiredAntiAffinity: boolean
  hasAffinity: boolean
}

export interface NodeInfo {
  readonly name: string
  readonly node: Node
  readonly allocatable: ResourceAmounts
  readonly allowedPods: number
  readonly pods: ReadonlyMap<string, PodInfo>
  readonly requested: ResourceAmounts
  readonly scoringRequested: ResourceAmounts
  readonly hostPorts: readonly HostPort[]
}

export function podInfo(pod: Pod): PodInfo {
  const affinity = pod.spec?.affinity
  const antiTerms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  return {
    pod,
    requests: podRequests(pod),
    scoringRequests: podScoringRequests(pod),
    hostPorts: hostPortsOf(pod),
    hasRequiredAntiAffinity: antiTerms.length > 0,
    hasAffinity: affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined,
  }
}

export function nodeInfo(node: Node, pods: readonly PodInfo[]): NodeInfo {
  const requested: ResourceAmounts = new Map()
  const scoringRequested: ResourceAmounts = new Map()
  const byKey = new Map<string, PodInfo>()
  for (const info of pods) {
    byKey.set(info.pod.metadata.uid ?? '', info)
    addTo(requested, info.requests)
    addTo(scoringRequested, info.scoringRequests)
  }
  const allocatable = nodeAllocatable(node)
  return {
    name: node.metadata.name ?? '',
    node,
    allocatable,
    allowedPods: allocatable.get('pods') ?? 0,
    pods: byKey,
    requested,
    scoringRequested,
    hostPorts: pods.flatMap((info) => info.hostPorts),
  }
}

/** Host ports that a pod's containers, sidecars included, claim on their node. */
export function hostPortsOf(pod: Pod): HostPort[] {
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  return [...sidecars, ...(pod.spec?.containers ?? [])].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || '0.0.0.0', protocol: port.protocol ?? 'TCP', port: port.hostPort ?? 0 })),
  )
}

/** Two claims collide when port and protocol are equal and the addresses are, or one means all addresses. */
export function portsCollide(one: HostPort, other: HostPort): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false
  return one.ip === other.ip || one.ip === '0.0.0.0' || other.ip === '0.0.0.0'
}

function addTo(sum: ResourceAmounts, amounts: ResourceAmounts): void {
  for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + amount)
}
