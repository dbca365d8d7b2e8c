/** `node_collector_*` by zone. Source: kube-controller-manager's node lifecycle controller. */
import type { Node } from '../../api/types/core/v1.ts'
import type { Informer } from '../../client/informer.ts'
import type { GaugeReading, Meters } from '../../client/meters.ts'

/** Region and zone with colons, as upstream joins them. */
export function zoneLabel({ metadata: { labels = {} } }: Node): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`
}

export function zoneGauges(meters: Meters | undefined, nodes: Informer<Node>): void {
  const read = (value: (all: number, ready: number) => number) => (): GaugeReading[] => {
    const zones = new Map<string, { all: number; ready: number }>()
    for (const node of nodes.list()) {
      const zone = zones.get(zoneLabel(node)) ?? { all: 0, ready: 0 }
      zone.all += 1
      if (node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) zone.ready += 1
      zones.set(zoneLabel(node), zone)
    }
    return [...zones].map(([name, { all, ready }]) => [[name], value(all, ready)])
  }
  meters?.gauge(
    'node_collector_zone_health',
    read((all, ready) => (100 * ready) / all),
  )
  meters?.gauge(
    'node_collector_zone_size',
    read((all) => all),
  )
  meters?.gauge(
    'node_collector_unhealthy_nodes_in_zone',
    read((all, ready) => all - ready),
  )
}
