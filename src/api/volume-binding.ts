/**
 * How claims and volumes find each other: one rule for the binder and for the scheduler, which chooses for claims that
 * wait for their first consumer. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
import { matchesNodeSelector } from './node-selection.ts'
import { compareQuantities } from './quantity.ts'
import { matchesLabelSelector } from './selectors/label.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, Volume } from './types/core/v1.ts'
import type { StorageClass } from './types/storage/v1.ts'

export const volumeAnnotations = {
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  storageProvisioner: 'volume.kubernetes.io/storage-provisioner',
  betaStorageProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  selectedNode: 'volume.kubernetes.io/selected-node',
  betaStorageClass: 'volume.beta.kubernetes.io/storage-class',
  migratedTo: 'pv.kubernetes.io/migrated-to',
} as const

/** Of a node whose volumes are attached by the controller, whatever its value; without it the node sees to them itself. */
export const managedAttachAnnotation = 'volumes.kubernetes.io/controller-managed-attach-detach'

/** Classes of volumes that somebody else makes; nothing is provisioned for their claims. */
export const noProvisioner = 'kubernetes.io/no-provisioner'

/** Empty when none is named. */
export function claimClassName({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[volumeAnnotations.betaStorageClass] ?? spec?.storageClassName ?? ''
}

export function volumeClassName({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[volumeAnnotations.betaStorageClass] ?? spec?.storageClassName ?? ''
}

/** Whether the volume is this claim's or is reserved for one of its name. */
export function isBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec?.claimRef
  if (!reference) return false
  const { name, namespace, uid } = claim.metadata
  return reference.name === name && reference.namespace === namespace && (!reference.uid || reference.uid === uid)
}

/** The claim that a pod's volume stands for, by name; an ephemeral one's is made for its pod. Undefined: it is no claim's. */
export function claimNameOf({ metadata }: Pod, { name, ephemeral, persistentVolumeClaim }: Volume): string | undefined {
  return ephemeral ? `${metadata.name}-${name}` : persistentVolumeClaim?.claimName
}

/** Names of all claims that a pod's volumes stand for. */
export function claimNames(pod: Pod): string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => claimNameOf(pod, volume) ?? [])
}

/** Bound, and both sides say so. */
export function isFullyBound(claim: PersistentVolumeClaim): boolean {
  return Boolean(claim.spec?.volumeName) && claim.metadata.annotations?.[volumeAnnotations.bindCompleted] !== undefined
}

/** Whether the claim is bound only when a pod that uses it has been given a node. */
export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
}

/** Whether the node can reach the volume. */
export function isReachable(volume: PersistentVolume, node: Node): boolean {
  const required = volume.spec?.nodeAffinity?.required
  return required === undefined || matchesNodeSelector(required, node)
}

/** Why a volume can't serve the claim that names it, in the words of a VolumeMismatch event; undefined when it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantities(requestOf(claim), capacityOf(volume)) > 0) return 'requested PV is too small'
  if (volumeClassName(volume) !== claimClassName(claim)) return 'storageClassName does not match'
  if ((volume.spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? ''))
    return 'volumeAttributesClassName does not match'
  if (modeOf(volume.spec) !== modeOf(claim.spec)) return 'incompatible volumeMode'
  return offersModes(volume, claim) ? undefined : 'incompatible accessMode'
}

export interface MatchOptions {
  /** Only volumes that this node can reach. Absent: any, or those alone that name the claim when it waits. */
  node?: Node
  /** The claim waits for its first consumer. Default false. */
  delayed?: boolean
  /** Volumes that are promised to others. Default: none. */
  isTaken?(volume: PersistentVolume): boolean
}

/** A volume that names the claim, else the smallest available one that will do. */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, delayed = false, isTaken = () => false }: MatchOptions = {},
): PersistentVolume | undefined {
  let smallest: PersistentVolume | undefined
  for (const volume of volumes) {
    if (!offersModes(volume, claim) || modeOf(volume.spec) !== modeOf(claim.spec)) continue
    if (isGoing(volume, claim) || compareQuantities(requestOf(claim), capacityOf(volume)) > 0) continue
    if (node && !isReachable(volume, node)) continue
    if (isBoundTo(volume, claim)) return volume
    if ((delayed && !node) || isTaken(volume) || !isEligible(volume, claim)) continue
    if (!smallest || isBefore(volume, smallest)) smallest = volume
  }
  return smallest
}

/** Whether a class can make volumes for this node. */
export function allowsNode({ allowedTopologies = [] }: StorageClass, node: Node): boolean {
  return (
    allowedTopologies.length === 0 ||
    allowedTopologies.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values = [] }) => values.includes(node.metadata.labels?.[key] ?? '')),
    )
  )
}

export function requestOf({ spec }: PersistentVolumeClaim): string {
  return spec?.resources?.requests?.storage ?? '0'
}

export function capacityOf({ spec }: PersistentVolume): string {
  return spec?.capacity?.storage ?? '0'
}

/** What was deleted after its half of the binding was written stays until the claim goes: the other half is written then. */
function isGoing({ metadata, spec, status }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (metadata.deletionTimestamp === undefined) return false
  return status?.phase !== 'Bound' || spec?.claimRef?.uid !== claim.metadata.uid
}

function isEligible(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { selector, volumeAttributesClassName = '' } = claim.spec ?? {}
  return (
    volume.status?.phase === 'Available' &&
    !volume.spec?.claimRef &&
    volumeClassName(volume) === claimClassName(claim) &&
    (volume.spec?.volumeAttributesClassName ?? '') === volumeAttributesClassName &&
    (!selector || matchesLabelSelector(selector, volume.metadata.labels ?? {}))
  )
}

function isBefore(one: PersistentVolume, other: PersistentVolume): boolean {
  const order = compareQuantities(capacityOf(one), capacityOf(other))
  return order < 0 || (order === 0 && (one.metadata.name ?? '') < (other.metadata.name ?? ''))
}

function offersModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const offered = volume.spec?.accessModes ?? []
  return (claim.spec?.accessModes ?? []).every((mode) => offered.includes(mode))
}

function modeOf(spec: { volumeMode?: string } | undefined): string {
  return spec?.volumeMode ?? 'Filesystem'
}

/** Newest first: which class a claim that names none gets. Undefined when there is no default. */
export function defaultClass(classes: readonly StorageClass[]): StorageClass | undefined {
  const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']
  const created = ({ metadata }: StorageClass): string => metadata.creationTimestamp ?? ''
  return classes
    .filter(({ metadata }) => marks.some((mark) => metadata.annotations?.[mark] === 'true'))
    .sort(
      (one, other) =>
        created(other).localeCompare(created(one)) ||
        (one.metadata.name ?? '').localeCompare(other.metadata.name ?? ''),
    )[0]
}
