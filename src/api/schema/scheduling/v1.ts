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
    PriorityClass: `[kind] A name for a priority of pods.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      value 2 int32 always | The priority; higher goes first.
      globalDefault 3 bool | For pods that name no class.
      description 4 string | When to use it.
      preemptionPolicy 5 *string enum(Never,PreemptLowerPriority) | Never, or PreemptLowerPriority (the default): whether other pods may be evicted.`,
  },
}
