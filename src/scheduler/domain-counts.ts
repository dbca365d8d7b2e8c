/**
 * How many pods of a kind each domain holds, where a domain is one value of one node label. Pods of one workload ask
 * the same again and again, so the answers are kept and follow each pod that comes or goes.
 */
import { matchesLabelSelector } from '../api/selectors/label.ts'
import type { Pod } from '../api/types/core/v1.ts'
import type { LabelSelector } from '../api/types/meta/v1.ts'
import { limits } from '../limits.ts'
import type { NodeInfo } from './node-info.ts'

export interface DomainQuery {
  namespace: string
  selector: LabelSelector | undefined
  topologyKey: string
}

/** Pods by domain; domains without such pods count zero. */
export type DomainCounts = ReadonlyMap<string, number>

/** Counts afresh. */
export function countDomains(query: DomainQuery, nodes: Iterable<NodeInfo>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const node of nodes) {
    const value = node.node.metadata.labels?.[query.topologyKey]
    if (value === undefined) continue
    let matching = counts.get(value) ?? 0
    for (const { pod } of node.pods.values()) if (matches(query, pod)) matching++
    counts.set(value, matching)
  }
  return counts
}

function matches({ namespace, selector }: DomainQuery, { metadata }: Pod): boolean {
  if (metadata.namespace !== namespace || metadata.deletionTimestamp) return false
  return matchesLabelSelector(selector, metadata.labels)
}

export class DomainCounter {
  /** In the order of use. */
  readonly #known = new Map<string, { query: DomainQuery; counts: Map<string, number> }>()

  count(query: DomainQuery, nodes: Iterable<NodeInfo>): DomainCounts {
    const key = JSON.stringify([query.namespace, query.topologyKey, query.selector])
    const known = this.#known.get(key) ?? { query, counts: countDomains(query, nodes) }
    this.#known.delete(key)
    this.#known.set(key, known)
    if (this.#known.size > limits.schedulerDomainCountsMax) {
      const { value: oldest } = this.#known.keys().next()
      if (oldest !== undefined) this.#known.delete(oldest)
    }
    return known.counts
  }

  /** A pod came to (1) or left (-1) a node. */
  change(pod: Pod, node: NodeInfo, by: 1 | -1): void {
    for (const { query, counts } of this.#known.values()) {
      const value = node.node.metadata.labels?.[query.topologyKey]
      if (value !== undefined && matches(query, pod)) counts.set(value, (counts.get(value) ?? 0) + by)
    }
  }

  /** Nodes came, went or were labelled anew. */
  forget(): void {
    this.#known.clear()
  }
}
