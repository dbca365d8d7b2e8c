/**
 * Spreads pods over zones, hosts or any label's values. Pods that set no constraints and belong to a Service or a
 * workload get the cluster's defaults as a preference (KEP-1258).
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */

import { matchesNode } from '../../api/node-selection.ts'
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import { tolerates } from '../../api/tolerations.ts'
import type { Pod, TopologySpreadConstraint } from '../../api/types/core/v1.ts'
import type { LabelSelector } from '../../api/types/meta/v1.ts'
import { countDomains, type DomainCounts } from '../domain-counts.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { type FilterPlugin, filterBy, type ScorePlugin, skip, unfit, unresolvable } from './plugin.ts'

const mismatch = "node(s) didn't match pod topology spread constraints"

export const podTopologySpreadFilter: FilterPlugin = {
  name: 'PodTopologySpread',
  prepare(pod, snapshot) {
    const constraints = (pod.spec?.topologySpreadConstraints ?? [])
      .filter((constraint) => constraint.whenUnsatisfiable === 'DoNotSchedule')
      .map((constraint) => prepared(constraint, pod))
    if (constraints.length === 0) return skip
    // A node that lacks the label of one constraint is in no domain of any.
    const keys = constraints.map(({ topologyKey }) => topologyKey)
    const counted = constraints.map((constraint) => {
      const counts = countsOf(constraint, pod, { snapshot, keys })
      const selfMatch = matchesLabelSelector(constraint.selector, pod.metadata.labels) ? 1 : 0
      return { constraint, counts, selfMatch, least: leastOf(counts, constraint.minDomains ?? 1) }
    })
    return filterBy((node) => {
      for (const { constraint, counts, selfMatch, least } of counted) {
        const value = node.node.metadata.labels?.[constraint.topologyKey]
        if (value === undefined) return unresolvable(`${mismatch} (missing required label)`)
        if ((counts.get(value) ?? 0) + selfMatch - least > constraint.maxSkew) return unfit(mismatch)
      }
      return undefined
    })
  },
}

export const podTopologySpreadScore: ScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  score(pod, nodes, snapshot) {
    const own = (pod.spec?.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === 'ScheduleAnyway')
    const defaults = pod.spec?.topologySpreadConstraints?.length ? [] : defaultConstraints(pod)
    const constraints = [...own, ...defaults].map((constraint) => prepared(constraint, pod))
    if (constraints.length === 0) return undefined
    const counted = constraints.map((constraint) => ({
      constraint,
      counts: countsOf(constraint, pod, { snapshot, keys: [constraint.topologyKey] }),
    }))
    const sums = nodes.map((node) => crowding(node, counted))
    const [most, least] = [Math.max(...sums), Math.min(...sums)]
    return sums.map((sum) => (most === 0 ? 100 : Math.floor((100 * (most + least - sum)) / most)))
  },
}

/** The emptiest domain's pods; none when there are fewer domains than wanted. */
function leastOf(counts: ReadonlyMap<string, number>, minDomains: number): number {
  if (counts.size < minDomains) return 0
  let least = Number.POSITIVE_INFINITY
  for (const count of counts.values()) least = Math.min(least, count)
  return Number.isFinite(least) ? least : 0
}

interface Prepared {
  topologyKey: string
  maxSkew: number
  minDomains: number | undefined
  selector: LabelSelector | undefined
  honorsAffinity: boolean
  honorsTaints: boolean
}

function prepared(constraint: TopologySpreadConstraint, pod: Pod): Prepared {
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains,
    selector: withMatchLabelKeys(constraint, pod),
    honorsAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  }
}

function withMatchLabelKeys(constraint: TopologySpreadConstraint, pod: Pod): LabelSelector | undefined {
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => pod.metadata.labels?.[key] !== undefined)
  if (keys.length === 0) return constraint.labelSelector
  const added = keys.map((key) => ({ key, operator: 'In', values: [pod.metadata.labels?.[key] ?? ''] }))
  const selector = constraint.labelSelector ?? {}
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] }
}

/**
 * Matching pods per topology value, over nodes that the pod could use at all and that have all of `keys`. When those are
 * all nodes with the constraint's own key, the snapshot knows.
 */
function countsOf(
  constraint: Prepared,
  pod: Pod,
  { snapshot, keys }: { snapshot: Snapshot; keys: readonly string[] },
): DomainCounts {
  const query = {
    namespace: pod.metadata.namespace ?? '',
    selector: constraint.selector,
    topologyKey: constraint.topologyKey,
  }
  const anyNode = !constraint.honorsTaints && !(constraint.honorsAffinity && choosesNodes(pod))
  if (anyNode && keys.every((key) => key === constraint.topologyKey)) return snapshot.podsByDomain(query)
  const counted = snapshot.nodes.filter(
    (node) => keys.every((key) => node.node.metadata.labels?.[key] !== undefined) && countsNode(constraint, pod, node),
  )
  return countDomains(query, counted)
}

function choosesNodes({ spec }: Pod): boolean {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required !== undefined || Object.keys(spec?.nodeSelector ?? {}).length > 0
}

function countsNode(constraint: Prepared, pod: Pod, node: NodeInfo): boolean {
  if (constraint.honorsAffinity && !matchesNode(pod, node.node)) return false
  if (!constraint.honorsTaints) return true
  return (node.node.spec?.taints ?? []).every(
    (taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod.spec?.tolerations, taint),
  )
}

/** Larger for fuller domains; domains of a key with many values weigh more. */
function crowding(node: NodeInfo, counted: readonly { constraint: Prepared; counts: DomainCounts }[]): number {
  let sum = 0
  for (const { constraint, counts } of counted) {
    const value = node.node.metadata.labels?.[constraint.topologyKey]
    if (value !== undefined) sum += (counts.get(value) ?? 0) * Math.log(counts.size + 2) + (constraint.maxSkew - 1)
  }
  return Math.round(sum)
}

/** The built-in defaults: hosts (skew 3) and zones (skew 5), for pods that a controller made from one template. */
function defaultConstraints(pod: Pod): TopologySpreadConstraint[] {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller)
  if (!owner || !pod.metadata.labels) return []
  const labelSelector = { matchLabels: pod.metadata.labels }
  return [
    { topologyKey: 'kubernetes.io/hostname', maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway', labelSelector },
    { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway', labelSelector },
  ]
}
