/** Rows of persistent volumes and claims. */
import { canonicalQuantity } from '../../../api/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/types/core/v1.ts'
import type { ObjectMeta } from '../../../api/types/meta/v1.ts'
import { accessModesText, age, unset } from '../cells.ts'

export function printPersistentVolume(volume: PersistentVolume, nowMs: number): unknown[] {
  const { metadata, spec, status } = volume
  const claim = spec?.claimRef
  return [
    metadata.name,
    canonicalQuantity(spec?.capacity?.storage ?? '0'),
    accessModesText(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    phase(metadata, status?.phase),
    claim ? `${claim.namespace}/${claim.name}` : '',
    className(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName || unset,
    status?.reason ?? '',
    age(volume, nowMs),
    spec?.volumeMode ?? unset,
  ]
}

export function printPersistentVolumeClaim(claim: PersistentVolumeClaim, nowMs: number): unknown[] {
  const { metadata, spec, status } = claim
  const bound = (spec?.volumeName ?? '') !== ''
  return [
    metadata.name,
    phase(metadata, status?.phase),
    spec?.volumeName ?? '',
    bound ? canonicalQuantity(status?.capacity?.storage ?? '0') : '',
    bound ? accessModesText(status?.accessModes) : '',
    className(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName || unset,
    age(claim, nowMs),
    spec?.volumeMode ?? unset,
  ]
}

function phase(metadata: ObjectMeta, word: string | undefined): string {
  return metadata.deletionTimestamp ? 'Terminating' : (word ?? '')
}

function className({ annotations }: ObjectMeta, name: string | undefined): string {
  return annotations?.['volume.beta.kubernetes.io/storage-class'] ?? name ?? ''
}
