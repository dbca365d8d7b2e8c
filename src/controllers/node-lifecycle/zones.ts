/**
 * How fast nodes of a zone may be given up: when many nodes fall silent at once, the network is the likelier culprit.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction
 */
import type { Node } from '../../api/types/core/v1.ts'

export interface EvictionRates {
  /** Nodes of a healthy zone given up per second. Default 0.1; 0: none. Source: `--node-eviction-rate`. */
  perSecond: number
  /** The same where most of a large zone is unhealthy. Default 0.01. Source: `--secondary-node-eviction-rate`. */
  secondaryPerSecond: number
  /** Zones of more nodes are large. Default 50. Source: `--large-cluster-size-threshold`. */
  largeAboveNodes: number
  /** From this share of unready nodes on, and more than two, a zone is unhealthy. Default 0.55. Source: `--unhealthy-zone-threshold`. */
  unhealthyShare: number
}

export const defaultEvictionRates: EvictionRates = {
  perSecond: 0.1,
  secondaryPerSecond: 0.01,
  largeAboveNodes: 50,
  unhealthyShare: 0.55,
}

/** `partial`: most of the zone is unready. `full`: all of it is. */
export type ZoneState = 'normal' | 'partial' | 'full'

export interface Zone {
  nodes: number
  unready: number
}

const excludedLabel = 'node.kubernetes.io/exclude-disruption'

/** Region and zone as upstream joins them, in metrics too; empty for a node that names neither. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`
}

export function stateOf({ nodes, unready }: Zone, { unhealthyShare }: EvictionRates): ZoneState {
  if (unready > 0 && unready === nodes) return 'full'
  return unready > 2 && unready / nodes >= unhealthyShare ? 'partial' : 'normal'
}

/** Counts zones, and lets nodes of each go one by one at the rate of its state; nobody where all zones are dead. */
export class Zones {
  readonly #rates: EvictionRates
  readonly #lastAdmittedMs = new Map<string, number>()
  #zones = new Map<string, Zone>()
  #stopped = false

  constructor(rates: EvictionRates) {
    this.#rates = rates
  }

  /** Not one node of the cluster is ready: that is no reason to move pods, for there is nowhere to move them to. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** Takes in which nodes are ready now. True when the cluster came back from not having one ready node. */
  survey(nodes: Iterable<{ node: Node; ready: boolean }>): boolean {
    const zones = new Map<string, Zone>()
    for (const { node, ready } of nodes) {
      if (node.metadata.labels?.[excludedLabel] !== undefined) continue
      const name = zoneOf(node)
      const zone = zones.get(name) ?? { nodes: 0, unready: 0 }
      zones.set(name, { nodes: zone.nodes + 1, unready: zone.unready + (ready ? 0 : 1) })
    }
    for (const name of this.#lastAdmittedMs.keys()) if (!zones.has(name)) this.#lastAdmittedMs.delete(name)
    const wasStopped = this.#stopped
    this.#zones = zones
    this.#stopped = zones.size > 0 && [...zones.values()].every((zone) => stateOf(zone, this.#rates) === 'full')
    return wasStopped && !this.#stopped
  }

  /** Milliseconds until this node may be given up; 0: now, and its zone's turn is taken. Infinite: not as things are. */
  turn(node: Node, nowMs: number): number {
    const zone = zoneOf(node)
    const perSecond = this.#stopped ? 0 : this.#perSecond(this.#zones.get(zone))
    if (perSecond <= 0) return Number.POSITIVE_INFINITY
    const waitMs = (this.#lastAdmittedMs.get(zone) ?? Number.NEGATIVE_INFINITY) + 1000 / perSecond - nowMs
    if (waitMs > 0) return waitMs
    this.#lastAdmittedMs.set(zone, nowMs)
    return 0
  }

  #perSecond(zone: Zone | undefined): number {
    const { perSecond, secondaryPerSecond, largeAboveNodes } = this.#rates
    if (!zone || stateOf(zone, this.#rates) !== 'partial') return perSecond
    return zone.nodes > largeAboveNodes ? secondaryPerSecond : 0
  }
}
