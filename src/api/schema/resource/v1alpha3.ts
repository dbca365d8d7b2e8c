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
  types: {
    CELDeviceSelector: `
      expression 1 string always`,
    DeviceSelector: `
      cel 1 *CELDeviceSelector`,
    DeviceTaint: `
      key 1 string!
      value 2 string
      effect 3 string!
      timeAdded 4 *time`,
    DeviceTaintRule: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DeviceTaintRuleSpec! | What is wanted.
      status 3 DeviceTaintRuleStatus | What was last observed; written by the system.`,
    DeviceTaintRuleSpec: `
      deviceSelector 1 *DeviceTaintSelector
      taint 2 DeviceTaint required`,
    DeviceTaintRuleStatus: `
      conditions 1 []Condition map(type) patch=merge(type)`,
    DeviceTaintSelector: `
      driver 2 *string
      pool 3 *string
      device 4 *string`,
    PoolStatus: `
      driver 1 string required
      poolName 2 string required
      generation 9 int64!
      resourceSliceCount 8 *int32
      totalDevices 4 *int32
      allocatedDevices 5 *int32
      availableDevices 6 *int32
      unavailableDevices 7 *int32
      nodeName 3 *string
      validationError 10 *string`,
    ResourcePoolStatusRequest: `[kind]
      metadata 1 ObjectMeta required | Name, labels and the other data that every object has.
      spec 2 ResourcePoolStatusRequestSpec! | What is wanted.
      status 3 *ResourcePoolStatusRequestStatus | What was last observed; written by the system.`,
    ResourcePoolStatusRequestSpec: `
      driver 1 string!
      poolName 2 *string
      limit 3 *int32 default=100`,
    ResourcePoolStatusRequestStatus: `
      poolCount 6 *int32 required
      pools 2 []PoolStatus atomic
      conditions 3 []Condition map(type) patch=merge(type)`,
  },
}
