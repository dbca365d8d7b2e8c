/** node.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const nodeV1Schema: GroupVersionSchema = {
  key: 'node/v1',
  group: 'node.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.node.v1',
  served: true,
  resources: `
    runtimeclasses runtimeclass RuntimeClass cluster: all`,
  columns: `
    runtimeclasses: Name/name, Handler, Age`,
  types: {
    Overhead: `Resources that running a pod takes beside its containers.
      podFixed 1 map[quantity] | The amounts.`,
    RuntimeClass: `[kind] A way of running pods.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      handler 2 string! | Name of the container runtime's handler.
      overhead 3 *Overhead | Resources that it takes beside the containers.
      scheduling 4 *Scheduling | Nodes that have it.`,
    Scheduling: `Nodes that have a runtime class.
      nodeSelector 1 map[string] atomic | Labels of the nodes.
      tolerations 2 []core/v1.Toleration atomic | Added to the pods.`,
  },
}
