/**
 * Whether a pod's requests fit what is left of a node, and which node is left most evenly used.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing/
 */
import { podRequests, podScoringRequests, type ResourceAmounts } from '../../api/pod-requests.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { NodeInfo, Use } from '../node-info.ts'
import { type FilterPlugin, filterBy, type Rejection, type ScorePlugin } from './plugin.ts'

export const nodeResourcesFit: FilterPlugin = nodeResourcesFitBeside(() => false)

/** Leaves alone what others serve on the node: devices may stand for a resource that the node itself does not count. */
export function nodeResourcesFitBeside(isServed: (resource: string, node: NodeInfo) => boolean): FilterPlugin {
  return {
    name: 'NodeResourcesFit',
    prepare(pod) {
      const wanted = podRequests(pod)
      for (const [resource, amount] of wanted) if (amount === 0) wanted.delete(resource)
      return filterBy((node) => rejectionOf(wanted, node, isServed))
    },
  }
}

/** What a node lacks for the wanted amounts, as the kubelet's admission asks too. */
export function insufficient(wanted: ResourceAmounts, node: NodeInfo): { resource: string; exceedsNode: boolean }[] {
  const lacking: { resource: string; exceedsNode: boolean }[] = []
  if (node.pods.size + 1 > node.allowedPods) lacking.push({ resource: 'pods', exceedsNode: false })
  for (const [resource, amount] of wanted) {
    if (amount === 0) continue
    const total = node.allocatable.get(resource) ?? 0
    if (amount > total - (node.requested.get(resource) ?? 0)) lacking.push({ resource, exceedsNode: amount > total })
  }
  return lacking
}

function rejectionOf(
  wanted: ResourceAmounts,
  node: NodeInfo,
  isServed: (resource: string, node: NodeInfo) => boolean,
): Rejection | undefined {
  if (wanted.size === 0 && node.pods.size < node.allowedPods) return undefined
  const lacking = insufficient(wanted, node).filter(({ resource }) => !isServed(resource, node))
  if (lacking.length === 0) return undefined
  return {
    reasons: lacking.map(({ resource }) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`)),
    preemptionMightHelp: !lacking.some(({ exceedsNode }) => exceedsNode),
  }
}

/** Prefers nodes with more of cpu and memory left. */
export const leastAllocated: ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  score(pod, nodes) {
    const wanted = podScoringRequests(pod)
    const [cpu, memory] = [wanted.get('cpu') ?? 0, wanted.get('memory') ?? 0]
    return nodes.map((node) => Math.floor((freeShare(node.cpu, cpu) + freeShare(node.memory, memory)) / 2))
  },
}

/** What would be left, in percent. */
function freeShare({ total, scoringRequested }: Use, wanted: number): number {
  const used = scoringRequested + wanted
  return total === 0 || used > total ? 0 : Math.floor(((total - used) * 100) / total)
}

/** Prefers nodes whose cpu and memory would be used in like measure. */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score(pod: Pod, nodes) {
    const wanted = podRequests(pod)
    if (![...wanted.values()].some((amount) => amount > 0)) return undefined
    const [cpu, memory] = [wanted.get('cpu') ?? 0, wanted.get('memory') ?? 0]
    return nodes.map((node) =>
      Math.floor((1 - Math.abs(usedFraction(node.cpu, cpu) - usedFraction(node.memory, memory)) / 2) * 100),
    )
  },
}

function usedFraction({ total, requested }: Use, wanted: number): number {
  return total === 0 ? 1 : Math.min(1, (requested + wanted) / total)
}
