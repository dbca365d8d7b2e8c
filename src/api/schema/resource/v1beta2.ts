/** resource.k8s.io v1beta2: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const resourceV1beta2Schema: GroupVersionSchema = {
  key: 'resource/v1beta2',
  group: 'resource.k8s.io',
  version: 'v1beta2',
  protoPackage: 'k8s.io.api.resource.v1beta2',
  served: false,
  resources: `
    deviceclasses deviceclass DeviceClass cluster: all
    devicetaintrules devicetaintrule DeviceTaintRule cluster: all
      /status DeviceTaintRule: get patch update
    resourceclaims resourceclaim ResourceClaim namespaced: all
      /status ResourceClaim: get patch update
    resourceclaimtemplates resourceclaimtemplate ResourceClaimTemplate namespaced: all
    resourceslices resourceslice ResourceSlice cluster: all`,
  columns: `
    devicetaintrules: Name/name, Key, Value, Effect, TimeAdded, Age
    resourceclaims: Name/name, State, Age
    resourceslices: Name/name, Node, Driver, Pool, Age`,
  types: {
    AllocatedDeviceStatus: `What the driver tells of a device that was given out.
      driver 1 string! | Name of the driver.
      pool 2 string! | The device's pool.
      device 3 string! | Name of the device.
      shareID 7 *string gate=DRAConsumableCapacity | The share of the device, where it is given to several.
      conditions 4 []Condition always map(type) | Aspects of the state.
      data 5 *raw | Anything the driver wants to tell.
      networkData 6 *NetworkDeviceData | Of a network device.`,
    AllocationResult: `What was given to a claim.
      devices 1 DeviceAllocationResult | The devices.
      nodeSelector 3 *core/v1.NodeSelector | Nodes where they can be used; all when absent.
      allocationTimestamp 5 *time | When they were given.`,
    CELDeviceSelector: `Selects devices by CEL.
      expression 1 string! | CEL about device that must be true.`,
    CapacityRequestPolicy: `Which amounts of a capacity can be asked for.
      default 1 *quantity always | The amount when none is asked for.
      validValues 3 []quantity atomic | These amounts.
      validRange 4 *CapacityRequestPolicyRange | Amounts of a range.`,
    CapacityRequestPolicyRange: `A range of amounts.
      min 1 *quantity required | Smallest amount.
      max 2 *quantity | Largest amount.
      step 3 *quantity | Amounts are the smallest one plus a multiple of this.`,
    CapacityRequirements: `Amounts of capacities that are asked for.
      requests 1 map[quantity] | The amounts, by name.`,
    Counter: `An amount that devices share.
      value 1 quantity! | The amount.`,
    CounterSet: `Amounts that devices share.
      name 1 string! | Its name in the pool.
      counters 2 map[Counter] required | The amounts, by name.`,
    Device: `A device that can be given to claims.
      name 1 string! | Its name in the pool.
      attributes 2 map[DeviceAttribute] | Facts about it, for selecting.
      capacity 3 map[DeviceCapacity] | Amounts that it has.
      consumesCounters 4 []DeviceCounterConsumption atomic gate=DRAPartitionableDevices | What it takes of shared amounts.
      nodeName 5 *string gate=DRAPartitionableDevices | The node that it is on.
      nodeSelector 6 *core/v1.NodeSelector gate=DRAPartitionableDevices | The nodes that can use it.
      allNodes 7 *bool gate=DRAPartitionableDevices | All nodes can use it.
      taints 8 []DeviceTaint atomic gate=DRADeviceTaints | Keep away claims that do not tolerate them.
      bindsToNode 9 *bool gate=DRADeviceBindingConditions | Giving it fixes the pod to the chosen node.
      bindingConditions 10 []string atomic gate=DRADeviceBindingConditions | Conditions that must be True before the pod is bound.
      bindingFailureConditions 11 []string atomic gate=DRADeviceBindingConditions | Conditions that make binding fail.
      allowMultipleAllocations 12 *bool gate=DRAConsumableCapacity | It can be given to several claims.
      nodeAllocatableResourceMappings 13 map[NodeAllocatableResourceMapping] gate=DRANodeAllocatableResources | What it takes of the node's own resources.`,
    DeviceAllocationConfiguration: `Settings for devices that were given.
      source 1 string! enum(FromClaim,FromClass) | FromClass or FromClaim.
      requests 2 []string atomic | For these requests; all when empty.
      ...DeviceConfiguration 3`,
    DeviceAllocationResult: `Devices that were given.
      results 1 []DeviceRequestAllocationResult atomic | The devices.
      config 2 []DeviceAllocationConfiguration atomic | Their settings.`,
    DeviceAttribute: `A fact about a device; one of these.
      int 2 *int64 | A whole number.
      bool 3 *bool | True or false.
      string 4 *string | A text.
      version 5 *string | A semantic version.
      ints 6 []int64 atomic gate=DRAListTypeAttributes | Whole numbers.
      bools 7 []bool atomic gate=DRAListTypeAttributes | Truth values.
      strings 8 []string atomic gate=DRAListTypeAttributes | Texts.
      versions 9 []string atomic gate=DRAListTypeAttributes | Semantic versions.`,
    DeviceCapacity: `An amount that a device has.
      value 1 quantity! | The amount.
      requestPolicy 2 *CapacityRequestPolicy gate=DRAConsumableCapacity | Which amounts of it can be asked for.`,
    DeviceClaim: `Devices that are wanted.
      requests 1 []DeviceRequest always atomic | The devices.
      constraints 2 []DeviceConstraint atomic | What must hold between them.
      config 3 []DeviceClaimConfiguration atomic | Their settings.`,
    DeviceClaimConfiguration: `Settings for devices that are wanted.
      requests 1 []string atomic | For these requests; all when empty.
      ...DeviceConfiguration 2`,
    DeviceClass: `[kind] A kind of devices.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DeviceClassSpec! | What is wanted.`,
    DeviceClassConfiguration: `Settings for devices of a class.
      ...DeviceConfiguration 1`,
    DeviceClassSpec: `Which devices, with which settings.
      selectors 1 []DeviceSelector atomic | All must fit.
      config 2 []DeviceClassConfiguration atomic | Their settings.
      extendedResourceName 4 *string gate=DRAExtendedResource | Pods get them by this extended resource too.`,
    DeviceConfiguration: `Settings for devices.
      opaque 1 *OpaqueDeviceConfiguration | Settings that only the driver understands.`,
    DeviceConstraint: `What must hold between devices.
      requests 1 []string atomic | Of these requests; all when empty.
      matchAttribute 2 *string | They share the value of this attribute.
      distinctAttribute 3 *string gate=DRAConsumableCapacity | They differ in the value of this attribute.`,
    DeviceCounterConsumption: `What a device takes of shared amounts.
      counterSet 1 string! | The set.
      counters 2 map[Counter] required | The amounts, by name.`,
    DeviceRequest: `Devices that are wanted; one of exactly and firstAvailable.
      name 1 string! | Its name in the claim.
      exactly 2 *ExactDeviceRequest | These devices.
      firstAvailable 3 []DeviceSubRequest atomic gate=DRAPrioritizedList | The first of these that can be had.`,
    DeviceRequestAllocationResult: `A device that was given.
      request 1 string! | The request that it was given for.
      driver 2 string! | Name of the driver.
      pool 3 string! | The device's pool.
      device 4 string! | Name of the device.
      adminAccess 5 *bool | Given beside other claims, for its administration.
      tolerations 6 []DeviceToleration atomic | Taints that do not matter.
      bindingConditions 7 []string atomic gate=DRADeviceBindingConditions | Conditions that must be True before the pod is bound.
      bindingFailureConditions 8 []string atomic gate=DRADeviceBindingConditions | Conditions that make binding fail.
      shareID 9 *string gate=DRAConsumableCapacity | The share of the device.
      consumedCapacity 10 map[quantity] gate=DRAConsumableCapacity | Amounts that were given.`,
    DeviceSelector: `Selects devices.
      cel 1 *CELDeviceSelector | By CEL.`,
    DeviceSubRequest: `One of several ways to serve a request.
      name 1 string! | Its name in the request.
      deviceClassName 2 string! | Kind of the devices.
      selectors 3 []DeviceSelector atomic | All must fit.
      allocationMode 4 string enum(All,ExactCount) | ExactCount (the default) or All.
      count 5 int64 | How many; 1 when absent.
      tolerations 6 []DeviceToleration atomic gate=DRADeviceTaints | Taints that do not matter.
      capacity 7 *CapacityRequirements gate=DRAConsumableCapacity | Amounts that are wanted.`,
    DeviceTaint: `Keeps claims away from a device.
      key 1 string! | Name of the taint.
      value 2 string | Its value.
      effect 3 string! enum(NoExecute,NoSchedule,None) | NoSchedule, None, or NoExecute, which also evicts.
      timeAdded 4 *time | When it was added.`,
    DeviceTaintRule: `[kind] Puts a taint on devices.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DeviceTaintRuleSpec! | What is wanted.
      status 3 DeviceTaintRuleStatus | What was last observed; written by the system.`,
    DeviceTaintRuleSpec: `Which taint, on which devices.
      deviceSelector 1 *DeviceTaintSelector | The devices.
      taint 2 DeviceTaint required | The taint.`,
    DeviceTaintRuleStatus: `What is known of a rule.
      conditions 1 []Condition map(type) patch=merge(type) | Aspects of the state.`,
    DeviceTaintSelector: `Selects devices; all that is set must fit.
      driver 2 *string | Name of the driver.
      pool 3 *string | Name of the pool.
      device 4 *string | Name of the device.`,
    DeviceToleration: `A taint that does not matter.
      key 1 string | Key of the taint; empty with Exists is every taint.
      operator 2 string default="Equal" enum(Equal,Exists) | Equal (the default) or Exists.
      value 3 string | Value of the taint.
      effect 4 string enum(NoExecute,NoSchedule,None) | Its effect; empty is every one.
      tolerationSeconds 5 *int64 | How long a NoExecute taint is borne; absent is for ever.`,
    ExactDeviceRequest: `Devices of one kind.
      deviceClassName 1 string! | Kind of the devices.
      selectors 2 []DeviceSelector atomic | All must fit.
      allocationMode 3 string enum(All,ExactCount) | ExactCount (the default) or All.
      count 4 int64 | How many; 1 when absent.
      adminAccess 5 *bool | Beside other claims, for administration.
      tolerations 6 []DeviceToleration atomic gate=DRADeviceTaints | Taints that do not matter.
      capacity 7 *CapacityRequirements gate=DRAConsumableCapacity | Amounts that are wanted.`,
    NetworkDeviceData: `Facts about a network device.
      interfaceName 1 string | Name of the interface in the pod.
      ips 2 []string atomic | Its addresses, with prefix length.
      hardwareAddress 3 string | Its hardware address.`,
    NodeAllocatableResourceMapping: `What a device takes of a resource of the node.
      capacityKey 1 *string | The device's capacity that it is reckoned from.
      allocationMultiplier 2 *quantity | What it is multiplied with.`,
    OpaqueDeviceConfiguration: `Settings that only the driver understands.
      driver 1 string! | Name of the driver.
      parameters 2 raw! | The settings.`,
    ResourceClaim: `[kind] A claim of devices.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceClaimSpec! | What is wanted.
      status 3 ResourceClaimStatus | What was last observed; written by the system.`,
    ResourceClaimConsumerReference: `Who uses a claim.
      apiGroup 1 string | Its API group.
      resource 3 string! | Its resource, such as pods.
      name 4 string! | Its name.
      uid 5 string! | Its uid.`,
    ResourceClaimSpec: `What is wanted.
      devices 1 DeviceClaim always | The devices.`,
    ResourceClaimStatus: `What is known of a claim.
      allocation 1 *AllocationResult | What was given; absent while nothing was.
      reservedFor 2 []ResourceClaimConsumerReference map(uid) patch=merge(uid) | Who may use it.
      devices 4 []AllocatedDeviceStatus map(driver,device,pool,shareID) gate=DRAResourceClaimDeviceStatus | What the drivers tell of the devices.`,
    ResourceClaimTemplate: `[kind] A template of claims.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceClaimTemplateSpec! | What is wanted.`,
    ResourceClaimTemplateSpec: `What claims look like that are made from it.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceClaimSpec! | What is wanted.`,
    ResourcePool: `Devices that are described together.
      name 1 string! | Its name.
      generation 2 int64! | Grows with every change; slices of older ones do not count.
      resourceSliceCount 3 int64! | How many slices it has.`,
    ResourceSlice: `[kind] Some devices of a pool.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ResourceSliceSpec! | What is wanted.`,
    ResourceSliceSpec: `The devices, and where they are.
      driver 1 string! | Name of the driver.
      pool 2 ResourcePool! | The pool.
      nodeName 3 *string | The node that they are on.
      nodeSelector 4 *core/v1.NodeSelector | The nodes that can use them.
      allNodes 5 *bool | All nodes can use them.
      devices 6 []Device atomic | The devices.
      perDeviceNodeSelection 7 *bool gate=DRAPartitionableDevices | Each device says where it is.
      sharedCounters 8 []CounterSet atomic gate=DRAPartitionableDevices | Amounts that devices share.`,
  },
}
