/**
 * Node selectors and node affinity, required and preferred.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
import { matchesNode, matchesTerm } from '../../api/node-selection.ts'
import type { NodeSelector } from '../../api/types/core/v1.ts'
import { type FilterPlugin, type NodeFilter, normalize, type ScorePlugin, skip, unresolvable } from './plugin.ts'

export const nodeAffinityFilter: FilterPlugin = {
  name: 'NodeAffinity',
  prepare(pod) {
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    if (!required && Object.keys(pod.spec?.nodeSelector ?? {}).length === 0) return skip
    const filter: NodeFilter = (node) =>
      matchesNode(pod, node.node) ? undefined : unresolvable("node(s) didn't match Pod's node affinity/selector")
    const only = required && namedNodes(required)
    if (only?.size === 0) return { kind: 'reject', reason: 'pod affinity terms conflict' }
    return only ? { kind: 'filter', filter, only } : { kind: 'filter', filter }
  },
}

/** The nodes that every term names, as a DaemonSet's pods do; undefined when some term leaves the name open. */
function namedNodes({ nodeSelectorTerms }: NodeSelector): ReadonlySet<string> | undefined {
  const named = new Set<string>()
  if (nodeSelectorTerms.length === 0) return undefined
  for (const { matchFields = [] } of nodeSelectorTerms) {
    const lists = matchFields
      .filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
      .map(({ values }) => new Set(values))
    if (lists.length === 0) return undefined
    for (const name of lists.reduce((one, other) => one.intersection(other))) named.add(name)
  }
  return named
}

export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  score(pod, nodes) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    if (preferred.length === 0) return undefined
    const sums = nodes.map((node) =>
      preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node.node) ? weight : 0), 0),
    )
    return normalize(sums)
  },
}
