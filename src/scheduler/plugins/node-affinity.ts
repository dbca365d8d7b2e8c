/**
 * Node selectors and node affinity, required and preferred.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
import { matchesNode, matchesTerm } from '../../api/node-selection.ts'
import { type FilterPlugin, filterBy, normalize, type ScorePlugin, skip, unresolvable } from './plugin.ts'

export const nodeAffinityFilter: FilterPlugin = {
  name: 'NodeAffinity',
  prepare(pod) {
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    if (!required && Object.keys(pod.spec?.nodeSelector ?? {}).length === 0) return skip
    return filterBy((node) =>
      matchesNode(pod, node.node) ? undefined : unresolvable("node(s) didn't match Pod's node affinity/selector"),
    )
  },
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
