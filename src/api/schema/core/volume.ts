/** Types of the core group about volume. The format is described in `../schema.ts`. */
export const volumeTypes: Record<string, string> = {
  AWSElasticBlockStoreVolumeSource: `A volume of Amazon's EBS, through its CSI driver.
    volumeID 1 string! | Id of the volume.
    fsType 2 string | File system to mount, such as ext4.
    partition 3 int32 | The partition to mount.
    readOnly 4 bool | Mounted without write access.`,
  AzureDiskVolumeSource: `A disk of Microsoft's Azure, through its CSI driver.
    diskName 1 string! | Name of the disk.
    diskURI 2 string! | Where the disk is.
    cachingMode 3 *string default="ReadWrite" enum(None,ReadOnly,ReadWrite) | None, ReadOnly or ReadWrite.
    fsType 4 *string default="ext4" | File system to mount, such as ext4.
    readOnly 5 *bool default=false | Mounted without write access.
    kind 6 *string default="Shared" enum(Dedicated,Managed,Shared) | Shared, Dedicated or Managed.`,
  AzureFilePersistentVolumeSource: `A share of Azure Files, through its CSI driver.
    secretName 1 string! | Secret with the account's name and key.
    shareName 2 string! | Name of the share.
    readOnly 3 bool | Mounted without write access.
    secretNamespace 4 *string always | Namespace of the Secret.`,
  AzureFileVolumeSource: `A share of Azure Files, through its CSI driver.
    secretName 1 string! | Secret with the account's name and key.
    shareName 2 string! | Name of the share.
    readOnly 3 bool | Mounted without write access.`,
  CSIPersistentVolumeSource: `A volume of a CSI driver.
    driver 1 string! | Name of the driver.
    volumeHandle 2 string! | The driver's id of the volume.
    readOnly 3 bool | Mounted without write access.
    fsType 4 string | File system to mount, such as ext4.
    volumeAttributes 5 map[string] | Properties that the driver gave the volume.
    controllerPublishSecretRef 6 *SecretReference | Secret for attaching and detaching.
    nodeStageSecretRef 7 *SecretReference | Secret for the first mount on a node.
    nodePublishSecretRef 8 *SecretReference | Secret for the mount into a pod.
    controllerExpandSecretRef 9 *SecretReference | Secret for growing the volume.
    nodeExpandSecretRef 10 *SecretReference | Secret for growing its file system.`,
  CSIVolumeSource: `A volume that a CSI driver makes for this pod alone.
    driver 1 string! | Name of the driver.
    readOnly 2 *bool | Mounted without write access.
    fsType 3 *string | File system to mount, such as ext4.
    volumeAttributes 4 map[string] | Parameters for the driver.
    nodePublishSecretRef 5 *LocalObjectReference | Secret for the mount.`,
  CephFSPersistentVolumeSource: `A Ceph file system; no longer supported.
    monitors 1 []string! atomic | Addresses of Ceph's monitors.
    path 2 string | Directory to mount.
    user 3 string | Ceph user.
    secretFile 4 string | File with the user's key.
    secretRef 5 *SecretReference | Secret with credentials.
    readOnly 6 bool | Mounted without write access.`,
  CephFSVolumeSource: `A Ceph file system; no longer supported.
    monitors 1 []string! atomic | Addresses of Ceph's monitors.
    path 2 string | Directory to mount.
    user 3 string | Ceph user.
    secretFile 4 string | File with the user's key.
    secretRef 5 *LocalObjectReference | Secret with credentials.
    readOnly 6 bool | Mounted without write access.`,
  CinderPersistentVolumeSource: `A volume of OpenStack's Cinder, through its CSI driver.
    volumeID 1 string! | Id of the volume.
    fsType 2 string | File system to mount, such as ext4.
    readOnly 3 bool | Mounted without write access.
    secretRef 4 *SecretReference | Secret with credentials.`,
  CinderVolumeSource: `A volume of OpenStack's Cinder, through its CSI driver.
    volumeID 1 string! | Id of the volume.
    fsType 2 string | File system to mount, such as ext4.
    readOnly 3 bool | Mounted without write access.
    secretRef 4 *LocalObjectReference | Secret with credentials.`,
  ClusterTrustBundleProjection: `Root certificates from ClusterTrustBundles, in one file.
    name 1 *string | One bundle by name.
    signerName 2 *string | All bundles of a signer.
    labelSelector 3 *LabelSelector | Which bundles of the signer.
    optional 5 *bool | Go on without it when there is no bundle.
    path 4 string! | Name of the file.`,
  ConfigMapProjection: `Entries of a ConfigMap as files.
    ...LocalObjectReference 1
    items 2 []KeyToPath atomic | Which entries, and where; all when absent.
    optional 4 *bool | Go on without it when the ConfigMap or entry is missing.`,
  ConfigMapVolumeSource: `Entries of a ConfigMap as files.
    ...LocalObjectReference 1
    items 2 []KeyToPath atomic | Which entries, and where; all when absent.
    defaultMode 3 *int32 | Permission bits of the files; 0644 when absent.
    optional 4 *bool | Go on without it when the ConfigMap or entry is missing.`,
  DownwardAPIProjection: `Facts about the pod as files.
    items 1 []DownwardAPIVolumeFile atomic | The files.`,
  DownwardAPIVolumeFile: `A file with a fact about the pod.
    path 1 string! | Path of the file.
    fieldRef 2 *ObjectFieldSelector | A field of the pod.
    resourceFieldRef 3 *ResourceFieldSelector | A request or limit of a container.
    mode 4 *int32 | Permission bits; the volume's default when absent.`,
  DownwardAPIVolumeSource: `Facts about the pod as files.
    items 1 []DownwardAPIVolumeFile atomic | The files.
    defaultMode 2 *int32 | Permission bits of the files; 0644 when absent.`,
  EmptyDirVolumeSource: `An empty directory that lives as long as the pod.
    medium 1 string | Memory for a file system in memory; the node's disk when empty.
    sizeLimit 2 *quantity | The pod is evicted when it holds more.`,
  EphemeralVolumeSource: `A claim that is made for the pod and deleted with it.
    volumeClaimTemplate 1 *PersistentVolumeClaimTemplate | The claim.`,
  FCVolumeSource: `A volume over Fibre Channel.
    targetWWNs 1 []string atomic | World wide names of the targets.
    lun 2 *int32 | Number of the unit.
    fsType 3 string | File system to mount, such as ext4.
    readOnly 4 bool | Mounted without write access.
    wwids 5 []string atomic | World wide ids, instead of targets and unit.`,
  FlexPersistentVolumeSource: `A volume of an old-style plugin; deprecated.
    driver 1 string! | Name of the plugin.
    fsType 2 string | File system to mount, such as ext4.
    secretRef 3 *SecretReference | Secret with credentials.
    readOnly 4 bool | Mounted without write access.
    options 5 map[string] | Options for the plugin.`,
  FlexVolumeSource: `A volume of an old-style plugin; deprecated.
    driver 1 string! | Name of the plugin.
    fsType 2 string | File system to mount, such as ext4.
    secretRef 3 *LocalObjectReference | Secret with credentials.
    readOnly 4 bool | Mounted without write access.
    options 5 map[string] | Options for the plugin.`,
  FlockerVolumeSource: `A Flocker volume; no longer supported.
    datasetName 1 string | Name of the dataset.
    datasetUUID 2 string | Id of the dataset.`,
  GCEPersistentDiskVolumeSource: `A disk of Google's cloud, through its CSI driver.
    pdName 1 string! | Name of the disk.
    fsType 2 string | File system to mount, such as ext4.
    partition 3 int32 | The partition to mount.
    readOnly 4 bool | Mounted without write access.`,
  GitRepoVolumeSource: `A checked-out Git repository; no longer supported.
    repository 1 string! | Where the repository is.
    revision 2 string | The commit.
    directory 3 string | Directory to check out to.`,
  GlusterfsPersistentVolumeSource: `A Gluster volume; no longer supported.
    endpoints 1 string! | Endpoints object with the servers.
    path 2 string! | Name of the volume.
    readOnly 3 bool | Mounted without write access.
    endpointsNamespace 4 *string | Namespace of the Endpoints object.`,
  GlusterfsVolumeSource: `A Gluster volume; no longer supported.
    endpoints 1 string! | Endpoints object with the servers.
    path 2 string! | Name of the volume.
    readOnly 3 bool | Mounted without write access.`,
  HostPathVolumeSource: `A file or directory of the node.
    path 1 string! | Path on the node.
    type 2 *string enum(,BlockDevice,CharDevice,Directory,DirectoryOrCreate,File,FileOrCreate,Socket) | What must be there, or is made: Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice or BlockDevice.`,
  ISCSIPersistentVolumeSource: `A volume over iSCSI.
    targetPortal 1 string! | Address of the target.
    iqn 2 string! | Name of the target.
    lun 3 int32! | Number of the unit.
    iscsiInterface 4 string default="default" | Name of the interface.
    fsType 5 string | File system to mount, such as ext4.
    readOnly 6 bool | Mounted without write access.
    portals 7 []string atomic | Further addresses of the target.
    chapAuthDiscovery 8 bool | Authenticate for discovery.
    chapAuthSession 11 bool | Authenticate for the session.
    secretRef 10 *SecretReference | Secret with credentials.
    initiatorName 12 *string | Name of the initiator.`,
  ISCSIVolumeSource: `A volume over iSCSI.
    targetPortal 1 string! | Address of the target.
    iqn 2 string! | Name of the target.
    lun 3 int32! | Number of the unit.
    iscsiInterface 4 string default="default" | Name of the interface.
    fsType 5 string | File system to mount, such as ext4.
    readOnly 6 bool | Mounted without write access.
    portals 7 []string atomic | Further addresses of the target.
    chapAuthDiscovery 8 bool | Authenticate for discovery.
    chapAuthSession 11 bool | Authenticate for the session.
    secretRef 10 *LocalObjectReference | Secret with credentials.
    initiatorName 12 *string | Name of the initiator.`,
  ImageVolumeSource: `Files of an image.
    reference 1 string | The image.
    pullPolicy 2 string enum(Always,IfNotPresent,Never) | Always, IfNotPresent or Never.`,
  KeyToPath: `An entry as a file.
    key 1 string! | The entry.
    path 2 string! | Path of the file in the volume.
    mode 3 *int32 | Permission bits; the volume's default when absent.`,
  LocalVolumeSource: `A disk, partition or directory of one node.
    path 1 string! | Path on the node.
    fsType 2 *string | File system to mount, such as ext4.`,
  ModifyVolumeStatus: `A change of a volume's attributes class.
    targetVolumeAttributesClassName 1 string | The class that is being applied.
    status 2 string! enum(InProgress,Infeasible,Pending) | Pending, InProgress or Infeasible.`,
  NFSVolumeSource: `A directory of an NFS server.
    server 1 string! | Name or address of the server.
    path 2 string! | Directory on the server.
    readOnly 3 bool | Mounted without write access.`,
  PersistentVolume: `[kind] A piece of storage in the cluster.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 PersistentVolumeSpec | What is wanted.
    status 3 PersistentVolumeStatus | What was last observed; written by the system.`,
  PersistentVolumeClaim: `[kind] A user's claim of storage.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 PersistentVolumeClaimSpec | What is wanted.
    status 3 PersistentVolumeClaimStatus | What was last observed; written by the system.`,
  PersistentVolumeClaimCondition: `One aspect of a claim's state.
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    lastProbeTime 3 time | When the condition was last checked.
    lastTransitionTime 4 time | When the status last changed.
    reason 5 string | A word in CamelCase, for programs, for the last change.
    message 6 string | A sentence for people about the last change.`,
  PersistentVolumeClaimSpec: `What storage is wanted.
    accessModes 1 []string atomic enum(ReadOnlyMany,ReadWriteMany,ReadWriteOnce,ReadWriteOncePod) | ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.
    selector 4 *LabelSelector | Only volumes with these labels.
    resources 2 VolumeResourceRequirements | How much storage.
    volumeName 3 string | The volume that is bound.
    storageClassName 5 *string | The class; the default one when absent, none when empty.
    volumeMode 6 *string enum(Block,Filesystem) | Filesystem (the default) or Block.
    dataSource 7 *TypedLocalObjectReference | What the volume starts with: a snapshot or another claim.
    dataSourceRef 8 *TypedObjectReference | As dataSource, of any kind and, where allowed, another namespace.
    volumeAttributesClassName 9 *string | The VolumeAttributesClass.`,
  PersistentVolumeClaimStatus: `What is known of a claim.
    phase 1 string enum(Bound,Lost,Pending) | Pending, Bound or Lost.
    accessModes 2 []string atomic enum(ReadOnlyMany,ReadWriteMany,ReadWriteOnce,ReadWriteOncePod) | Ways in which the volume can be mounted.
    capacity 3 map[quantity] | Size of the volume.
    conditions 4 []PersistentVolumeClaimCondition map(type) patch=merge(type) | Aspects of the state.
    allocatedResources 5 map[quantity] | Sizes that are being made.
    allocatedResourceStatuses 7 map[string] granular enum(ControllerResizeInProgress,ControllerResizeInfeasible,NodeResizeInProgress,NodeResizeInfeasible,NodeResizePending) | State of the growing, by resource.
    currentVolumeAttributesClassName 8 *string | The class that is applied.
    modifyVolumeStatus 9 *ModifyVolumeStatus | A change of the class that is under way.`,
  PersistentVolumeClaimTemplate: `A claim to be made.
    metadata 1 ObjectMeta | Labels and annotations of the claim.
    spec 2 PersistentVolumeClaimSpec! | Spec of the claim.`,
  PersistentVolumeClaimVolumeSource: `The volume behind a claim.
    claimName 1 string! | Name of the claim in the pod's namespace.
    readOnly 2 bool | Mounted without write access.`,
  PersistentVolumeSource: `What a volume is; one of these.
    gcePersistentDisk 1 *GCEPersistentDiskVolumeSource | A disk of Google's cloud.
    awsElasticBlockStore 2 *AWSElasticBlockStoreVolumeSource | A volume of Amazon's EBS.
    hostPath 3 *HostPathVolumeSource | A directory of the node; for tests on one node.
    glusterfs 4 *GlusterfsPersistentVolumeSource | A Gluster volume; no longer supported.
    nfs 5 *NFSVolumeSource | A directory of an NFS server.
    rbd 6 *RBDPersistentVolumeSource | A Ceph block device; no longer supported.
    iscsi 7 *ISCSIPersistentVolumeSource | A volume over iSCSI.
    cinder 8 *CinderPersistentVolumeSource | A volume of OpenStack's Cinder.
    cephfs 9 *CephFSPersistentVolumeSource | A Ceph file system; no longer supported.
    fc 10 *FCVolumeSource | A volume over Fibre Channel.
    flocker 11 *FlockerVolumeSource | A Flocker volume; no longer supported.
    flexVolume 12 *FlexPersistentVolumeSource | A volume of an old-style plugin; deprecated.
    azureFile 13 *AzureFilePersistentVolumeSource | A share of Azure Files.
    vsphereVolume 14 *VsphereVirtualDiskVolumeSource | A disk of vSphere.
    quobyte 15 *QuobyteVolumeSource | A Quobyte volume; no longer supported.
    azureDisk 16 *AzureDiskVolumeSource | A disk of Azure.
    photonPersistentDisk 17 *PhotonPersistentDiskVolumeSource | A disk of Photon; no longer supported.
    portworxVolume 18 *PortworxVolumeSource | A Portworx volume.
    scaleIO 19 *ScaleIOPersistentVolumeSource | A ScaleIO volume; no longer supported.
    local 20 *LocalVolumeSource | A disk, partition or directory of one node.
    storageos 21 *StorageOSPersistentVolumeSource | A StorageOS volume; no longer supported.
    csi 22 *CSIPersistentVolumeSource | A volume of a CSI driver.`,
  PersistentVolumeSpec: `What a volume is and offers.
    capacity 1 map[quantity] | Its size.
    ...PersistentVolumeSource 2
    accessModes 3 []string atomic enum(ReadOnlyMany,ReadWriteMany,ReadWriteOnce,ReadWriteOncePod) | Ways in which it can be mounted.
    claimRef 4 *ObjectReference granular | The claim that it is bound to.
    persistentVolumeReclaimPolicy 5 string enum(Delete,Recycle,Retain) | What happens when its claim goes: Retain, Delete or Recycle.
    storageClassName 6 string | Its class.
    mountOptions 7 []string atomic | Options of the mount.
    volumeMode 8 *string enum(Block,Filesystem) | Filesystem (the default) or Block.
    nodeAffinity 9 *VolumeNodeAffinity | Nodes from which it can be reached.
    volumeAttributesClassName 10 *string | Its VolumeAttributesClass.`,
  PersistentVolumeStatus: `State of a volume.
    phase 1 string enum(Available,Bound,Failed,Pending,Released) | Pending, Available, Bound, Released or Failed.
    message 2 string | For people: why.
    reason 3 string | A word in CamelCase for a failure.
    lastPhaseTransitionTime 4 *time | When the phase last changed.`,
  PhotonPersistentDiskVolumeSource: `A disk of Photon; no longer supported.
    pdID 1 string! | Id of the disk.
    fsType 2 string | File system to mount, such as ext4.`,
  PodCertificateProjection: `A key and certificate for the pod, renewed in time.
    signerName 1 string required | Who signs.
    keyType 2 string required | Such as ED25519 or ECDSAP256.
    maxExpirationSeconds 3 *int32 | Longest life time of the certificate.
    credentialBundlePath 4 string | File for key and certificates together.
    keyPath 5 string | File for the key.
    certificateChainPath 6 string | File for the certificates.
    userAnnotations 7 map[string] | Passed to the signer.`,
  PortworxVolumeSource: `A Portworx volume, through its CSI driver.
    volumeID 1 string! | Id of the volume.
    fsType 2 string | File system to mount, such as ext4.
    readOnly 3 bool | Mounted without write access.`,
  ProjectedVolumeSource: `Several sources in one directory.
    sources 1 []VolumeProjection always atomic | The sources.
    defaultMode 2 *int32 | Permission bits of the files; 0644 when absent.`,
  QuobyteVolumeSource: `A Quobyte volume; no longer supported.
    registry 1 string! | Addresses of the registry.
    volume 2 string! | Name of the volume.
    readOnly 3 bool | Mounted without write access.
    user 4 string | User of the mount.
    group 5 string | Group of the mount.
    tenant 6 string | Tenant that owns the volume.`,
  RBDPersistentVolumeSource: `A Ceph block device; no longer supported.
    monitors 1 []string! atomic | Addresses of Ceph's monitors.
    image 2 string! | Name of the image.
    fsType 3 string | File system to mount, such as ext4.
    pool 4 string default="rbd" | Pool of the image.
    user 5 string default="admin" | Ceph user.
    keyring 6 string default="/etc/ceph/keyring" | File with the user's key.
    secretRef 7 *SecretReference | Secret with credentials.
    readOnly 8 bool | Mounted without write access.`,
  RBDVolumeSource: `A Ceph block device; no longer supported.
    monitors 1 []string! atomic | Addresses of Ceph's monitors.
    image 2 string! | Name of the image.
    fsType 3 string | File system to mount, such as ext4.
    pool 4 string default="rbd" | Pool of the image.
    user 5 string default="admin" | Ceph user.
    keyring 6 string default="/etc/ceph/keyring" | File with the user's key.
    secretRef 7 *LocalObjectReference | Secret with credentials.
    readOnly 8 bool | Mounted without write access.`,
  ScaleIOPersistentVolumeSource: `A ScaleIO volume; no longer supported.
    gateway 1 string! | Address of the gateway.
    system 2 string! | Name of the system.
    secretRef 3 *SecretReference! | Secret with credentials.
    sslEnabled 4 bool | Speak TLS.
    protectionDomain 5 string | Name of the protection domain.
    storagePool 6 string | Pool of the volume.
    storageMode 7 string default="ThinProvisioned" | ThickProvisioned or ThinProvisioned.
    volumeName 8 string | Name of the volume.
    fsType 9 string default="xfs" | File system to mount, such as ext4.
    readOnly 10 bool | Mounted without write access.`,
  ScaleIOVolumeSource: `A ScaleIO volume; no longer supported.
    gateway 1 string! | Address of the gateway.
    system 2 string! | Name of the system.
    secretRef 3 *LocalObjectReference! | Secret with credentials.
    sslEnabled 4 bool | Speak TLS.
    protectionDomain 5 string | Name of the protection domain.
    storagePool 6 string | Pool of the volume.
    storageMode 7 string default="ThinProvisioned" | ThickProvisioned or ThinProvisioned.
    volumeName 8 string | Name of the volume.
    fsType 9 string default="xfs" | File system to mount, such as ext4.
    readOnly 10 bool | Mounted without write access.`,
  SecretProjection: `Entries of a Secret as files.
    ...LocalObjectReference 1
    items 2 []KeyToPath atomic | Which entries, and where; all when absent.
    optional 4 *bool | Go on without it when the Secret or entry is missing.`,
  SecretReference: `[atomic] Names a Secret in any namespace.
    name 1 string | Name of the Secret.
    namespace 2 string | Its namespace.`,
  SecretVolumeSource: `Entries of a Secret as files, in memory.
    secretName 1 string | Name of the Secret.
    items 2 []KeyToPath atomic | Which entries, and where; all when absent.
    defaultMode 3 *int32 | Permission bits of the files; 0644 when absent.
    optional 4 *bool | Go on without it when the Secret or entry is missing.`,
  StorageOSPersistentVolumeSource: `A StorageOS volume; no longer supported.
    volumeName 1 string | Name of the volume.
    volumeNamespace 2 string | Its namespace at StorageOS.
    fsType 3 string | File system to mount, such as ext4.
    readOnly 4 bool | Mounted without write access.
    secretRef 5 *ObjectReference | Secret with credentials.`,
  StorageOSVolumeSource: `A StorageOS volume; no longer supported.
    volumeName 1 string | Name of the volume.
    volumeNamespace 2 string | Its namespace at StorageOS.
    fsType 3 string | File system to mount, such as ext4.
    readOnly 4 bool | Mounted without write access.
    secretRef 5 *LocalObjectReference | Secret with credentials.`,
  TopologySelectorLabelRequirement: `A label and its values.
    key 1 string! | The label.
    values 2 []string! atomic | Any of these.`,
  TopologySelectorTerm: `[atomic] Labels of a topology; all must hold.
    matchLabelExpressions 1 []TopologySelectorLabelRequirement atomic | The labels.`,
  TypedLocalObjectReference: `[atomic] Names an object of any kind in the same namespace.
    apiGroup 1 *string always | Its API group; absent for the core group.
    kind 2 string! | Its kind.
    name 3 string! | Its name.`,
  TypedObjectReference: `Names an object of any kind.
    apiGroup 1 *string always | Its API group; absent for the core group.
    kind 2 string! | Its kind.
    name 3 string! | Its name.
    namespace 4 *string | Its namespace, which must allow it by a ReferenceGrant.`,
  Volume: `Storage that a pod's containers can mount.
    name 1 string! | Name by which containers refer to it.
    ...VolumeSource 2`,
  VolumeNodeAffinity: `Nodes from which a volume can be reached.
    required 1 *NodeSelector | The nodes.`,
  VolumeProjection: `A source of a projected volume; one of these.
    secret 1 *SecretProjection | Entries of a Secret.
    downwardAPI 2 *DownwardAPIProjection | Facts about the pod.
    configMap 3 *ConfigMapProjection | Entries of a ConfigMap.
    serviceAccountToken 4 *ServiceAccountTokenProjection | A token of the pod's account.
    clusterTrustBundle 5 *ClusterTrustBundleProjection gate=ClusterTrustBundleProjection | Root certificates.
    podCertificate 6 *PodCertificateProjection gate=PodCertificateRequest | A key and certificate for the pod.`,
  VolumeResourceRequirements: `How much storage.
    limits 1 map[quantity] | The most.
    requests 2 map[quantity] | At least this much.`,
  VolumeSource: `What a volume is; one of these.
    hostPath 1 *HostPathVolumeSource | A file or directory of the node.
    emptyDir 2 *EmptyDirVolumeSource | An empty directory that lives as long as the pod.
    gcePersistentDisk 3 *GCEPersistentDiskVolumeSource | A disk of Google's cloud.
    awsElasticBlockStore 4 *AWSElasticBlockStoreVolumeSource | A volume of Amazon's EBS.
    gitRepo 5 *GitRepoVolumeSource | A checked-out Git repository; no longer supported.
    secret 6 *SecretVolumeSource | Entries of a Secret.
    nfs 7 *NFSVolumeSource | A directory of an NFS server.
    iscsi 8 *ISCSIVolumeSource | A volume over iSCSI.
    glusterfs 9 *GlusterfsVolumeSource | A Gluster volume; no longer supported.
    persistentVolumeClaim 10 *PersistentVolumeClaimVolumeSource | The volume behind a claim.
    rbd 11 *RBDVolumeSource | A Ceph block device; no longer supported.
    flexVolume 12 *FlexVolumeSource | A volume of an old-style plugin; deprecated.
    cinder 13 *CinderVolumeSource | A volume of OpenStack's Cinder.
    cephfs 14 *CephFSVolumeSource | A Ceph file system; no longer supported.
    flocker 15 *FlockerVolumeSource | A Flocker volume; no longer supported.
    downwardAPI 16 *DownwardAPIVolumeSource | Facts about the pod.
    fc 17 *FCVolumeSource | A volume over Fibre Channel.
    azureFile 18 *AzureFileVolumeSource | A share of Azure Files.
    configMap 19 *ConfigMapVolumeSource | Entries of a ConfigMap.
    vsphereVolume 20 *VsphereVirtualDiskVolumeSource | A disk of vSphere.
    quobyte 21 *QuobyteVolumeSource | A Quobyte volume; no longer supported.
    azureDisk 22 *AzureDiskVolumeSource | A disk of Azure.
    photonPersistentDisk 23 *PhotonPersistentDiskVolumeSource | A disk of Photon; no longer supported.
    projected 26 *ProjectedVolumeSource | Several sources in one directory.
    portworxVolume 24 *PortworxVolumeSource | A Portworx volume.
    scaleIO 25 *ScaleIOVolumeSource | A ScaleIO volume; no longer supported.
    storageos 27 *StorageOSVolumeSource | A StorageOS volume; no longer supported.
    csi 28 *CSIVolumeSource | A volume that a CSI driver makes for this pod alone.
    ephemeral 29 *EphemeralVolumeSource | A claim that is made for the pod and deleted with it.
    image 30 *ImageVolumeSource | Files of an image.`,
  VolumeStatus: `More about a mounted volume, by its kind.
    image 1 *ImageVolumeStatus | Of an image volume.`,
  VsphereVirtualDiskVolumeSource: `A disk of vSphere, through its CSI driver.
    volumePath 1 string! | Path of the disk.
    fsType 2 string | File system to mount, such as ext4.
    storagePolicyName 3 string | Name of the storage policy.
    storagePolicyID 4 string | Id of the storage policy.`,
}
