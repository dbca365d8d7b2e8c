/** storage.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const storageV1beta1Schema: GroupVersionSchema = {
  key: 'storage/v1beta1',
  group: 'storage.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.api.storage.v1beta1',
  served: false,
  resources: `
    volumeattributesclasses volumeattributesclass VolumeAttributesClass cluster: all; short vac`,
  types: {
    CSIDriver: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CSIDriverSpec always | What is wanted.`,
    CSIDriverList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CSIDriver always`,
    CSIDriverSpec: `
      attachRequired 1 *bool
      podInfoOnMount 2 *bool
      volumeLifecycleModes 3 []string atomic
      storageCapacity 4 *bool
      fsGroupPolicy 5 *string
      tokenRequests 6 []TokenRequest atomic
      requiresRepublish 7 *bool
      seLinuxMount 8 *bool
      nodeAllocatableUpdatePeriodSeconds 9 *int64
      serviceAccountTokenInSecrets 10 *bool
      preventPodSchedulingIfMissing 11 *bool`,
    CSINode: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CSINodeSpec always | What is wanted.`,
    CSINodeDriver: `
      name 1 string always
      nodeID 2 string always
      topologyKeys 3 []string atomic always
      allocatable 4 *VolumeNodeResources`,
    CSINodeList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CSINode always`,
    CSINodeSpec: `
      drivers 1 []CSINodeDriver map(name) patch=merge(name) always`,
    CSIStorageCapacity: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      nodeTopology 2 *LabelSelector
      storageClassName 3 string always
      capacity 4 *quantity
      maximumVolumeSize 5 *quantity`,
    CSIStorageCapacityList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CSIStorageCapacity always`,
    StorageClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      provisioner 2 string always
      parameters 3 map[string]
      reclaimPolicy 4 *string
      mountOptions 5 []string atomic
      allowVolumeExpansion 6 *bool
      volumeBindingMode 7 *string
      allowedTopologies 8 []core/v1.TopologySelectorTerm atomic`,
    StorageClassList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []StorageClass always`,
    TokenRequest: `
      audience 1 string always
      expirationSeconds 2 *int64`,
    VolumeAttachment: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 VolumeAttachmentSpec always | What is wanted.
      status 3 VolumeAttachmentStatus | What was last observed; written by the system.`,
    VolumeAttachmentList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []VolumeAttachment always`,
    VolumeAttachmentSource: `
      persistentVolumeName 1 *string
      inlineVolumeSpec 2 *core/v1.PersistentVolumeSpec`,
    VolumeAttachmentSpec: `
      attacher 1 string always
      source 2 VolumeAttachmentSource always
      nodeName 3 string always`,
    VolumeAttachmentStatus: `
      attached 1 bool always
      attachmentMetadata 2 map[string]
      attachError 3 *VolumeError
      detachError 4 *VolumeError`,
    VolumeAttributesClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      driverName 2 string!
      parameters 3 map[string]`,
    VolumeError: `
      time 1 time
      message 2 string
      errorCode 3 *int32`,
    VolumeNodeResources: `
      count 1 *int32`,
  },
}
