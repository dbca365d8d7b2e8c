/** storage.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const storageV1Schema: GroupVersionSchema = {
  key: 'storage/v1',
  group: 'storage.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.storage.v1',
  served: true,
  resources: `
    csidrivers csidriver CSIDriver cluster: all
    csinodes csinode CSINode cluster: all
    csistoragecapacities csistoragecapacity CSIStorageCapacity namespaced: all
    storageclasses storageclass StorageClass cluster: all; short sc
    volumeattachments volumeattachment VolumeAttachment cluster: all
      /status VolumeAttachment: get patch update
    volumeattributesclasses volumeattributesclass VolumeAttributesClass cluster: all; short vac`,
  columns: `
    csidrivers: Name/name, AttachRequired:boolean, PodInfoOnMount:boolean, StorageCapacity:boolean, TokenRequests, RequiresRepublish:boolean, Modes, Age
    csinodes: Name/name, Drivers:integer, Age
    csistoragecapacities: Name/name, Created At:date
    storageclasses: Name/name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age
    volumeattachments: Name/name, Attacher/name, PV, Node, Attached:boolean, Age
    volumeattributesclasses: Name/name, DriverName, Age`,
  types: {
    CSIDriver: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CSIDriverSpec! | What is wanted.`,
    CSIDriverSpec: `
      attachRequired 1 *bool
      podInfoOnMount 2 *bool
      volumeLifecycleModes 3 []string set
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
      spec 2 CSINodeSpec! | What is wanted.`,
    CSINodeDriver: `
      name 1 string!
      nodeID 2 string!
      topologyKeys 3 []string always atomic
      allocatable 4 *VolumeNodeResources`,
    CSINodeSpec: `
      drivers 1 []CSINodeDriver! map(name) patch=merge(name)`,
    CSIStorageCapacity: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      nodeTopology 2 *LabelSelector
      storageClassName 3 string!
      capacity 4 *quantity
      maximumVolumeSize 5 *quantity`,
    StorageClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      provisioner 2 string!
      parameters 3 map[string]
      reclaimPolicy 4 *string
      mountOptions 5 []string atomic
      allowVolumeExpansion 6 *bool
      volumeBindingMode 7 *string
      allowedTopologies 8 []core/v1.TopologySelectorTerm atomic`,
    TokenRequest: `
      audience 1 string!
      expirationSeconds 2 *int64`,
    VolumeAttachment: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 VolumeAttachmentSpec! | What is wanted.
      status 3 VolumeAttachmentStatus | What was last observed; written by the system.`,
    VolumeAttachmentSource: `
      persistentVolumeName 1 *string
      inlineVolumeSpec 2 *core/v1.PersistentVolumeSpec`,
    VolumeAttachmentSpec: `
      attacher 1 string!
      source 2 VolumeAttachmentSource!
      nodeName 3 string!`,
    VolumeAttachmentStatus: `
      attached 1 bool!
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
