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
    Eviction: `[kind] Asks to evict a pod, if its disruption budgets allow it.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      deleteOptions 2 *DeleteOptions | How the pod is deleted.`,
    PodDisruptionBudget: `[kind] Bounds how many pods may be evicted at a time.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PodDisruptionBudgetSpec | What is wanted.
      status 3 PodDisruptionBudgetStatus | What was last observed; written by the system.`,
    PodDisruptionBudgetSpec: `Which pods, and how many.
      minAvailable 1 *intOrString | Pods, or a percentage, that must stay.
      selector 2 *LabelSelector patch=replace | Labels of the pods; {} is all of the namespace.
      maxUnavailable 3 *intOrString | Pods, or a percentage, that may be missing.
      unhealthyPodEvictionPolicy 4 *string enum(AlwaysAllow,IfHealthyBudget) | IfHealthyBudget, or AlwaysAllow for pods that are not ready.`,
    PodDisruptionBudgetStatus: `What is known of the pods.
      observedGeneration 1 int64 | The generation that the controller has seen.
      disruptedPods 2 map[time] | Pods whose eviction is under way, and since when.
      disruptionsAllowed 3 int32 always | Pods that may be evicted now.
      currentHealthy 4 int32 always | Pods that are ready.
      desiredHealthy 5 int32 always | Pods that must stay ready.
      expectedPods 6 int32 always | Pods that there should be.
      conditions 7 []Condition map(type) patch=merge(type) | Aspects of the state.`,
  },
}
