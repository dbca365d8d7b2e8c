/** metrics.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const metricsV1beta1Schema: GroupVersionSchema = {
  key: 'metrics/v1beta1',
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.metrics.pkg.apis.metrics.v1beta1',
  served: false,
  resources: `
    nodes node NodeMetrics cluster: get list
    pods pod PodMetrics namespaced: get list`,
  columns: `
    nodes: Name/name, CPU, Memory, Window
    pods: Name/name, CPU, Memory, Window`,
  types: {
    ContainerMetrics: `What one container uses.
      name 1 string! | The container.
      usage 2 map[quantity]! | CPU and memory.`,
    NodeMetrics: `[kind] What a node uses.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      timestamp 2 time! | The end of the time it was measured over.
      window 3 duration! | How long it was measured.
      usage 4 map[quantity]! | CPU and memory.`,
    PodMetrics: `[kind] What a pod's containers use.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      timestamp 2 time! | The end of the time it was measured over.
      window 3 duration! | How long it was measured.
      containers 4 []ContainerMetrics! patch=merge(name) | Each container.`,
  },
}
