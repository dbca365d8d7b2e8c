/** The default profile: filters in the order they are asked, scores with their weights. */
import { imageLocality } from './image-locality.ts'
import { interPodAffinityFilter, interPodAffinityScore } from './inter-pod-affinity.ts'
import { nodeAffinityFilter, nodeAffinityScore } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { balancedAllocation, leastAllocated, nodeResourcesFit } from './node-resources.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import type { FilterPlugin, ProfileOptions, ScorePlugin } from './plugin.ts'
import { podTopologySpreadFilter, podTopologySpreadScore } from './pod-topology-spread.ts'
import { taintTolerationFilter, taintTolerationScore } from './taint-toleration.ts'

export const filters: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintTolerationFilter,
  nodeAffinityFilter,
  nodePorts,
  nodeResourcesFit,
  podTopologySpreadFilter,
  interPodAffinityFilter,
]

export const scores: readonly ScorePlugin[] = [
  taintTolerationScore,
  nodeAffinityScore,
  podTopologySpreadScore,
  interPodAffinityScore,
  leastAllocated,
  balancedAllocation,
  imageLocality,
]

/** The default profile with changes: plugins left out, replaced by others of the same name, or added at the end. */
export function profileOf(options: ProfileOptions = {}): {
  filters: readonly FilterPlugin[]
  scores: readonly ScorePlugin[]
} {
  const { disabled = [], filters: ownFilters = [], scores: ownScores = [] } = options
  const joined = <P extends { name: string }>(standard: readonly P[], own: readonly P[]): P[] => {
    const left = new Set([...disabled, ...own.map(({ name }) => name)])
    return [...standard.filter(({ name }) => !left.has(name)), ...own]
  }
  return { filters: joined(filters, ownFilters), scores: joined(scores, ownScores) }
}
