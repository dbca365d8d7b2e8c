/** What the binder writes. Each write names the version it was decided on, so that a claim or volume is never given twice. */
import { coreV1 } from '../../api/resources.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import { isBoundTo, volumeAnnotations } from '../../api/volume-binding.ts'
import type { Client } from '../../client/client.ts'
import type { ControllerParts } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'

const { bindCompleted, boundByController, storageProvisioner, betaStorageProvisioner } = volumeAnnotations

export class BinderWrites {
  readonly #client: Client
  readonly #clock: ControllerParts['clock']

  constructor({ client, clock }: Pick<ControllerParts, 'client' | 'clock'>) {
    this.#client = client
    this.#clock = clock
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
    await this.#patchClaimStatus(named, status)
  }

  async setVolumePhase(volume: PersistentVolume, phase: string, message?: string): Promise<void> {
    if (volume.status?.phase === phase) return
    const { name = '', uid, resourceVersion } = volume.metadata
    const lastPhaseTransitionTime = rfc3339(this.#clock.nowMs())
    const status = { phase, message: message ?? null, reason: null, lastPhaseTransitionTime }
    const patch = { metadata: { uid, resourceVersion }, status }
    await ifThere(this.#client.of(coreV1.persistentVolumes).patchStatus(name, { type: 'merge', patch }))
  }

  async setClaimPhase(claim: PersistentVolumeClaim, phase: 'Pending' | 'Lost'): Promise<void> {
    const { status } = claim
    if (status?.phase === phase && !status.accessModes && !status.capacity) return
    await this.#patchClaimStatus(claim, { phase, accessModes: null, capacity: null })
  }

  async assignClass(claim: PersistentVolumeClaim, storageClassName: string): Promise<void> {
    await this.#patchClaim(claim, { spec: { storageClassName } })
  }

  async askProvisioner(claim: PersistentVolumeClaim, provisioner: string): Promise<void> {
    const { annotations = {} } = claim.metadata
    if (annotations[storageProvisioner] === provisioner && annotations[betaStorageProvisioner] === provisioner) return
    await this.#patchClaim(claim, {
      metadata: { annotations: { [storageProvisioner]: provisioner, [betaStorageProvisioner]: provisioner } },
    })
  }

  /** The claim that the volume was given is bound to another. */
  async unbind(volume: PersistentVolume, keep: boolean): Promise<void> {
    const annotations = { [boundByController]: null }
    const claimRef = keep ? { uid: null, resourceVersion: null } : null
    await this.#patchVolume(volume, keep ? { spec: { claimRef } } : { metadata: { annotations }, spec: { claimRef } })
  }

  async #reserve(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<PersistentVolume | undefined> {
    const { name, namespace, uid, resourceVersion } = claim.metadata
    if (volume.spec?.claimRef?.uid === uid) return volume
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion }
    const annotations = { [boundByController]: 'yes' }
    const metadata = isBoundTo(volume, claim) ? {} : { metadata: { annotations } }
    return await this.#patchVolume(volume, { ...metadata, spec: { claimRef } })
  }

  async #nameVolume(
    claim: PersistentVolumeClaim,
    { metadata }: PersistentVolume,
  ): Promise<PersistentVolumeClaim | undefined> {
    const { annotations = {} } = claim.metadata
    const named = claim.spec?.volumeName === metadata.name
    if (named && annotations[bindCompleted] !== undefined) return claim
    return await this.#patchClaim(claim, {
      metadata: { annotations: { [bindCompleted]: 'yes', ...(named ? {} : { [boundByController]: 'yes' }) } },
      spec: { volumeName: metadata.name },
    })
  }

  async #patchVolume(
    { metadata }: PersistentVolume,
    change: { metadata?: object; spec?: object },
  ): Promise<PersistentVolume | undefined> {
    const { name = '', uid, resourceVersion } = metadata
    const patch = { ...change, metadata: { ...change.metadata, uid, resourceVersion } }
    return await ifThere(this.#client.of(coreV1.persistentVolumes).patch(name, { type: 'merge', patch }))
  }

  async #patchClaim(
    { metadata }: PersistentVolumeClaim,
    change: { metadata?: object; spec?: object },
  ): Promise<PersistentVolumeClaim | undefined> {
    const { name = '', namespace, uid, resourceVersion } = metadata
    const patch = { ...change, metadata: { ...change.metadata, uid, resourceVersion } }
    return await ifThere(
      this.#client.of(coreV1.persistentVolumeClaims, namespace).patch(name, { type: 'merge', patch }),
    )
  }

  async #patchClaimStatus({ metadata }: PersistentVolumeClaim, status: object): Promise<void> {
    const { name = '', namespace, uid, resourceVersion } = metadata
    const patch = { metadata: { uid, resourceVersion }, status }
    await ifThere(this.#client.of(coreV1.persistentVolumeClaims, namespace).patchStatus(name, { type: 'merge', patch }))
  }
}
