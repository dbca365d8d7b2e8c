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
  columns: `
    podgroups: Name/name, Policy, Workload, Status, Age`,
  types: {
    BasicSchedulingPolicy: `Pods are placed one by one.`,
    GangSchedulingPolicy: `Pods are placed together or not at all.
      minCount 1 int32! | Pods that must be placed together.`,
    PodGroup: `[kind] Pods that are scheduled together.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PodGroupSpec! | What is wanted.
      status 3 PodGroupStatus | What was last observed; written by the system.`,
    PodGroupResourceClaim: `Gives a group a claim of devices.
      name 1 string! | Its name in the group.
      resourceClaimName 2 *string | An existing claim in the same namespace.
      resourceClaimTemplateName 3 *string | A template from which a claim is made for the group.`,
    PodGroupResourceClaimStatus: `The claim that stands behind an entry of spec.resourceClaims.
      name 1 string! | The entry's name.
      resourceClaimName 2 *string | The claim made for it.`,
    PodGroupSchedulingConstraints: `Where a group may be.
      topology 1 []TopologyConstraint atomic | The pods are near each other.`,
    PodGroupSchedulingPolicy: `[union(basic=Basic,gang=Gang)] How a group is placed; one of these.
      basic 1 *BasicSchedulingPolicy | One by one.
      gang 2 *GangSchedulingPolicy | Together or not at all.`,
    PodGroupSpec: `What a group is like.
      podGroupTemplateRef 1 *PodGroupTemplateReference always | The template that it was made from.
      schedulingPolicy 2 PodGroupSchedulingPolicy! | How it is placed.
      schedulingConstraints 3 *PodGroupSchedulingConstraints gate=TopologyAwareWorkloadScheduling | Where it may be.
      resourceClaims 4 []PodGroupResourceClaim map(name) patch=merge,retainKeys(name) gate=DRAWorkloadResourceClaims | Devices that it needs.
      disruptionMode 5 *string default="Pod" enum(Pod,PodGroup) gate=WorkloadAwarePreemption | Pod or PodGroup: whether preemption evicts single pods or all.
      priorityClassName 6 string gate=WorkloadAwarePreemption | The PriorityClass that gives it its priority.
      priority 7 *int32 gate=WorkloadAwarePreemption | Taken from the PriorityClass; higher goes first.`,
    PodGroupStatus: `What is known of a group.
      conditions 1 []Condition map(type) patch=merge(type) | Aspects of the state.
      resourceClaimStatuses 2 []PodGroupResourceClaimStatus map(name) patch=merge,retainKeys(name) gate=DRAWorkloadResourceClaims | Claims that were made for it.`,
    PodGroupTemplate: `What groups look like.
      name 1 string! | Its name in the workload.
      schedulingPolicy 2 PodGroupSchedulingPolicy! | How groups are placed.
      schedulingConstraints 3 *PodGroupSchedulingConstraints always gate=TopologyAwareWorkloadScheduling | Where groups may be.
      resourceClaims 4 []PodGroupResourceClaim map(name) patch=merge,retainKeys(name) gate=DRAWorkloadResourceClaims | Devices that groups need.
      disruptionMode 5 *string enum(Pod,PodGroup) gate=WorkloadAwarePreemption | Pod or PodGroup: whether preemption evicts single pods or all.
      priorityClassName 6 string gate=WorkloadAwarePreemption | The PriorityClass that gives groups their priority.
      priority 7 *int32 gate=WorkloadAwarePreemption | Taken from the PriorityClass; higher goes first.`,
    PodGroupTemplateReference: `[union(workload=Workload)] Names a template.
      workload 1 *WorkloadPodGroupTemplateReference always | A template of a workload.`,
    TopologyConstraint: `Pods that are near each other.
      key 1 string! | Nodes with the same value of this label are near.`,
    TypedLocalObjectReference: `Names an object of any kind in the same namespace.
      apiGroup 1 string | Its API group; absent for the core group.
      kind 2 string! | Its kind.
      name 3 string! | Its name.`,
    Workload: `[kind] Templates of the groups that an application consists of.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 WorkloadSpec! | What is wanted.`,
    WorkloadPodGroupTemplateReference: `Names a template of a workload.
      workloadName 1 string! | Name of the workload.
      podGroupTemplateName 2 string! | Name of the template in it.`,
    WorkloadSpec: `The templates, and whose they are.
      controllerRef 1 *TypedLocalObjectReference | The object that manages the groups.
      podGroupTemplates 2 []PodGroupTemplate! map(name) | The templates.`,
  },
}
