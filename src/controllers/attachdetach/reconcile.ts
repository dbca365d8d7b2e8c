/**
 * Asks CSI drivers to attach volumes to the nodes of pods that use them, and to detach what no pod there uses any more,
 * by VolumeAttachment objects that the drivers' attachers follow.
 */
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { Node, PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import type { VolumeAttachment } from '../../api/types/storage/v1.ts'
import { isFullyBound } from '../../api/volume-binding.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifNew, ifThere } from '../../client/writes.ts'
import { planAttachments } from './plan.ts'

const byNode = 'nodeName'
const byClaim = 'attach-claim'

export function attachDetachController(parts: ControllerParts): Controller {
  const reconciler = new AttachReconciler(parts)
  const { nodes, pods, claims, attachments, drivers } = reconciler
  const nodeOf = ({ spec }: Pod): string[] => (spec?.nodeName ? [spec.nodeName] : [])
  return {
    name: 'persistentvolume-attach-detach-controller',
    sources: [
      source(nodes, (change) => {
        const { object } = change
        const before = change.type === 'updated' ? change.previous.status : undefined
        const same =
          JSON.stringify([before?.volumesInUse, before?.volumesAttached]) ===
          JSON.stringify([object.status?.volumesInUse, object.status?.volumesAttached])
        return change.type === 'updated' && same ? [] : [object.metadata.name ?? '']
      }),
      source(pods, ({ object }) => (hasClaims(object) ? nodeOf(object) : [])),
      source(claims, ({ object }) =>
        pods.byIndex(byClaim, `${object.metadata.namespace}/${object.metadata.name}`).flatMap(nodeOf),
      ),
      source(attachments, ({ object }) => [object.spec.nodeName]),
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
  readonly #volumes
  readonly #client

  constructor({ informers, client }: ControllerParts) {
    this.nodes = informers.of(coreV1.nodes)
    this.pods = informers.of(coreV1.pods)
    this.claims = informers.of(coreV1.persistentVolumeClaims)
    this.attachments = informers.of(storageV1.volumeAttachments)
    this.drivers = informers.of(storageV1.csiDrivers)
    this.#volumes = informers.of(coreV1.persistentVolumes)
    this.#client = client
    this.pods.addIndex(byNode, ({ spec }) => [spec?.nodeName ?? ''])
    this.pods.addIndex(byClaim, (pod) => claimsOf(pod).map((name) => `${pod.metadata.namespace}/${name}`))
    this.attachments.addIndex(byNode, ({ spec }) => [spec.nodeName])
  }

  async reconcile(name: string): Promise<Outcome> {
    const node = this.nodes.get(name)
    const attachments = this.attachments.byIndex(byNode, name)
    if (!node) {
      // Nothing is in use on a node that is gone.
      for (const one of attachments) await this.#remove(one)
      return done
    }
    const plan = planAttachments({
      node,
      attachments,
      pods: this.pods.byIndex(byNode, name),
      volume: (volumeName) => this.#volumes.get(volumeName),
      volumeOf: (namespace, claimName) => this.#volumeOf(namespace, claimName),
      attaches: (driver) => this.drivers.get(driver)?.spec.attachRequired !== false,
    })
    for (const one of plan.create) await ifNew(this.#client.of(storageV1.volumeAttachments).create(one))
    // The node hears first that a volume is going, so that it mounts it no more.
    if (plan.attached) await this.#setAttached(node, plan.attached)
    for (const one of plan.remove) await this.#remove(one)
    return done
  }

  #volumeOf(namespace: string, claimName: string): PersistentVolume | undefined {
    const claim = this.claims.get(`${namespace}/${claimName}`)
    return claim && isFullyBound(claim) ? this.#volumes.get(claim.spec?.volumeName ?? '') : undefined
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

function claimsOf({ metadata, spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    ephemeral ? [`${metadata.name}-${name}`] : persistentVolumeClaim ? [persistentVolumeClaim.claimName] : [],
  )
}

function hasClaims(pod: Pod): boolean {
  return claimsOf(pod).length > 0
}
