/** Fields of upstream's internal types, in their order, for `go-struct.ts`. Facts read off recorded messages. */
import { podSpecTables } from './go-pod-tables.ts'
import { volumeTables } from './go-volume-tables.ts'

export const goStructTables: Readonly<Record<string, string>> = {
  ...podSpecTables,
  ...volumeTables,
  DeploymentStrategy: 'Type:s RollingUpdate:*RollingUpdateDeployment',
  RollingUpdateDeployment: 'MaxUnavailable:n MaxSurge:n',
  DaemonSetUpdateStrategy: 'Type:s RollingUpdate:*RollingUpdateDaemonSet',
  RollingUpdateDaemonSet: 'MaxUnavailable:n MaxSurge:n',
  StatefulSetUpdateStrategy: 'Type:s RollingUpdate:*RollingUpdateStatefulSet',
  RollingUpdateStatefulSet: 'Partition:n MaxUnavailable:*',
  SuccessPolicy: 'Rules:[]SuccessPolicyRule',
  SuccessPolicyRule: 'SucceededIndexes:* SucceededCount:*',
  PodFailurePolicy: 'Rules:[]PodFailurePolicyRule',
  PodFailurePolicyRule: 'Action:s OnExitCodes:*OnExitCodes OnPodConditions:[]OnPodCondition',
  OnExitCodes: 'ContainerName:* Operator:s Values:*',
  OnPodCondition: 'Type:s Status:s',
  PodDisruptionBudgetSpec: 'MinAvailable:* Selector:* MaxUnavailable:* UnhealthyPodEvictionPolicy:*',
  NonResourceAttributes: 'Path:s Verb:s',
  DeviceAttribute:
    'IntValue=int:* BoolValue=bool:* StringValue=string:* VersionValue=version:* IntValues=ints:* BoolValues=bools:* StringValues=strings:* VersionValues=versions:*',
  ResourceClaimTemplateSpec: 'Spec:ResourceClaimSpec',
  ResourceClaimSpec: 'Devices:DeviceClaim',
  DeviceClaim: 'Requests:[]DeviceRequest Constraints:[]DeviceConstraint Config:[]DeviceClaimConfiguration',
  DeviceRequest: 'Name:s Exactly:*ExactDeviceRequest FirstAvailable:[]DeviceSubRequest',
  ExactDeviceRequest:
    'DeviceClassName:s Selectors:[]DeviceSelector AllocationMode:s Count:n AdminAccess:* Tolerations:[]DeviceToleration Capacity:*CapacityRequirements',
  DeviceSubRequest:
    'Name:s DeviceClassName:s Selectors:[]DeviceSelector AllocationMode:s Count:n Tolerations:[]DeviceToleration Capacity:*CapacityRequirements',
  DeviceToleration: 'Key:s Operator:s Value:s Effect:s TolerationSeconds:*',
  CapacityRequirements: 'Requests:*',
  VolumeAttachmentSpec: 'Attacher:s Source:VolumeAttachmentSource NodeName:s',
  VolumeAttachmentSource: 'PersistentVolumeName:* InlineVolumeSpec:*PersistentVolumeSpec',
  SharedDeviceID: 'Driver:s Pool:s Device:s ShareID:s',
  ParentReference: 'Group:s Resource:s Namespace:s Name:s',
  CSINodeDriver: 'Name:s NodeID:s TopologyKeys:* Allocatable:*',
  DeviceSelector: 'CEL:*CELSelector',
  CELSelector: 'Expression:s',
  DeviceConstraint: 'Requests:* MatchAttribute:* DistinctAttribute:*',
  DeviceClaimConfiguration: 'Requests:* Opaque:*OpaqueConfiguration',
  OpaqueConfiguration: 'Driver:s Parameters:*',
  RoleRef: 'APIGroup:s Kind:s Name:s',
  VolumeNodeAffinity: 'Required:*NodeSelector',
  PersistentVolumeClaimSpec:
    'AccessModes:* Selector:* Resources:VolumeResourceRequirements VolumeName:s StorageClassName:* VolumeMode:* DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName:*',
  VolumeResourceRequirements: 'Limits:* Requests:*',
  TypedLocalObjectReference: 'APIGroup:* Kind:s Name:s',
  TypedObjectReference: 'APIGroup:* Kind:s Name:s Namespace:*',
}
