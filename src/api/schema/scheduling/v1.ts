/** scheduling.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const schedulingV1Schema: GroupVersionSchema = {
  key: 'scheduling/v1',
  group: 'scheduling.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.scheduling.v1',
  served: true,
  resources: `
    priorityclasses priorityclass PriorityClass cluster: all; short pc`,
  columns: `
    priorityclasses: Name/name, Value:integer, Global-Default:boolean, Age, PreemptionPolicy`,
  types: {
    PriorityClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      value 2 int32 always
      globalDefault 3 bool
      description 4 string
      preemptionPolicy 5 *string`,
  },
}
