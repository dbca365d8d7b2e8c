/** Defaults of volumes, claims and storage classes. Source: https://kubernetes.io/docs/concepts/storage/. */
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../types/core/v1.ts'
import type { CSIDriver, StorageClass } from '../types/storage/v1.ts'

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
  spec.resources ??= {}
}

export function defaultClaim(claim: PersistentVolumeClaim): void {
  claim.spec ??= {}
  defaultClaimSpec(claim.spec)
  claim.status ??= {}
  claim.status.phase ||= 'Pending'
}

export function defaultVolume(volume: PersistentVolume): void {
  volume.spec ??= {}
  const spec = volume.spec
  spec.persistentVolumeReclaimPolicy ||= 'Retain'
  spec.volumeMode ??= 'Filesystem'
  if (spec.hostPath) spec.hostPath.type ??= ''
  if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default'
  if (spec.rbd) {
    spec.rbd.pool ||= 'rbd'
    spec.rbd.user ||= 'admin'
    spec.rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (spec.scaleIO) {
    spec.scaleIO.storageMode ||= 'ThinProvisioned'
    spec.scaleIO.fsType ||= 'xfs'
  }
  if (spec.azureDisk) {
    spec.azureDisk.cachingMode ??= 'ReadWrite'
    spec.azureDisk.kind ??= 'Shared'
    spec.azureDisk.fsType ??= 'ext4'
    spec.azureDisk.readOnly ??= false
  }
  volume.status ??= {}
  volume.status.phase ||= 'Pending'
}

export function defaultStorageClass(storageClass: StorageClass): void {
  storageClass.reclaimPolicy ??= 'Delete'
  storageClass.volumeBindingMode ??= 'Immediate'
}

export function defaultCsiDriver(driver: CSIDriver): void {
  driver.spec ??= {}
  const spec = driver.spec
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent']
}
