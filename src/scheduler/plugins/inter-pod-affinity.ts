/**
 * Places pods near or away from other pods, in the domains of a node label.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../../api/types/core/v1.ts'
import type { LabelSelector } from '../../api/types/meta/v1.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { type FilterPlugin, filterBy, type ScorePlugin, skip, unfit, unresolvable } from './plugin.ts'

export const interPodAffinityFilter: FilterPlugin = {
  name: 'InterPodAffinity',
  prepare(pod, snapshot) {
    const affinity = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    const antiAffinity = pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    const refusedDomains = domainsRefusing(pod, snapshot)
    if (affinity.length === 0 && antiAffinity.length === 0 && refusedDomains.size === 0) return skip
    const near = affinity.map((term) => ({ term, domains: domainsWith(term, pod, snapshot) }))
    const far = antiAffinity.map((term) => ({ term, domains: domainsWith(term, pod, snapshot) }))
    const firstOfItsKind = near.every(
      ({ term, domains }) => domains.size === 0 && termMatches(term, pod, pod, snapshot),
    )
    return filterBy((node) => {
      const labels = node.node.metadata.labels ?? {}
      if (near.some(({ term }) => labels[term.topologyKey] === undefined)) {
        return unresolvable("node(s) didn't match pod affinity rules")
      }
      if (!firstOfItsKind && near.some(({ term, domains }) => !domains.has(labels[term.topologyKey] ?? ''))) {
        return unresolvable("node(s) didn't match pod affinity rules")
      }
      if (far.some(({ term, domains }) => domains.has(labels[term.topologyKey] ?? '\u0000'))) {
        return unfit("node(s) didn't match pod anti-affinity rules")
      }
      const refused = Object.entries(labels).some(([key, value]) => refusedDomains.has(domainKey(key, value)))
      return refused ? unfit("node(s) didn't satisfy existing pods anti-affinity rules") : undefined
    })
  },
}

export const interPodAffinityScore: ScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  score(pod, nodes, snapshot) {
    const weights = new Map<string, number>()
    const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
    const prefers =
      (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0 ||
      (podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0
    for (const node of prefers ? snapshot.nodes : snapshot.nodesWithAffinity) {
      for (const { pod: other, hasAffinity } of node.pods.values()) {
        if (prefers) addPreferences(weights, { of: pod, towards: other, on: node, snapshot })
        if (!hasAffinity) continue
        addPreferences(weights, { of: other, towards: pod, on: node, snapshot })
        addHardAffinity(weights, { of: other, towards: pod, on: node, snapshot })
      }
    }
    if (weights.size === 0) return undefined
    const sums = nodes.map((node) =>
      Object.entries(node.node.metadata.labels ?? {}).reduce(
        (sum, [key, value]) => sum + (weights.get(domainKey(key, value)) ?? 0),
        0,
      ),
    )
    const [most, least] = [Math.max(...sums), Math.min(...sums)]
    return sums.map((sum) => (most === least ? 0 : Math.floor((100 * (sum - least)) / (most - least))))
  },
}

/** A domain is one value of one topology label. */
function domainKey(topologyKey: string, value: string): string {
  return `${topologyKey}=${value}`
}

function domainsWith(term: PodAffinityTerm, pod: Pod, snapshot: Snapshot): Set<string> {
  const domains = new Set<string>()
  for (const node of snapshot.nodes) {
    const value = node.node.metadata.labels?.[term.topologyKey]
    if (value === undefined || domains.has(value)) continue
    for (const { pod: other } of node.pods.values()) {
      if (termMatches(term, pod, other, snapshot)) {
        domains.add(value)
        break
      }
    }
  }
  return domains
}

/** Domains where a running pod's required anti-affinity keeps this pod out. */
function domainsRefusing(pod: Pod, snapshot: Snapshot): Set<string> {
  const domains = new Set<string>()
  for (const node of snapshot.nodesWithAntiAffinity) {
    for (const { pod: other, hasRequiredAntiAffinity } of node.pods.values()) {
      if (!hasRequiredAntiAffinity) continue
      for (const term of other.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
        const value = node.node.metadata.labels?.[term.topologyKey]
        if (value !== undefined && termMatches(term, other, pod, snapshot))
          domains.add(domainKey(term.topologyKey, value))
      }
    }
  }
  return domains
}

/** Whether `other` is one that `owner`'s term speaks of. */
function termMatches(term: PodAffinityTerm, owner: Pod, other: Pod, snapshot: Snapshot): boolean {
  if (other.metadata.deletionTimestamp) return false
  if (!namespaceMatches(term, owner, other.metadata.namespace ?? '', snapshot)) return false
  if (term.labelSelector === undefined) return false
  return matchesLabelSelector(withLabelKeys(term, owner), other.metadata.labels)
}

function namespaceMatches(term: PodAffinityTerm, owner: Pod, namespace: string, snapshot: Snapshot): boolean {
  const named = term.namespaces ?? []
  if (named.includes(namespace)) return true
  if (term.namespaceSelector) return matchesLabelSelector(term.namespaceSelector, snapshot.namespaceLabels(namespace))
  return named.length === 0 && namespace === owner.metadata.namespace
}

function withLabelKeys(term: PodAffinityTerm, owner: Pod): LabelSelector | undefined {
  const requirement = (operator: string) => (key: string) => ({
    key,
    operator,
    values: [owner.metadata.labels?.[key] ?? ''],
  })
  const present = (key: string) => owner.metadata.labels?.[key] !== undefined
  const added = [
    ...(term.matchLabelKeys ?? []).filter(present).map(requirement('In')),
    ...(term.mismatchLabelKeys ?? []).filter(present).map(requirement('NotIn')),
  ]
  if (added.length === 0) return term.labelSelector
  return { ...term.labelSelector, matchExpressions: [...(term.labelSelector?.matchExpressions ?? []), ...added] }
}

/** A pod that requires company near it makes its domain a little better for that company. Source: hardPodAffinityWeight. */
const hardAffinityWeight = 1

function addHardAffinity(
  weights: Map<string, number>,
  { of, towards, on, snapshot }: { of: Pod; towards: Pod; on: NodeInfo; snapshot: Snapshot },
): void {
  for (const term of of.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    const value = on.node.metadata.labels?.[term.topologyKey]
    if (value === undefined || !termMatches(term, of, towards, snapshot)) continue
    const key = domainKey(term.topologyKey, value)
    weights.set(key, (weights.get(key) ?? 0) + hardAffinityWeight)
  }
}

function addPreferences(
  weights: Map<string, number>,
  { of, towards, on, snapshot }: { of: Pod; towards: Pod; on: NodeInfo; snapshot: Snapshot },
): void {
  const add = (terms: readonly WeightedPodAffinityTerm[] | undefined, sign: 1 | -1) => {
    for (const { weight, podAffinityTerm: term } of terms ?? []) {
      const value = on.node.metadata.labels?.[term.topologyKey]
      if (value === undefined || !termMatches(term, of, towards, snapshot)) continue
      const key = domainKey(term.topologyKey, value)
      weights.set(key, (weights.get(key) ?? 0) + sign * weight)
    }
  }
  add(of.spec?.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, 1)
  add(of.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, -1)
}
