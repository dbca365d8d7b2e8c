/** What volumes and claims say in an older way. Texts are upstream's. */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/types/core/v1.ts'
import { nodeLabelWarning } from './node-labels.ts'
import { fractionalWarning } from './pod-warnings.ts'

const classAnnotation = 'volume.beta.kubernetes.io/storage-class'
const optionsAnnotation = 'volume.beta.kubernetes.io/mount-options'
const classWarning = `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`
const recycleWarning =
  'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'

const sourceWarnings = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const

export function volumeWarnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const warnings: string[] = []
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
  for (const [index, { matchExpressions = [] }] of terms.entries()) {
    const path = `spec.nodeAffinity.required.nodeSelectorTerms[${index}].matchExpressions`
    for (const [number, { key }] of matchExpressions.entries()) {
      warnings.push(...nodeLabelWarning(`${path}[${number}].key`, key))
    }
  }
  if (metadata.annotations?.[classAnnotation] !== undefined) warnings.push(classWarning)
  if (metadata.annotations?.[optionsAnnotation] !== undefined) {
    warnings.push(
      `metadata.annotations[${optionsAnnotation}]: deprecated since v1.31; use "mountOptions" attribute instead`,
    )
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') warnings.push(recycleWarning)
  for (const source of Object.keys(sourceWarnings) as (keyof typeof sourceWarnings)[]) {
    if (spec[source] !== undefined) warnings.push(`spec.${source}: ${sourceWarnings[source]}`)
  }
  return warnings
}

export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const path = 'spec.resources.requests[storage]'
  return [
    ...(metadata.annotations?.[classAnnotation] === undefined ? [] : [classWarning]),
    ...fractionalWarning(path, spec?.resources?.requests?.storage),
  ]
}
