/**
 * A node as the scheduler sees it: the object, the pods on it (assumed ones included) and what they use, kept as sums
 * so that a filter is a few comparisons. It changes in place, pod by pod: placing a pod never looks at the others.
 */
import { type HostPort, hostPortsOf } from '../api/host-ports.ts'
import { inUse, nodeAllocatable, podRequests, podScoringRequests, type ResourceAmounts } from '../api/pod-requests.ts'
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

/** Of one resource: what there is, what pods request, and the same with the default for containers that name none. */
export interface Use {
  total: number
  requested: number
  scoringRequested: number
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
  /** What every comparison of nodes asks for, again and again: the same sums without a look-up. */
  readonly cpu: Readonly<Use>
  readonly memory: Readonly<Use>
  readonly hostPorts: readonly HostPort[]
  /** Sizes in bytes by image name. */
  readonly images: ReadonlyMap<string, number>
}

export class LiveNodeInfo implements NodeInfo {
  readonly name: string
  readonly pods = new Map<string, PodInfo>()
  readonly requested: ResourceAmounts = new Map()
  readonly cpu: Use = { total: 0, requested: 0, scoringRequested: 0 }
  readonly memory: Use = { total: 0, requested: 0, scoringRequested: 0 }
  hostPorts: HostPort[] = []
  node!: Node
  allocatable!: ResourceAmounts
  allowedPods = 0
  images!: ReadonlyMap<string, number>

  constructor(node: Node, pods: Iterable<PodInfo> = []) {
    this.name = node.metadata.name ?? ''
    this.setNode(node)
    for (const pod of pods) this.add(pod)
  }

  /** The node object changed; its pods did not. */
  setNode(node: Node): void {
    this.node = node
    this.allocatable = nodeAllocatable(node)
    this.allowedPods = this.allocatable.get('pods') ?? 0
    this.images = imagesOf(node)
    this.cpu.total = this.allocatable.get('cpu') ?? 0
    this.memory.total = this.allocatable.get('memory') ?? 0
  }

  add(info: PodInfo): void {
    this.pods.set(uidOf(info.pod), info)
    this.#use(info, 1)
    this.hostPorts.push(...info.hostPorts)
  }

  remove(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid)
    if (!info) return undefined
    this.pods.delete(uid)
    this.#use(info, -1)
    if (info.hostPorts.length > 0) this.hostPorts = [...this.pods.values()].flatMap((pod) => pod.hostPorts)
    return info
  }

  #use({ requests, scoringRequests }: PodInfo, sign: 1 | -1): void {
    addTo(this.requested, requests, sign)
    this.cpu.requested += sign * (requests.get('cpu') ?? 0)
    this.memory.requested += sign * (requests.get('memory') ?? 0)
    this.cpu.scoringRequested += sign * (scoringRequests.get('cpu') ?? 0)
    this.memory.scoringRequested += sign * (scoringRequests.get('memory') ?? 0)
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
  const used = inUse(pod)
  return {
    pod,
    requests: podRequests(used),
    scoringRequests: podScoringRequests(used),
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
