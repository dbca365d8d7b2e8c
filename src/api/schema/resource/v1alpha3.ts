/** resource.k8s.io v1alpha3: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const resourceV1alpha3Schema: GroupVersionSchema = {
  key: 'resource/v1alpha3',
  group: 'resource.k8s.io',
  version: 'v1alpha3',
  protoPackage: 'k8s.io.api.resource.v1alpha3',
  served: false,
  resources: `
    devicetaintrules devicetaintrule DeviceTaintRule cluster: all
      /status DeviceTaintRule: get patch update
    resourcepoolstatusrequests resourcepoolstatusrequest ResourcePoolStatusRequest cluster: all
      /status ResourcePoolStatusRequest: get patch update`,
  columns: `
    devicetaintrules: Name/name, Key, Value, Effect, TimeAdded, Age
    resourcepoolstatusrequests: Name/name, Driver, Total, Available, Allocated, Unavailable, Errors, Pools:integer, Status, Completed`,
  types: {
    CELDeviceSelector: `Selects devices by CEL.
      expression 1 string always | CEL about device that must be true.`,
    DeviceSelector: `Selects devices.
      cel 1 *CELDeviceSelector | By CEL.`,
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
    PoolStatus: `Use of a pool of devices.
      driver 1 string required | Name of the driver.
      poolName 2 string required | Name of the pool.
      generation 9 int64! | The pool's generation.
      resourceSliceCount 8 *int32 | How many slices it has.
      totalDevices 4 *int32 | Devices that it has.
      allocatedDevices 5 *int32 | Devices that are given.
      availableDevices 6 *int32 | Devices that can be given.
      unavailableDevices 7 *int32 | Devices that cannot be given.
      nodeName 3 *string | The node that it is on.
      validationError 10 *string | What is wrong with the pool.`,
    ResourcePoolStatusRequest: `[kind] Asks for the use of pools of devices.
      metadata 1 ObjectMeta required | Name, labels and the other data that every object has.
      spec 2 ResourcePoolStatusRequestSpec! | What is wanted.
      status 3 *ResourcePoolStatusRequestStatus | What was last observed; written by the system.`,
    ResourcePoolStatusRequestSpec: `Which pools.
      driver 1 string! | Name of the driver.
      poolName 2 *string | Name of the pool; all when absent.
      limit 3 *int32 default=100 | Most pools in the answer.`,
    ResourcePoolStatusRequestStatus: `The answer.
      poolCount 6 *int32 required | How many pools fit.
      pools 2 []PoolStatus atomic | The pools.
      conditions 3 []Condition map(type) patch=merge(type) | Aspects of the state.`,
  },
}
