/** policy v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const policyV1Schema: GroupVersionSchema = {
  key: 'policy/v1',
  group: 'policy',
  version: 'v1',
  protoPackage: 'k8s.io.api.policy.v1',
  served: true,
  resources: `
    poddisruptionbudgets poddisruptionbudget PodDisruptionBudget namespaced: all; short pdb
      /status PodDisruptionBudget: get patch update`,
  columns: `
    poddisruptionbudgets: Name/name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age`,
  types: {
    Eviction: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      deleteOptions 2 *DeleteOptions`,
    PodDisruptionBudget: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PodDisruptionBudgetSpec | What is wanted.
      status 3 PodDisruptionBudgetStatus | What was last observed; written by the system.`,
    PodDisruptionBudgetSpec: `
      minAvailable 1 *intOrString
      selector 2 *LabelSelector patch=replace
      maxUnavailable 3 *intOrString
      unhealthyPodEvictionPolicy 4 *string`,
    PodDisruptionBudgetStatus: `
      observedGeneration 1 int64
      disruptedPods 2 map[time]
      disruptionsAllowed 3 int32 always
      currentHealthy 4 int32 always
      desiredHealthy 5 int32 always
      expectedPods 6 int32 always
      conditions 7 []Condition map(type) patch=merge(type)`,
  },
}
