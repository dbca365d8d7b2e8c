/**
 * What the binder does about a claim, and about a volume: pure decisions. Reasons and messages are those that `kubectl
 * describe` shows. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#lifecycle-of-a-volume-and-claim
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import type { StorageClass } from '../../api/types/storage/v1.ts'
import {
  claimClassName,
  findVolume,
  isBoundTo,
  mismatch,
  volumeAnnotations,
  waitsForConsumer,
} from '../../api/volume-binding.ts'

export interface Note {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}

export type ClaimPlan =
  | { kind: 'bind'; volume: PersistentVolume }
  /** Nothing can be bound (any more). */
  | { kind: 'phase'; phase: 'Pending' | 'Lost'; note?: Note }
  /** Its provisioner is told, and makes a volume. */
  | { kind: 'provision'; provisioner: string }
  | { kind: 'assignClass'; storageClassName: string }

export interface ClaimView {
  /** By name. */
  volume(name: string): PersistentVolume | undefined
  /** All that could be bound. */
  volumes: readonly PersistentVolume[]
  storageClass: StorageClass | undefined
  /** For claims that name no class at all. */
  defaultClass: StorageClass | undefined
  /** Names of unfinished pods that use the claim and have no node yet. */
  pods: readonly string[]
}

export function planClaim(claim: PersistentVolumeClaim, view: ClaimView): ClaimPlan {
  if (claim.metadata.annotations?.[volumeAnnotations.bindCompleted] !== undefined) return planBoundClaim(claim, view)
  const name = claim.spec?.volumeName
  return name ? planNamingClaim(claim, view.volume(name)) : planOpenClaim(claim, view)
}

function planBoundClaim(claim: PersistentVolumeClaim, view: ClaimView): ClaimPlan {
  const name = claim.spec?.volumeName
  if (!name) return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = view.volume(name)
  if (!volume) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const { claimRef } = volume.spec ?? {}
  if (!claimRef || claimRef.uid === claim.metadata.uid) return { kind: 'bind', volume }
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

function lost(reason: string, message: string): ClaimPlan {
  return { kind: 'phase', phase: 'Lost', note: { type: 'Warning', reason, message } }
}

/** A claim whose maker chose the volume. */
function planNamingClaim(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): ClaimPlan {
  if (!volume) return { kind: 'phase', phase: 'Pending' }
  const { name } = volume.metadata
  if (isBoundTo(volume, claim)) return { kind: 'bind', volume }
  if (volume.spec?.claimRef) {
    const message = `volume "${name}" already bound to a different claim.`
    return pending('Warning', 'FailedBinding', message)
  }
  const wrong = mismatch(volume, claim)
  if (wrong === undefined) return { kind: 'bind', volume }
  return pending('Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${wrong}`)
}

function planOpenClaim(claim: PersistentVolumeClaim, view: ClaimView): ClaimPlan {
  const { storageClass } = view
  const chosenNode = claim.metadata.annotations?.[volumeAnnotations.selectedNode]
  const delayed = waitsForConsumer(storageClass) && !chosenNode
  const volume = findVolume(claim, view.volumes, { delayed })
  if (volume) return { kind: 'bind', volume }
  if (namesNoClass(claim) && view.defaultClass)
    return { kind: 'assignClass', storageClassName: view.defaultClass.metadata.name ?? '' }
  if (delayed) return waiting(view.pods)
  const className = claimClassName(claim)
  if (className === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set'
    return pending('Normal', 'FailedBinding', message)
  }
  if (!storageClass) {
    return pending('Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`)
  }
  const { provisioner } = storageClass
  if (provisioner.startsWith('kubernetes.io/')) {
    return pending('Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`)
  }
  return { kind: 'provision', provisioner }
}

function waiting(pods: readonly string[]): ClaimPlan {
  if (pods.length === 0) {
    const message = 'waiting for first consumer to be created before binding'
    return pending('Normal', 'WaitForFirstConsumer', message)
  }
  const what = pods.length === 1 ? `pod ${pods[0]}` : `pods ${[...pods].sort().join(',')}`
  return pending('Normal', 'WaitForPodScheduled', `waiting for ${what} to be scheduled`)
}

function pending(type: Note['type'], reason: string, message: string): ClaimPlan {
  return { kind: 'phase', phase: 'Pending', note: { type, reason, message } }
}

function namesNoClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (
    spec?.storageClassName === undefined && metadata.annotations?.[volumeAnnotations.betaStorageClass] === undefined
  )
}

export type VolumePlan =
  | { kind: 'none' }
  /** Both are told why they are not bound. */
  | { kind: 'mismatch'; ofVolume: Note; ofClaim: Note }
  | { kind: 'phase'; phase: 'Available' | 'Bound' | 'Released' | 'Failed'; message?: string; note?: Note }
  /** Its claim is bound elsewhere. `keep`: it stays reserved for the name that its maker gave. */
  | { kind: 'unbind'; keep: boolean }

/** `claim`: the one that the volume refers to, the same object and not another of its name. */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec ?? {}
  const { annotations = {} } = volume.metadata
  const phase = volume.status?.phase
  if (!claimRef?.uid) return phase === 'Available' ? { kind: 'none' } : { kind: 'phase', phase: 'Available' }
  if (!claim) return planRelease(volume)
  if (!claim.spec?.volumeName) return otherMode(volume, claim)
  if (claim.spec.volumeName === volume.metadata.name)
    return phase === 'Bound' ? { kind: 'none' } : { kind: 'phase', phase: 'Bound' }
  if (annotations[volumeAnnotations.provisionedBy] !== undefined && policy === 'Delete') return planRelease(volume)
  return { kind: 'unbind', keep: annotations[volumeAnnotations.boundByController] === undefined }
}

/** The claim does not find a volume of another mode, though that refers to it. */
function otherMode(volume: PersistentVolume, claim: PersistentVolumeClaim): VolumePlan {
  const modeOf = ({ spec }: PersistentVolume | PersistentVolumeClaim) => spec?.volumeMode ?? 'Filesystem'
  if (modeOf(volume) === modeOf(claim)) return { kind: 'none' }
  const note = (message: string): Note => ({ type: 'Warning', reason: 'VolumeMismatch', message })
  const why = 'due to incompatible volumeMode.'
  return {
    kind: 'mismatch',
    ofVolume: note(`Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" ${why}`),
    ofClaim: note(`Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim ${why}`),
  }
}

/** Its claim is gone: first it is released, then its policy decides. Who provisioned a volume also deletes it. */
function planRelease({ metadata, spec, status }: PersistentVolume): VolumePlan {
  const phase = status?.phase
  if (phase !== 'Released' && phase !== 'Failed') return { kind: 'phase', phase: 'Released' }
  const { annotations = {}, name } = metadata
  if (phase === 'Failed' || annotations[volumeAnnotations.migratedTo] !== undefined) return { kind: 'none' }
  switch (spec?.persistentVolumeReclaimPolicy) {
    case 'Delete': {
      if (annotations[volumeAnnotations.provisionedBy] !== undefined || spec.csi) return { kind: 'none' }
      const message = `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`
      return failed('VolumeFailedDelete', message)
    }
    case 'Recycle':
      return failed('VolumeFailedRecycle', 'No recycler plugin found for the volume!')
    case 'Retain':
      return { kind: 'none' }
    default:
      return failed('VolumeUnknownReclaimPolicy', 'Volume has unrecognized PersistentVolumeReclaimPolicy')
  }
}

function failed(reason: string, message: string): VolumePlan {
  return { kind: 'phase', phase: 'Failed', message, note: { type: 'Warning', reason, message } }
}
