/** What the binder writes. Each write names the version it was decided on, so that a claim or volume is never given twice. */
import { applyMergePatch } from '../../api/patch/merge-patch.ts'
import { coreV1 } from '../../api/resources.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import { isBoundTo, volumeAnnotations } from '../../api/volume-binding.ts'
import type { Client } from '../../client/client.ts'
import type { ControllerParts } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'

const { bindCompleted, boundByController, storageProvisioner, betaStorageProvisioner } = volumeAnnotations

export class BinderWrites {
  readonly #client: Client

  constructor({ client }: Pick<ControllerParts, 'client'>) {
    this.#client = client
  }

  /** Volume first: whoever fails in between finds there whose it is. */
  async bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    const reserved = await this.#reserve(volume, claim)
    if (!reserved) return
    await this.setVolumePhase(reserved, 'Bound')
    const named = await this.#nameVolume(claim, volume)
    if (!named || named.status?.phase === 'Bound') return
    const { accessModes, capacity, volumeAttributesClassName } = volume.spec ?? {}
    const status = {
      phase: 'Bound',
      accessModes,
      capacity,
      ...(volumeAttributesClassName ? { currentVolumeAttributesClassName: volumeAttributesClassName } : {}),
    }
    await this.#updateClaimStatus(named, status)
  }

  async setVolumePhase(volume: PersistentVolume, phase: string, message?: string): Promise<void> {
    if (volume.status?.phase === phase) return
    const status = { phase, message: message ?? null, reason: null }
    await ifThere(this.#client.of(coreV1.persistentVolumes).updateStatus(changed(volume, { status })))
  }

  async setClaimPhase(claim: PersistentVolumeClaim, phase: 'Pending' | 'Lost'): Promise<void> {
    const { status } = claim
    if (status?.phase === phase && !status.accessModes && !status.capacity) return
    await this.#updateClaimStatus(claim, { phase, accessModes: null, capacity: null })
  }

  async assignClass(claim: PersistentVolumeClaim, storageClassName: string): Promise<void> {
    await this.#updateClaim(claim, { spec: { storageClassName } })
  }

  async askProvisioner(claim: PersistentVolumeClaim, provisioner: string): Promise<void> {
    const { annotations = {} } = claim.metadata
    if (annotations[storageProvisioner] === provisioner && annotations[betaStorageProvisioner] === provisioner) return
    await this.#updateClaim(claim, {
      metadata: { annotations: { [storageProvisioner]: provisioner, [betaStorageProvisioner]: provisioner } },
    })
  }

  /** The claim that the volume was given is bound to another. */
  async unbind(volume: PersistentVolume, keep: boolean): Promise<void> {
    const annotations = { [boundByController]: null }
    const claimRef = keep ? { uid: null, resourceVersion: null } : null
    await this.#updateVolume(volume, keep ? { spec: { claimRef } } : { metadata: { annotations }, spec: { claimRef } })
  }

  async #reserve(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<PersistentVolume | undefined> {
    const { name, namespace, uid, resourceVersion } = claim.metadata
    if (volume.spec?.claimRef?.uid === uid) return volume
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion }
    const annotations = { [boundByController]: 'yes' }
    const metadata = isBoundTo(volume, claim) ? {} : { metadata: { annotations } }
    return await this.#updateVolume(volume, { ...metadata, spec: { claimRef } })
  }

  async #nameVolume(
    claim: PersistentVolumeClaim,
    { metadata }: PersistentVolume,
  ): Promise<PersistentVolumeClaim | undefined> {
    const { annotations = {} } = claim.metadata
    const named = claim.spec?.volumeName === metadata.name
    if (named && annotations[bindCompleted] !== undefined) return claim
    return await this.#updateClaim(claim, {
      metadata: { annotations: { [bindCompleted]: 'yes', ...(named ? {} : { [boundByController]: 'yes' }) } },
      spec: { volumeName: metadata.name },
    })
  }

  #updateVolume(volume: PersistentVolume, change: Change): Promise<PersistentVolume | undefined> {
    return ifThere(this.#client.of(coreV1.persistentVolumes).update(changed(volume, change)))
  }

  #updateClaim(claim: PersistentVolumeClaim, change: Change): Promise<PersistentVolumeClaim | undefined> {
    const claims = this.#client.of(coreV1.persistentVolumeClaims, claim.metadata.namespace)
    return ifThere(claims.update(changed(claim, change)))
  }

  async #updateClaimStatus(claim: PersistentVolumeClaim, status: object): Promise<void> {
    const claims = this.#client.of(coreV1.persistentVolumeClaims, claim.metadata.namespace)
    await ifThere(claims.updateStatus(changed(claim, { status })))
  }
}

/** In the terms of a merge patch; the account may update and not patch. */
interface Change {
  metadata?: object
  spec?: object
  status?: object
}

function changed<T>(object: T, change: Change): T {
  return applyMergePatch(object, change) as T
}
