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
    Overhead: `
      podFixed 1 map[quantity]`,
    RuntimeClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      handler 2 string!
      overhead 3 *Overhead
      scheduling 4 *Scheduling`,
    Scheduling: `
      nodeSelector 1 map[string] atomic
      tolerations 2 []core/v1.Toleration atomic`,
  },
}
