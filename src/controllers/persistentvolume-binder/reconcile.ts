/**
 * Binds claims to volumes and releases volumes whose claim is gone. A volume that has to be made is asked for by an
 * annotation that its provisioner follows, ours among them (`../local-path-provisioner`).
 */
import { type KubeObject, keyOf, type Resource } from '../../api/meta.ts'
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import type { StorageClass } from '../../api/types/storage/v1.ts'
import { claimClassName, defaultClass, isFullyBound } from '../../api/volume-binding.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import { ifThere } from '../../client/writes.ts'
import { indexByClaim, byClaim as podsByClaim } from '../pod-volumes.ts'
import { isFinished } from '../pods.ts'
import { volumeGauges } from './metrics.ts'
import { type Note, planClaim, planVolume } from './plan.ts'
import { BinderWrites } from './writes.ts'

const byClass = 'unbound-class'
const byVolume = 'volume-name'
const byClaim = 'claim-ref'
const claimKey = (key: string): string => `claim ${key}`
const volumeKey = (name: string): string => `volume ${name}`

export function persistentVolumeBinderController(parts: ControllerParts): Controller {
  const binder = new Binder(parts)
  return {
    name: 'persistentvolume-binder',
    // Two claims at once could want the same volume: one after the other neither has to be told no.
    workers: 1,
    sources: [
      source(binder.claims, ({ object }) => binder.keysOfClaim(object)),
      source(binder.volumes, ({ object }) => binder.keysOfVolume(object)),
      source(binder.classes, ({ object }) => binder.keysOfClass(object)),
    ],
    reconcile: (key) => binder.reconcile(key),
  }
}

class Binder {
  readonly claims: Informer<PersistentVolumeClaim>
  readonly volumes: Informer<PersistentVolume>
  readonly classes: Informer<StorageClass>
  readonly #pods
  readonly #client
  readonly #events
  readonly #meters
  readonly #writes: BinderWrites
  /** What was last said about a claim: saying it again would only be another write. */
  readonly #said = new Map<string, string>()

  constructor(parts: ControllerParts) {
    const { informers, client, events } = parts
    this.claims = informers.of(coreV1.persistentVolumeClaims)
    this.volumes = informers.of(coreV1.persistentVolumes)
    this.classes = informers.of(storageV1.storageClasses)
    this.#pods = informers.of(coreV1.pods)
    this.#client = client
    this.#events = events.as('persistentvolume-controller')
    this.#meters = parts.meters
    volumeGauges(parts.meters, this.volumes, this.claims)
    this.#writes = new BinderWrites(parts)
    this.claims.addIndex(byClass, (claim) => (isFullyBound(claim) ? [] : [claimClassName(claim)]))
    this.claims.addIndex(byVolume, ({ spec }) => (spec?.volumeName ? [spec.volumeName] : []))
    this.volumes.addIndex(byClaim, ({ spec }) => {
      return spec?.claimRef ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`] : []
    })
    indexByClaim(this.#pods)
  }

  keysOfClaim(claim: PersistentVolumeClaim): string[] {
    const key = keyOf(claim)
    const names = new Set(this.volumes.byIndex(byClaim, key).map(({ metadata }) => metadata.name ?? ''))
    if (claim.spec?.volumeName) names.add(claim.spec.volumeName)
    return [claimKey(key), ...[...names].map(volumeKey)]
  }

  keysOfVolume(volume: PersistentVolume): string[] {
    const { name = '' } = volume.metadata
    const { claimRef, storageClassName = '' } = volume.spec ?? {}
    const claims = this.claims.byIndex(byVolume, name).map(keyOf)
    if (claimRef) claims.push(`${claimRef.namespace}/${claimRef.name}`)
    else claims.push(...this.claims.byIndex(byClass, storageClassName).map(keyOf))
    return [volumeKey(name), ...new Set(claims.map(claimKey))]
  }

  keysOfClass({ metadata }: StorageClass): string[] {
    const waiting = [metadata.name ?? '', ''].flatMap((name) => this.claims.byIndex(byClass, name))
    return waiting.map((claim) => claimKey(keyOf(claim)))
  }

  async reconcile(key: string): Promise<Outcome> {
    const [kind, name = ''] = key.split(' ')
    if (kind === 'claim') await this.#syncClaim(name)
    else await this.#syncVolume(name)
    return done
  }

  async #syncClaim(key: string): Promise<void> {
    const claim = this.claims.get(key)
    if (!claim) return void this.#said.delete(key)
    const classes = this.classes.list()
    const plan = planClaim(claim, {
      volume: (name) => this.volumes.get(name),
      volumes: this.volumes.list(),
      storageClass: this.classes.get(claimClassName(claim)),
      defaultClass: defaultClass(classes),
      pods: this.#podsOf(key),
    })
    switch (plan.kind) {
      case 'bind':
        this.#said.delete(key)
        return this.#writes.bind(plan.volume, claim)
      case 'assignClass':
        return this.#assignClass(claim, plan.storageClassName)
      case 'provision': {
        await this.#writes.askProvisioner(claim, plan.provisioner)
        const message = `Waiting for a volume to be created either by the external provisioner '${plan.provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
        return this.#say(claim, { type: 'Normal', reason: 'ExternalProvisioning', message })
      }
      case 'phase':
        if (plan.note) this.#say(claim, plan.note)
        return this.#writes.setClaimPhase(claim, plan.phase)
    }
  }

  async #assignClass(claim: PersistentVolumeClaim, storageClassName: string): Promise<void> {
    this.#meters?.count('retroactive_storageclass_total')
    try {
      await this.#writes.assignClass(claim, storageClassName)
    } catch (error) {
      this.#meters?.count('retroactive_storageclass_errors_total')
      throw error
    }
  }

  #podsOf(key: string): string[] {
    const waiting = this.#pods.byIndex(podsByClaim, key).filter((pod) => !isFinished(pod) && !pod.spec?.nodeName)
    return waiting.map(({ metadata }) => metadata.name ?? '')
  }

  #say(claim: PersistentVolumeClaim, note: Note): void {
    const key = keyOf(claim)
    const said = `${claim.metadata.uid} ${note.reason} ${note.message}`
    if (this.#said.get(key) === said) return
    this.#said.set(key, said)
    this.#tell(coreV1.persistentVolumeClaims, claim, note)
  }

  async #syncVolume(name: string): Promise<void> {
    const volume = this.volumes.get(name)
    if (!volume) return
    const claim = await this.#claimOf(volume)
    const plan = planVolume(volume, claim)
    if (plan.kind === 'none') return
    if (plan.kind === 'mismatch') {
      this.#tell(coreV1.persistentVolumes, volume, plan.ofVolume)
      if (claim) this.#tell(coreV1.persistentVolumeClaims, claim, plan.ofClaim)
      return
    }
    if (plan.kind === 'unbind') return this.#writes.unbind(volume, plan.keep)
    await this.#writes.setVolumePhase(volume, plan.phase, plan.message)
    if (plan.note) this.#tell(coreV1.persistentVolumes, volume, plan.note)
  }

  #tell(resource: Resource, object: KubeObject, { type, reason, message }: Note): void {
    this.#events.event({ resource, object }, type, reason, message)
  }

  /** The cache may be behind: a volume is released only when the server itself says that the claim is gone. */
  async #claimOf(volume: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    const { namespace, name = '', uid } = volume.spec?.claimRef ?? {}
    if (!uid) return undefined
    const cached = this.claims.get(`${namespace}/${name}`)
    if (cached?.metadata.uid === uid) return cached
    const isReleased = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed'
    if (isReleased) return undefined
    const live = await ifThere(this.#client.of(coreV1.persistentVolumeClaims, namespace).get(name))
    return live?.metadata.uid === uid ? live : undefined
  }
}
