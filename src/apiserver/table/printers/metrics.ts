/** Rows of metrics.k8s.io: a pod's is the sum of its containers. */
import { addQuantities } from '../../../api/quantity.ts'
import type { NodeMetrics, PodMetrics } from '../../../api/types/metrics/v1beta1.ts'
import { type Printers, printer } from '../printer.ts'

export const metricsPrinters: Printers = {
  nodes: printer<NodeMetrics>(({ metadata, usage, window }) => [
    metadata.name,
    usage?.cpu ?? '0',
    usage?.memory ?? '0',
    window,
  ]),
  pods: printer<PodMetrics>(({ metadata, containers = [], window }) => {
    const sum = (name: string) =>
      containers.reduce((total, { usage }) => addQuantities(total, usage?.[name] ?? '0'), '0')
    return [metadata.name, sum('cpu'), sum('memory'), window]
  }),
}
