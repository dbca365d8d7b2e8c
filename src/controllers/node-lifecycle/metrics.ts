/** `node_collector_*` by zone. Source: kube-controller-manager's node lifecycle controller. */
import type { Node } from '../../api/types/core/v1.ts'
import type { Informer } from '../../client/informer.ts'
import type { GaugeReading, Meters } from '../../client/meters.ts'
import { zoneOf } from './zones.ts'

export function zoneGauges(meters: Meters | undefined, nodes: Informer<Node>): void {
  const read = (value: (all: number, ready: number) => number) => (): GaugeReading[] => {
    const zones = new Map<string, { all: number; ready: number }>()
    for (const node of nodes.list()) {
      const zone = zones.get(zoneOf(node)) ?? { all: 0, ready: 0 }
      zone.all += 1
      if (node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) zone.ready += 1
      zones.set(zoneOf(node), zone)
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
