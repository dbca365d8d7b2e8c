/**
 * The scheduler's part in binding claims that wait for their first consumer: it promises volumes while a pod is on its
 * way, writes the choice and waits until the binder (and a provisioner) have done theirs.
 */
import { keyOf } from '../api/meta.ts'
import { coreV1, storageV1 } from '../api/resources.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core/v1.ts'
import { isFullyBound, volumeAnnotations } from '../api/volume-binding.ts'
import type { Client } from '../client/client.ts'
import type { Informers } from '../client/informer.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../platform/clock.ts'
import { chooseVolumes, podClaims, type VolumeChoice, type VolumeView } from './plugins/volume-binding.ts'
import { Waiting } from './waiting.ts'

const byClass = 'storageClass'

export interface VolumeBinderParts {
  client: Client
  informers: Informers
  clock: Clock
}

export class VolumeBinder implements VolumeView {
  readonly #parts: VolumeBinderParts
  readonly #claims
  readonly #volumes
  readonly #classes
  readonly #drivers
  readonly #capacities
  /** Which claim a volume is promised to, until its own object says so. */
  readonly #promised = new Map<string, string>()
  readonly #unsubscribe: (() => void)[] = []
  readonly #waiting: Waiting

  constructor(parts: VolumeBinderParts) {
    const { informers } = parts
    this.#parts = parts
    this.#waiting = new Waiting(parts.clock)
    this.#claims = informers.of(coreV1.persistentVolumeClaims)
    this.#volumes = informers.of(coreV1.persistentVolumes)
    this.#classes = informers.of(storageV1.storageClasses)
    this.#drivers = informers.of(storageV1.csiDrivers)
    this.#capacities = informers.of(storageV1.csiStorageCapacities)
    this.#capacities.addIndex(byClass, ({ storageClassName }) => [storageClassName])
  }

  /** Calls back when pods that waited for volumes may be placed. Resolves once everything is known. */
  async start(onChange: () => void): Promise<void> {
    this.#unsubscribe.push(
      this.#claims.onChange(() => {
        this.#waiting.look()
        onChange()
      }),
      this.#volumes.onChange(({ type, object }) => {
        if (type === 'deleted' || object.spec?.claimRef) this.#promised.delete(object.metadata.name ?? '')
        onChange()
      }),
      this.#classes.onChange(onChange),
      this.#drivers.onChange(onChange),
      this.#capacities.onChange(onChange),
    )
    const all = [this.#claims, this.#volumes, this.#classes, this.#drivers, this.#capacities]
    await Promise.all(all.map((informer) => informer.synced()))
  }

  /** Who waits for volumes is told that it was in vain. */
  stop(): void {
    for (const end of this.#unsubscribe) end()
    this.#waiting.stop()
  }

  claim(key: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(key)
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(name)
  }

  storageClass(name: string) {
    return this.#classes.get(name)
  }

  volumes(): readonly PersistentVolume[] {
    return this.#volumes.list()
  }

  capacities(driver: string, className: string) {
    return this.#drivers.get(driver)?.spec.storageCapacity ? this.#capacities.byIndex(byClass, className) : undefined
  }

  isTaken({ metadata }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
    const promised = this.#promised.get(metadata.name ?? '')
    return promised !== undefined && promised !== keyOf(claim)
  }

  /** What has to be written before the pod can go to the node; undefined when nothing has. Promises the volumes in it. */
  promise(pod: Pod, node: Node): VolumeChoice | undefined {
    if (!(pod.spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim || volume.ephemeral)) return undefined
    const claims = podClaims(pod, this)
    if ('refusal' in claims) throw new Error(claims.refusal)
    const choice = chooseVolumes(claims, node, this)
    if ('reasons' in choice) throw new Error(choice.reasons.join(', '))
    for (const { claim, volume } of choice.bindings) this.#promised.set(volume.metadata.name ?? '', keyOf(claim))
    return claims.waiting.length === 0 ? undefined : choice
  }

  /** Rejects when the choice can't be written, the node was refused, or the claims are not bound in time. */
  async write(choice: VolumeChoice, nodeName: string): Promise<void> {
    try {
      for (const { claim, volume } of choice.bindings) await this.#reserve(volume, claim)
      for (const claim of choice.provisions) await this.#selectNode(claim, nodeName)
    } catch (error) {
      for (const { volume } of choice.bindings) this.#promised.delete(volume.metadata.name ?? '')
      throw error
    }
  }

  /** Resolves when all claims of the choice are bound. Rejects when that can't happen on the node any more, or in time. */
  bound({ bindings, provisions }: VolumeChoice, nodeName: string): Promise<void> {
    const keys = [...bindings.map(({ claim }) => keyOf(claim)), ...provisions.map(keyOf)]
    const provisioned = new Set(provisions.map(keyOf))
    const seen = new Set<string>()
    const stateOf = (key: string): 'bound' | 'open' => {
      const claim = this.#claims.get(key)
      if (!claim) throw new Error(`persistentvolumeclaim "${key}" not found`)
      if (isFullyBound(claim)) return 'bound'
      const selected = claim.metadata.annotations?.[volumeAnnotations.selectedNode]
      if (selected === nodeName) seen.add(key)
      else if (provisioned.has(key) && (selected !== undefined || seen.has(key)))
        throw new Error(`provisioning failed for PVC "${claim.metadata.name}"`)
      return 'open'
    }
    // Each is looked at, so that the node once seen on a claim is remembered.
    return this.#waiting.until(() => keys.map(stateOf).every((state) => state === 'bound'), {
      timeoutMs: limits.schedulerVolumeBindMs,
      timeoutMessage: 'binding volumes: context deadline exceeded',
    })
  }

  async #reserve(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    if (volume.spec?.claimRef?.uid === claim.metadata.uid) return
    const { name, namespace, uid, resourceVersion } = claim.metadata
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion }
    const annotations = volume.spec?.claimRef ? {} : { [volumeAnnotations.boundByController]: 'yes' }
    const metadata = { uid: volume.metadata.uid, resourceVersion: volume.metadata.resourceVersion, annotations }
    const patch = { metadata, spec: { claimRef } }
    await this.#parts.client.of(coreV1.persistentVolumes).patch(volume.metadata.name ?? '', { type: 'merge', patch })
  }

  async #selectNode({ metadata }: PersistentVolumeClaim, nodeName: string): Promise<void> {
    const { name = '', namespace, uid, annotations = {} } = metadata
    if (annotations[volumeAnnotations.selectedNode] === nodeName) return
    const patch = { metadata: { uid, annotations: { [volumeAnnotations.selectedNode]: nodeName } } }
    await this.#parts.client.of(coreV1.persistentVolumeClaims, namespace).patch(name, { type: 'merge', patch })
  }
}
