/**
 * Asks CSI drivers to attach volumes to the nodes of pods that use them, and to detach what no pod there uses any more,
 * by VolumeAttachment objects that the drivers' attachers follow.
 */
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { Node, PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import type { VolumeAttachment } from '../../api/types/storage/v1.ts'
import { claimNames, managedAttachAnnotation } from '../../api/volume-binding.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { Change } from '../../client/informer.ts'
import { ifNew, ifThere } from '../../client/writes.ts'
import { boundVolume, byClaim, indexByClaim } from '../pod-volumes.ts'
import { isFinished } from '../pods.ts'
import { AttachEvents } from './events.ts'
import { attachGauges } from './metrics.ts'
import { type AttachPlan, planAttachments } from './plan.ts'

const byNode = 'nodeName'
const byVolume = 'persistentVolume'

export interface AttachDetachOptions {
  /** Volumes are never taken from a node that says it uses them. Default false. Source: `--disable-force-detach-on-timeout`. */
  neverForces?: boolean
}

export function attachDetachController(parts: ControllerParts, options: AttachDetachOptions = {}): Controller {
  const reconciler = new AttachReconciler(parts, options)
  const { nodes, pods, claims, attachments, drivers } = reconciler
  const nodeOf = ({ spec }: Pod): string[] => (spec?.nodeName ? [spec.nodeName] : [])
  return {
    name: 'persistentvolume-attach-detach-controller',
    sources: [
      source(nodes, (change) => reconciler.keysOfNode(change)),
      source(pods, ({ type, object }) => {
        if (type === 'deleted') reconciler.told.forget(object)
        return hasClaims(object) ? nodeOf(object) : []
      }),
      source(claims, ({ object }) =>
        pods.byIndex(byClaim, `${object.metadata.namespace}/${object.metadata.name}`).flatMap(nodeOf),
      ),
      source(attachments, ({ object }) => [object.spec.nodeName, ...reconciler.waitingFor(object)]),
      source(drivers, () => nodes.list().map(({ metadata }) => metadata.name ?? '')),
    ],
    reconcile: (name) => reconciler.reconcile(name),
  }
}

class AttachReconciler {
  readonly nodes
  readonly pods
  readonly claims
  readonly attachments
  readonly drivers
  readonly told: AttachEvents
  readonly #volumes
  readonly #client
  readonly #clock
  readonly #forces: boolean
  readonly #meters
  /** Nodes as they were when they were deleted. */
  readonly #gone = new Map<string, Node>()
  /** Since when an attachment is of no use, by our own monotonic clock. */
  readonly #unwantedSinceMs = new Map<string, number>()
  /** The node that a volume was given to, until its attachment shows up: it must not be given to two at once. */
  readonly #given = new Map<string, string>()
  /** Nodes by the volume that another node still has. */
  readonly #blocked = new Map<string, Set<string>>()

  constructor(parts: ControllerParts, { neverForces = false }: AttachDetachOptions) {
    const { informers, client, clock } = parts
    this.nodes = informers.of(coreV1.nodes)
    this.pods = informers.of(coreV1.pods)
    this.claims = informers.of(coreV1.persistentVolumeClaims)
    this.attachments = informers.of(storageV1.volumeAttachments)
    this.drivers = informers.of(storageV1.csiDrivers)
    this.told = new AttachEvents(parts)
    this.#volumes = informers.of(coreV1.persistentVolumes)
    this.#client = client
    this.#clock = clock
    this.#forces = !neverForces
    this.#meters = parts.meters
    attachGauges(parts.meters, {
      pods: () => this.pods.list(),
      attachments: () => this.attachments.list(),
      wanted: (pod) => this.#attachableOf(pod),
    })
    this.pods.addIndex(byNode, ({ spec }) => [spec?.nodeName ?? ''])
    indexByClaim(this.pods)
    this.attachments.addIndex(byNode, ({ spec }) => [spec.nodeName])
    this.attachments.addIndex(byVolume, ({ spec }) => [spec.source.persistentVolumeName ?? ''])
  }

  keysOfNode(change: Change<Node>): string[] {
    const { type, object } = change
    const name = object.metadata.name ?? ''
    if (type === 'deleted') this.#gone.set(name, object)
    else this.#gone.delete(name)
    return type === 'updated' && relevant(change.previous) === relevant(object) ? [] : [name]
  }

  /** Nodes that could not have the volume of this attachment so far. */
  waitingFor({ spec }: VolumeAttachment): Iterable<string> {
    return this.#blocked.get(spec.source.persistentVolumeName ?? '') ?? []
  }

  async reconcile(name: string): Promise<Outcome> {
    const known = this.nodes.get(name)
    const attachments = this.attachments.byIndex(byNode, name)
    if (!known && attachments.length === 0) this.#gone.delete(name)
    const node = known ?? this.#gone.get(name) ?? { metadata: { name } }
    const plan = planAttachments({
      node,
      gone: known === undefined,
      attachments,
      pods: this.pods.byIndex(byNode, name),
      volume: (volumeName) => this.#volumes.get(volumeName),
      volumeOf: (namespace, claimName) => this.#volumeOf(namespace, claimName),
      attaches: (driver) => this.drivers.get(driver)?.spec.attachRequired !== false,
      isElsewhere: (volumeName) =>
        (this.#given.get(volumeName) ?? name) !== name || this.#elsewhere(volumeName, name).length > 0,
      unwantedMs: (attachment) => this.#unwantedMs(attachment),
      forces: this.#forces,
    })
    this.#give(name, plan)
    this.#tell(name, attachments, plan)
    await this.#apply(node, plan)
    for (const { metadata } of plan.remove) this.#unwantedSinceMs.delete(metadata.name ?? '')
    return plan.waitMs === undefined ? done : { kind: 'requeueAfter', delayMs: plan.waitMs }
  }

  #give(nodeName: string, { create }: AttachPlan): void {
    for (const [volumeName, to] of this.#given) if (to === nodeName) this.#given.delete(volumeName)
    for (const { spec } of create) this.#given.set(spec.source.persistentVolumeName ?? '', nodeName)
  }

  async #apply(node: Node, plan: AttachPlan): Promise<void> {
    for (const one of plan.create) {
      this.#unwantedSinceMs.delete(one.metadata.name ?? '')
      await ifNew(this.#client.of(storageV1.volumeAttachments).create(one))
    }
    // The node hears first that a volume is going, so that it mounts it no more.
    if (plan.attached) await this.#setAttached(node, plan.attached)
    for (const one of plan.remove) await this.#remove(one)
    for (const reason of plan.forced)
      this.#meters?.count('attach_detach_controller_attachdetach_controller_forced_detaches', [reason])
  }

  #elsewhere(volumeName: string, nodeName: string): VolumeAttachment[] {
    return this.attachments.byIndex(byVolume, volumeName).filter(({ spec }) => spec.nodeName !== nodeName)
  }

  #unwantedMs(attachmentName: string): number {
    const nowMs = this.#clock.monotonicMs()
    const sinceMs = this.#unwantedSinceMs.get(attachmentName) ?? nowMs
    this.#unwantedSinceMs.set(attachmentName, sinceMs)
    return nowMs - sinceMs
  }

  #tell(nodeName: string, attachments: readonly VolumeAttachment[], { blocked }: AttachPlan): void {
    for (const nodes of this.#blocked.values()) nodes.delete(nodeName)
    for (const { metadata } of blocked) {
      const volumeName = metadata.name ?? ''
      const nodes = this.#blocked.get(volumeName) ?? new Set()
      this.#blocked.set(volumeName, nodes.add(nodeName))
      const others = this.#elsewhere(volumeName, nodeName).flatMap(({ spec }) => this.#users(volumeName, spec.nodeName))
      this.told.blocked(volumeName, this.#users(volumeName, nodeName), others)
    }
    for (const [volumeName, nodes] of this.#blocked) if (nodes.size === 0) this.#blocked.delete(volumeName)
    for (const { metadata, spec, status } of attachments) {
      if (metadata.deletionTimestamp) continue
      const volumeName = spec.source.persistentVolumeName ?? ''
      const users = this.#users(volumeName, nodeName)
      if (users.length > 0) this.#unwantedSinceMs.delete(metadata.name ?? '')
      if (status?.attached) this.told.attached(volumeName, users)
      else if (status?.attachError?.message) this.told.failed(volumeName, users, status.attachError.message)
    }
  }

  /** Unfinished pods of the node that use the volume. */
  #users(volumeName: string, nodeName: string): Pod[] {
    const { claimRef } = this.#volumes.get(volumeName)?.spec ?? {}
    const key = `${claimRef?.namespace}/${claimRef?.name}`
    return this.pods.byIndex(byClaim, key).filter((pod) => pod.spec?.nodeName === nodeName && !isFinished(pod))
  }

  #volumeOf(namespace: string, claimName: string): PersistentVolume | undefined {
    return boundVolume(this.claims.get(`${namespace}/${claimName}`), this.#volumes)
  }

  #attachableOf(pod: Pod): PersistentVolume[] {
    const volumes = claimNames(pod).map((name) => this.#volumeOf(pod.metadata.namespace ?? '', name))
    return volumes.filter((volume) => {
      const driver = volume?.spec?.csi?.driver
      return driver !== undefined && this.drivers.get(driver)?.spec.attachRequired !== false
    }) as PersistentVolume[]
  }

  async #setAttached({ metadata }: Node, volumesAttached: object[]): Promise<void> {
    const patch = { metadata: { uid: metadata.uid }, status: { volumesAttached } }
    await ifThere(this.#client.of(coreV1.nodes).patchStatus(metadata.name ?? '', { type: 'merge', patch }))
  }

  async #remove({ metadata }: VolumeAttachment): Promise<void> {
    if (metadata.deletionTimestamp) return
    const { name = '', uid } = metadata
    const preconditions = uid ? { preconditions: { uid } } : {}
    await ifThere(this.#client.of(storageV1.volumeAttachments).delete(name, preconditions))
  }
}

/** Of a node, what decides over its volumes. */
function relevant({ metadata, spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status
  const isManaged = metadata.annotations?.[managedAttachAnnotation] !== undefined
  return JSON.stringify([isManaged, status?.volumesInUse, status?.volumesAttached, ready, spec?.taints])
}

function hasClaims(pod: Pod): boolean {
  return claimNames(pod).length > 0
}
