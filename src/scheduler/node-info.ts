/**
 * A node as the scheduler sees it: the object, the pods on it (assumed ones included) and what they use, kept as sums
 * so that a filter is a few comparisons. It changes in place, pod by pod: placing a pod never looks at the others.
 */
import { type HostPort, hostPortsOf } from '../api/host-ports.ts'
import { nodeAllocatable, podRequests, podScoringRequests, type ResourceAmounts } from '../api/pod-requests.ts'
import type { Node, Pod } from '../api/types/core/v1.ts'

export interface PodInfo {
  pod: Pod
  requests: ResourceAmounts
  /** Requests with a small default for containers that name none, so that they count when nodes are compared. */
  scoringRequests: ResourceAmounts
  hostPorts: readonly HostPort[]
  hasRequiredAntiAffinity: boolean
  hasAffinity: boolean
}

/** What filters and scores read. */
export interface NodeInfo {
  readonly name: string
  readonly node: Node
  readonly allocatable: ResourceAmounts
  readonly allowedPods: number
  /** By uid. */
  readonly pods: ReadonlyMap<string, PodInfo>
  readonly requested: ResourceAmounts
  readonly scoringRequested: ResourceAmounts
  readonly hostPorts: readonly HostPort[]
  /** Sizes in bytes by image name. */
  readonly images: ReadonlyMap<string, number>
}

export class LiveNodeInfo implements NodeInfo {
  readonly name: string
  readonly pods = new Map<string, PodInfo>()
  readonly requested: ResourceAmounts = new Map()
  readonly scoringRequested: ResourceAmounts = new Map()
  hostPorts: HostPort[] = []
  node: Node
  allocatable: ResourceAmounts
  allowedPods: number
  images: ReadonlyMap<string, number>

  constructor(node: Node, pods: Iterable<PodInfo> = []) {
    this.name = node.metadata.name ?? ''
    this.node = node
    this.allocatable = nodeAllocatable(node)
    this.allowedPods = this.allocatable.get('pods') ?? 0
    this.images = imagesOf(node)
    for (const pod of pods) this.add(pod)
  }

  /** The node object changed; its pods did not. */
  setNode(node: Node): void {
    this.node = node
    this.allocatable = nodeAllocatable(node)
    this.allowedPods = this.allocatable.get('pods') ?? 0
    this.images = imagesOf(node)
  }

  add(info: PodInfo): void {
    this.pods.set(uidOf(info.pod), info)
    addTo(this.requested, info.requests, 1)
    addTo(this.scoringRequested, info.scoringRequests, 1)
    this.hostPorts.push(...info.hostPorts)
  }

  remove(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid)
    if (!info) return undefined
    this.pods.delete(uid)
    addTo(this.requested, info.requests, -1)
    addTo(this.scoringRequested, info.scoringRequests, -1)
    if (info.hostPorts.length > 0) this.hostPorts = [...this.pods.values()].flatMap((pod) => pod.hostPorts)
    return info
  }
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? ''
}

export function priorityOf(pod: Pod): number {
  return pod.spec?.priority ?? 0
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

function imagesOf(node: Node): ReadonlyMap<string, number> {
  const images = new Map<string, number>()
  for (const { names = [], sizeBytes = 0 } of node.status?.images ?? []) {
    for (const name of names) images.set(name, sizeBytes)
  }
  return images
}

function addTo(sum: ResourceAmounts, amounts: ResourceAmounts, sign: 1 | -1): void {
  for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + sign * amount)
}
