/** Upstream's internal types of volumes, for `go-struct.ts`. */
const keyed = 'Items:[]KeyToPath'
const persistentSources =
  'GCEPersistentDisk:*GCEDisk AWSElasticBlockStore:*AWSDisk HostPath:*HostPath Glusterfs:*GlusterfsPV NFS:*NFS RBD:*RBDPV Quobyte:*Quobyte ISCSI:*ISCSIPV FlexVolume:*FlexPV Cinder:*CinderPV CephFS=cephfs:*CephFSPV FC:*FC Flocker:*Flocker AzureFile:*AzureFilePV VsphereVolume:*Vsphere AzureDisk:*AzureDisk PhotonPersistentDisk:*Photon PortworxVolume:*Portworx ScaleIO:*ScaleIOPV Local:*LocalVolume StorageOS=storageos:*StorageOSPV CSI:*CSIPV'

export const volumeTables: Readonly<Record<string, string>> = {
  Volume:
    'Name:s HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk:*GCEDisk AWSElasticBlockStore:*AWSDisk GitRepo:*GitRepo Secret:*SecretVolume NFS:*NFS ISCSI:*ISCSI Glusterfs:*Glusterfs PersistentVolumeClaim:*ClaimVolume RBD:*RBD Quobyte:*Quobyte FlexVolume:*Flex Cinder:*Cinder CephFS=cephfs:*CephFS Flocker:*Flocker DownwardAPI:*DownwardVolume FC:*FC AzureFile:*AzureFile ConfigMap:*ConfigMapVolume VsphereVolume:*Vsphere AzureDisk:*AzureDisk PhotonPersistentDisk:*Photon Projected:*Projected PortworxVolume:*Portworx ScaleIO:*ScaleIO StorageOS=storageos:*StorageOS CSI:*CSIVolume Ephemeral:*EphemeralVolume Image:*ImageVolume',
  PersistentVolumeSource: persistentSources,
  PersistentVolumeSpec: `Capacity:* ${persistentSources} AccessModes:* ClaimRef:*ObjectReference PersistentVolumeReclaimPolicy:s StorageClassName:s MountOptions:* VolumeMode:* NodeAffinity:*VolumeNodeAffinity VolumeAttributesClassName:*`,
  HostPath: 'Path:s Type:*',
  EmptyDir: 'Medium:s SizeLimit:*',
  GCEDisk: 'PDName:s FSType:s Partition:n ReadOnly:b',
  AWSDisk: 'VolumeID:s FSType:s Partition:n ReadOnly:b',
  GitRepo: 'Repository:s Revision:s Directory:s',
  SecretVolume: `SecretName:s ${keyed} DefaultMode:* Optional:*`,
  ConfigMapVolume: `Name:s ${keyed} DefaultMode:* Optional:*`,
  KeyToPath: 'Key:s Path:s Mode:*',
  NFS: 'Server:s Path:s ReadOnly:b',
  ISCSI:
    'TargetPortal:s IQN:s Lun:n ISCSIInterface=iscsiInterface:s FSType:s ReadOnly:b Portals:* DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b SecretRef:*LocalObjectReference InitiatorName:*',
  ISCSIPV:
    'TargetPortal:s IQN:s Lun:n ISCSIInterface=iscsiInterface:s FSType:s ReadOnly:b Portals:* DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b SecretRef:*SecretReference InitiatorName:*',
  Glusterfs: 'EndpointsName=endpoints:s Path:s ReadOnly:b',
  GlusterfsPV: 'EndpointsName=endpoints:s Path:s ReadOnly:b EndpointsNamespace:*',
  ClaimVolume: 'ClaimName:s ReadOnly:b',
  RBD: 'CephMonitors=monitors:* RBDImage=image:s FSType:s RBDPool=pool:s RadosUser=user:s Keyring:s SecretRef:*LocalObjectReference ReadOnly:b',
  RBDPV:
    'CephMonitors=monitors:* RBDImage=image:s FSType:s RBDPool=pool:s RadosUser=user:s Keyring:s SecretRef:*SecretReference ReadOnly:b',
  Quobyte: 'Registry:s Volume:s ReadOnly:b User:s Group:s Tenant:s',
  Flex: 'Driver:s FSType:s SecretRef:*LocalObjectReference ReadOnly:b Options:*',
  FlexPV: 'Driver:s FSType:s SecretRef:*SecretReference ReadOnly:b Options:*',
  Cinder: 'VolumeID:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference',
  CinderPV: 'VolumeID:s FSType:s ReadOnly:b SecretRef:*SecretReference',
  CephFS: 'Monitors:* Path:s User:s SecretFile:s SecretRef:*LocalObjectReference ReadOnly:b',
  CephFSPV: 'Monitors:* Path:s User:s SecretFile:s SecretRef:*SecretReference ReadOnly:b',
  Flocker: 'DatasetName:s DatasetUUID:s',
  DownwardVolume: 'Items:[]DownwardFile DefaultMode:*',
  DownwardFile: 'Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:*',
  FC: 'TargetWWNs:* Lun:* FSType:s ReadOnly:b WWIDs=wwids:*',
  AzureFile: 'SecretName:s ShareName:s ReadOnly:b',
  AzureFilePV: 'SecretName:s ShareName:s ReadOnly:b SecretNamespace:*',
  Vsphere: 'VolumePath:s FSType:s StoragePolicyName:s StoragePolicyID:s',
  AzureDisk: 'DiskName:s DataDiskURI=diskURI:s CachingMode:* FSType:* ReadOnly:* Kind:*',
  Photon: 'PdID:s FSType:s',
  Projected: 'Sources:[]Projection DefaultMode:*',
  Projection:
    'Secret:*KeyedProjection DownwardAPI:*DownwardProjection ConfigMap:*KeyedProjection ServiceAccountToken:*TokenProjection ClusterTrustBundle:*TrustProjection PodCertificate:*',
  KeyedProjection: `Name:s ${keyed} Optional:*`,
  DownwardProjection: 'Items:[]DownwardFile',
  TokenProjection: 'Audience:s ExpirationSeconds:n Path:s',
  TrustProjection: 'Name:* SignerName:* LabelSelector:* Optional:* Path:s',
  Portworx: 'VolumeID:s FSType:s ReadOnly:b',
  ScaleIO:
    'Gateway:s System:s SecretRef:*LocalObjectReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType:s ReadOnly:b',
  ScaleIOPV:
    'Gateway:s System:s SecretRef:*SecretReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType:s ReadOnly:b',
  StorageOSPV: 'VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:*ObjectReference',
  ObjectReference: 'Kind:s Namespace:s Name:s UID:s APIVersion:s ResourceVersion:s FieldPath:s',
  StorageOS: 'VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference',
  CSIVolume: 'Driver:s ReadOnly:* FSType:* VolumeAttributes:* NodePublishSecretRef:*LocalObjectReference',
  CSIPV:
    'Driver:s VolumeHandle:s ReadOnly:b FSType:s VolumeAttributes:* ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference',
  LocalVolume: 'Path:s FSType:*',
  EphemeralVolume: 'VolumeClaimTemplate:*ClaimTemplate',
  ClaimTemplate: 'Spec:PersistentVolumeClaimSpec',
  ImageVolume: 'Reference:s PullPolicy:s',
  SecretReference: 'Name:s Namespace:s',
}
