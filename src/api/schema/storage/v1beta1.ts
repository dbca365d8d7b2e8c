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
  columns: `
    volumeattributesclasses: Name/name, DriverName, Age`,
  types: {
    CSIDriver: `[kind] What a CSI driver needs and can do; its name is the driver's.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CSIDriverSpec always | What is wanted.`,
    CSIDriverList: `[kind] A list of CSIDriver objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CSIDriver always | The objects.`,
    CSIDriverSpec: `What a CSI driver needs and can do.
      attachRequired 1 *bool | Volumes are attached to nodes before they are mounted; true when absent.
      podInfoOnMount 2 *bool | Tell the driver about the pod.
      volumeLifecycleModes 3 []string atomic | Persistent (the default), Ephemeral or both.
      storageCapacity 4 *bool | The scheduler looks at the driver's CSIStorageCapacity objects.
      fsGroupPolicy 5 *string | ReadWriteOnceWithFSType (the default), File or None: when ownership follows the pod's fsGroup.
      tokenRequests 6 []TokenRequest atomic | Tokens of the pod's account that the driver gets.
      requiresRepublish 7 *bool | Mount again and again, so that tokens stay fresh.
      seLinuxMount 8 *bool | The driver can mount with an SELinux label.
      nodeAllocatableUpdatePeriodSeconds 9 *int64 | How often the number of volumes per node is asked for.
      serviceAccountTokenInSecrets 10 *bool | Tokens come among the secrets instead of the volume's context.
      preventPodSchedulingIfMissing 11 *bool gate=VolumeLimitScaling | Pods are not placed on nodes without the driver.`,
    CSINode: `[kind] The CSI drivers of a node.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CSINodeSpec always | What is wanted.`,
    CSINodeDriver: `A CSI driver on a node.
      name 1 string always | Name of the driver.
      nodeID 2 string always | The driver's name for the node.
      topologyKeys 3 []string atomic always | Labels that tell where the node is.
      allocatable 4 *VolumeNodeResources | How many volumes the node takes.`,
    CSINodeList: `[kind] A list of CSINode objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CSINode always | The objects.`,
    CSINodeSpec: `The CSI drivers of a node.
      drivers 1 []CSINodeDriver map(name) patch=merge(name) always | The drivers.`,
    CSIStorageCapacity: `[kind] Free storage of a class in one part of the cluster.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      nodeTopology 2 *LabelSelector | Nodes that can use it.
      storageClassName 3 string always | The class.
      capacity 4 *quantity | Free storage.
      maximumVolumeSize 5 *quantity | Size of the largest volume.`,
    CSIStorageCapacityList: `[kind] A list of CSIStorageCapacity objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CSIStorageCapacity always | The objects.`,
    StorageClass: `[kind] A kind of storage that volumes are made of.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      provisioner 2 string always | Who makes the volumes.
      parameters 3 map[string] | Settings for the provisioner.
      reclaimPolicy 4 *string enum(Delete,Recycle,Retain) | Delete (the default) or Retain: what happens when the claim goes.
      mountOptions 5 []string atomic | Options of the mount.
      allowVolumeExpansion 6 *bool | Volumes can grow.
      volumeBindingMode 7 *string | Immediate (the default), or WaitForFirstConsumer to wait for a pod.
      allowedTopologies 8 []core/v1.TopologySelectorTerm atomic | Where volumes may be made.`,
    StorageClassList: `[kind] A list of StorageClass objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []StorageClass always | The objects.`,
    TokenRequest: `A token that a driver gets.
      audience 1 string always | Who the token is for.
      expirationSeconds 2 *int64 | Its life time.`,
    VolumeAttachment: `[kind] Attaches a volume to a node.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 VolumeAttachmentSpec always | What is wanted.
      status 3 VolumeAttachmentStatus | What was last observed; written by the system.`,
    VolumeAttachmentList: `[kind] A list of VolumeAttachment objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []VolumeAttachment always | The objects.`,
    VolumeAttachmentSource: `The volume; one of these.
      persistentVolumeName 1 *string | A PersistentVolume.
      inlineVolumeSpec 2 *core/v1.PersistentVolumeSpec | A volume that stands in a pod.`,
    VolumeAttachmentSpec: `Which volume, which node.
      attacher 1 string always | The CSI driver that does it.
      source 2 VolumeAttachmentSource always | The volume.
      nodeName 3 string always | The node.`,
    VolumeAttachmentStatus: `State of an attachment.
      attached 1 bool always | The volume is attached.
      attachmentMetadata 2 map[string] | What the mount needs to know.
      attachError 3 *VolumeError | Why attaching failed last.
      detachError 4 *VolumeError | Why detaching failed last.`,
    VolumeAttributesClass: `[kind] Properties of volumes that can change.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      driverName 2 string! | The CSI driver.
      parameters 3 map[string] | The properties, for the driver.`,
    VolumeError: `A failure.
      time 1 time | When it happened.
      message 2 string | What went wrong.
      errorCode 3 *int32 | The gRPC code of the driver's answer.`,
    VolumeNodeResources: `How many volumes a node takes.
      count 1 *int32 | The number; no bound when absent.`,
  },
}
