/** resource.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const resourceV1beta1Schema: GroupVersionSchema = {
  key: 'resource/v1beta1',
  group: 'resource.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.api.resource.v1beta1',
  served: false,
  resources: `
    deviceclasses deviceclass DeviceClass cluster: all
    resourceclaims resourceclaim ResourceClaim namespaced: all
      /status ResourceClaim: get patch update
    resourceclaimtemplates resourceclaimtemplate ResourceClaimTemplate namespaced: all
    resourceslices resourceslice ResourceSlice cluster: all`,
  types: {
    AllocatedDeviceStatus: `
      driver 1 string!
      pool 2 string!
      device 3 string!
      shareID 7 *string
      conditions 4 []Condition always map(type)
      data 5 *raw
      networkData 6 *NetworkDeviceData`,
    AllocationResult: `
      devices 1 DeviceAllocationResult
      nodeSelector 3 *core/v1.NodeSelector
      allocationTimestamp 5 *time`,
    BasicDevice: `
      attributes 1 map[DeviceAttribute]
      capacity 2 map[DeviceCapacity]
      consumesCounters 3 []DeviceCounterConsumption atomic
      nodeName 4 *string
      nodeSelector 5 *core/v1.NodeSelector
      allNodes 6 *bool
      taints 7 []DeviceTaint atomic
      bindsToNode 8 *bool
      bindingConditions 9 []string atomic
      bindingFailureConditions 10 []string atomic
      allowMultipleAllocations 11 *bool
      nodeAllocatableResourceMappings 12 map[NodeAllocatableResourceMapping]`,
    CELDeviceSelector: `
      expression 1 string!`,
    CapacityRequestPolicy: `
      default 1 *quantity always
      validValues 3 []quantity atomic
      validRange 4 *CapacityRequestPolicyRange`,
    CapacityRequestPolicyRange: `
      min 1 *quantity required
      max 2 *quantity
      step 3 *quantity`,
    CapacityRequirements: `
      requests 1 map[quantity]`,
    Counter: `
      value 1 quantity!`,
    CounterSet: `
      name 1 string!
      counters 2 map[Counter] required`,
    Device: `
      name 1 string!
      basic 2 *BasicDevice`,
    DeviceAllocationConfiguration: `
      source 1 string!
      requests 2 []string atomic
      ...DeviceConfiguration 3`,
    DeviceAllocationResult: `
      results 1 []DeviceRequestAllocationResult atomic
      config 2 []DeviceAllocationConfiguration atomic`,
    DeviceAttribute: `
      int 2 *int64
      bool 3 *bool
      string 4 *string
      version 5 *string
      ints 6 []int64 atomic
      bools 7 []bool atomic
      strings 8 []string atomic
      versions 9 []string atomic`,
    DeviceCapacity: `
      value 1 quantity!
      requestPolicy 2 *CapacityRequestPolicy`,
    DeviceClaim: `
      requests 1 []DeviceRequest always atomic
      constraints 2 []DeviceConstraint atomic
      config 3 []DeviceClaimConfiguration atomic`,
    DeviceClaimConfiguration: `
      requests 1 []string atomic
      ...DeviceConfiguration 2`,
    DeviceClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DeviceClassSpec! | What is wanted.`,
    DeviceClassConfiguration: `
      ...DeviceConfiguration 1`,
    DeviceClassSpec: `
      selectors 1 []DeviceSelector atomic
      config 2 []DeviceClassConfiguration atomic
      extendedResourceName 4 *string`,
    DeviceConfiguration: `
      opaque 1 *OpaqueDeviceConfiguration`,
    DeviceConstraint: `
      requests 1 []string atomic
      matchAttribute 2 *string
      distinctAttribute 3 *string`,
    DeviceCounterConsumption: `
      counterSet 1 string!
      counters 2 map[Counter] required`,
    DeviceRequest: `
      name 1 string!
      deviceClassName 2 string always
      selectors 3 []DeviceSelector atomic
      allocationMode 4 string
      count 5 int64
      adminAccess 6 *bool
      firstAvailable 7 []DeviceSubRequest atomic
      tolerations 8 []DeviceToleration atomic
      capacity 9 *CapacityRequirements`,
    DeviceRequestAllocationResult: `
      request 1 string!
      driver 2 string!
      pool 3 string!
      device 4 string!
      adminAccess 5 *bool
      tolerations 6 []DeviceToleration atomic
      bindingConditions 7 []string atomic
      bindingFailureConditions 8 []string atomic
      shareID 9 *string
      consumedCapacity 10 map[quantity]`,
    DeviceSelector: `
      cel 1 *CELDeviceSelector`,
    DeviceSubRequest: `
      name 1 string!
      deviceClassName 2 string!
      selectors 3 []DeviceSelector atomic
      allocationMode 4 string
      count 5 int64
      tolerations 7 []DeviceToleration atomic
      capacity 8 *CapacityRequirements`,
    DeviceTaint: `
      key 1 string!
      value 2 string
      effect 3 string!
      timeAdded 4 *time`,
    DeviceToleration: `
      key 1 string
      operator 2 string default="Equal"
      value 3 string
      effect 4 string
      tolerationSeconds 5 *int64`,
    NetworkDeviceData: `
      interfaceName 1 string
      ips 2 []string atomic
      hardwareAddress 3 string`,
    NodeAllocatableResourceMapping: `
      capacityKey 1 *string
      allocationMultiplier 2 *quantity`,
    OpaqueDeviceConfiguration: `
      driver 1 string!
      parameters 2 raw!`,
    ResourceClaim: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceClaimSpec! | What is wanted.
      status 3 ResourceClaimStatus | What was last observed; written by the system.`,
    ResourceClaimConsumerReference: `
      apiGroup 1 string
      resource 3 string!
      name 4 string!
      uid 5 string!`,
    ResourceClaimSpec: `
      devices 1 DeviceClaim always`,
    ResourceClaimStatus: `
      allocation 1 *AllocationResult
      reservedFor 2 []ResourceClaimConsumerReference map(uid) patch=merge(uid)
      devices 4 []AllocatedDeviceStatus map(driver,device,pool,shareID)`,
    ResourceClaimTemplate: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceClaimTemplateSpec! | What is wanted.`,
    ResourceClaimTemplateSpec: `
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceClaimSpec! | What is wanted.`,
    ResourcePool: `
      name 1 string!
      generation 2 int64!
      resourceSliceCount 3 int64!`,
    ResourceSlice: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceSliceSpec! | What is wanted.`,
    ResourceSliceSpec: `
      driver 1 string!
      pool 2 ResourcePool!
      nodeName 3 string
      nodeSelector 4 *core/v1.NodeSelector
      allNodes 5 bool
      devices 6 []Device atomic
      perDeviceNodeSelection 7 *bool
      sharedCounters 8 []CounterSet atomic`,
  },
}
