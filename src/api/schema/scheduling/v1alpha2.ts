/** scheduling.k8s.io v1alpha2: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const schedulingV1alpha2Schema: GroupVersionSchema = {
  key: 'scheduling/v1alpha2',
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  protoPackage: 'k8s.io.api.scheduling.v1alpha2',
  served: false,
  resources: `
    podgroups podgroup PodGroup namespaced: all
      /status PodGroup: get patch update
    workloads workload Workload namespaced: all`,
  types: {
    BasicSchedulingPolicy: ``,
    GangSchedulingPolicy: `
      minCount 1 int32!`,
    PodGroup: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PodGroupSpec! | What is wanted.
      status 3 PodGroupStatus | What was last observed; written by the system.`,
    PodGroupResourceClaim: `
      name 1 string!
      resourceClaimName 2 *string
      resourceClaimTemplateName 3 *string`,
    PodGroupResourceClaimStatus: `
      name 1 string!
      resourceClaimName 2 *string`,
    PodGroupSchedulingConstraints: `
      topology 1 []TopologyConstraint atomic`,
    PodGroupSchedulingPolicy: `[union(basic=Basic,gang=Gang)]
      basic 1 *BasicSchedulingPolicy
      gang 2 *GangSchedulingPolicy`,
    PodGroupSpec: `
      podGroupTemplateRef 1 *PodGroupTemplateReference always
      schedulingPolicy 2 PodGroupSchedulingPolicy!
      schedulingConstraints 3 *PodGroupSchedulingConstraints
      resourceClaims 4 []PodGroupResourceClaim map(name) patch=merge,retainKeys(name)
      disruptionMode 5 *string default="Pod"
      priorityClassName 6 string
      priority 7 *int32`,
    PodGroupStatus: `
      conditions 1 []Condition map(type) patch=merge(type)
      resourceClaimStatuses 2 []PodGroupResourceClaimStatus map(name) patch=merge,retainKeys(name)`,
    PodGroupTemplate: `
      name 1 string!
      schedulingPolicy 2 PodGroupSchedulingPolicy!
      schedulingConstraints 3 *PodGroupSchedulingConstraints always
      resourceClaims 4 []PodGroupResourceClaim map(name) patch=merge,retainKeys(name)
      disruptionMode 5 *string
      priorityClassName 6 string
      priority 7 *int32`,
    PodGroupTemplateReference: `[union(workload=Workload)]
      workload 1 *WorkloadPodGroupTemplateReference always`,
    TopologyConstraint: `
      key 1 string!`,
    TypedLocalObjectReference: `
      apiGroup 1 string
      kind 2 string!
      name 3 string!`,
    Workload: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 WorkloadSpec! | What is wanted.`,
    WorkloadPodGroupTemplateReference: `
      workloadName 1 string!
      podGroupTemplateName 2 string!`,
    WorkloadSpec: `
      controllerRef 1 *TypedLocalObjectReference
      podGroupTemplates 2 []PodGroupTemplate! map(name)`,
  },
}
