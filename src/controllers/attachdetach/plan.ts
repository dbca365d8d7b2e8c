/**
 * Which volumes have to be attached to a node for its pods, and which may go: pure decisions.
 * Source: https://kubernetes-csi.github.io/docs/csi-driver-object.html, the CSI design's VolumeAttachment.
 */
import { createHash } from 'node:crypto'
import type { AttachedVolume, Node, PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import type { VolumeAttachment } from '../../api/types/storage/v1.ts'
import { claimNames, managedAttachAnnotation } from '../../api/volume-binding.ts'
import { isFinished } from '../pods.ts'

/** An unhealthy node has this long to let go of a volume that it said is in use. Source: the attach/detach controller. */
export const forceDetachAfterMs = 360_000

export interface AttachPlan {
  create: VolumeAttachment[]
  remove: VolumeAttachment[]
  /** Of those removed, why the node was not waited for. */
  forced: ('timeout' | 'out-of-service')[]
  /** For the node's status; undefined when that is right. */
  attached: AttachedVolume[] | undefined
  /** Volumes that this node has to wait for: another one has them, and only one may. */
  blocked: PersistentVolume[]
  /** When to look again at what is still in use; undefined: not before something changes. */
  waitMs: number | undefined
}

export interface AttachView {
  node: Node
  /** The node's object was deleted: what it said last counts. */
  gone?: boolean
  pods: readonly Pod[]
  /** The volume behind a pod's claim, once that is bound. */
  volumeOf(namespace: string, claimName: string): PersistentVolume | undefined
  volume(name: string): PersistentVolume | undefined
  /** Whether a driver's volumes have to be attached at all. */
  attaches(driver: string): boolean
  /** Of this node. */
  attachments: readonly VolumeAttachment[]
  /** Whether another node has the volume. */
  isElsewhere(volumeName: string): boolean
  /** How long the attachment has been of no use. */
  unwantedMs(attachmentName: string): number
  /** Whether an unhealthy node is waited for no longer than `forceDetachAfterMs`. */
  forces: boolean
}

/** As nodes name a volume in `volumesAttached` and `volumesInUse`. */
export function uniqueName({ spec }: PersistentVolume): string {
  return `kubernetes.io/csi/${spec?.csi?.driver}^${spec?.csi?.volumeHandle}`
}

export function attachmentName(handle: string, driver: string, nodeName: string): string {
  return `csi-${createHash('sha256').update(`${handle}${driver}${nodeName}`).digest('hex')}`
}

const nothing: AttachPlan = {
  create: [],
  remove: [],
  forced: [],
  attached: undefined,
  blocked: [],
  waitMs: undefined,
}

/** A node that attaches by itself is left alone. Once it is gone nobody else cleans up after it. */
export function planAttachments(view: AttachView): AttachPlan {
  const { node, attachments } = view
  if (!view.gone && node.metadata.annotations?.[managedAttachAnnotation] === undefined) return nothing
  const nodeName = node.metadata.name ?? ''
  const wanted = view.gone ? new Map<string, PersistentVolume>() : wantedVolumes(view)
  const there = new Map(attachments.map((one) => [one.metadata.name ?? '', one]))
  const missing = [...wanted].filter(([name]) => !there.has(name))
  const isBlocked = (volume: PersistentVolume) => isForOneNode(volume) && view.isElsewhere(volume.metadata.name ?? '')
  const unwanted = attachments.filter(
    ({ metadata: { name = '', deletionTimestamp } }) => !wanted.has(name) && !deletionTimestamp && isOurs(name),
  )
  const waits = new Map(unwanted.map((one) => [one, detachInMs(one, view)]))
  const remove = unwanted.filter((one) => waits.get(one) === 0)
  const pending = [...waits.values()].filter((waitMs) => waitMs > 0 && Number.isFinite(waitMs))
  return {
    create: missing
      .filter(([, volume]) => !isBlocked(volume))
      .map(([name, volume]) => attachmentFor(name, volume, nodeName)),
    remove,
    forced: remove.filter((one) => isInUse(one, view)).map(() => (isOutOfService(node) ? 'out-of-service' : 'timeout')),
    attached: view.gone ? undefined : changedAttached(view),
    blocked: missing.map(([, volume]) => volume).filter(isBlocked),
    waitMs: pending.length > 0 ? Math.min(...pending) : undefined,
  }
}

/** Attachments that others made, as their names tell, are theirs to remove. */
function isOurs(name: string): boolean {
  return /^csi-[0-9a-f]{64}$/.test(name)
}

/** Milliseconds until the volume may be taken from the node. A volume that is written to by two nodes is destroyed. */
function detachInMs(attachment: VolumeAttachment, view: AttachView): number {
  const { node, gone, forces } = view
  if (!isInUse(attachment, view) || isOutOfService(node)) return 0
  const healthy = !gone && node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  if (healthy || !forces) return Number.POSITIVE_INFINITY
  return Math.max(0, forceDetachAfterMs - view.unwantedMs(attachment.metadata.name ?? ''))
}

/** As the node said last. */
function isInUse({ spec }: VolumeAttachment, { node, gone, volume: find }: AttachView): boolean {
  const volume = find(spec.source.persistentVolumeName ?? '')
  if (!volume) return false
  const { volumesInUse = gone ? [uniqueName(volume)] : [] } = node.status ?? {}
  return volumesInUse.includes(uniqueName(volume))
}

/** Somebody made sure that the machine is off. */
function isOutOfService({ spec }: Node): boolean {
  return (spec?.taints ?? []).some(({ key, effect }) => key === outOfServiceTaint && effect === 'NoExecute')
}

const outOfServiceTaint = 'node.kubernetes.io/out-of-service'

/** A volume that says nothing of its modes is left to its driver. */
function isForOneNode({ spec }: PersistentVolume): boolean {
  const modes = spec?.accessModes ?? []
  return modes.length > 0 && !modes.includes('ReadWriteMany') && !modes.includes('ReadOnlyMany')
}

function wantedVolumes({ pods, node, volumeOf, attaches }: AttachView): Map<string, PersistentVolume> {
  const wanted = new Map<string, PersistentVolume>()
  for (const pod of pods) {
    if (isFinished(pod)) continue
    for (const claim of claimNames(pod)) {
      const volume = volumeOf(pod.metadata.namespace ?? '', claim)
      const csi = volume?.spec?.csi
      if (volume && csi && attaches(csi.driver))
        wanted.set(attachmentName(csi.volumeHandle, csi.driver, node.metadata.name ?? ''), volume)
    }
  }
  return wanted
}

function attachmentFor(name: string, { metadata, spec }: PersistentVolume, nodeName: string): VolumeAttachment {
  const source = { persistentVolumeName: metadata.name ?? '' }
  return { metadata: { name }, spec: { attacher: spec?.csi?.driver ?? '', nodeName, source } }
}

/** Only what is surely there is told to the node: it mounts by this list. */
function changedAttached({ node, attachments, volume }: AttachView): AttachedVolume[] | undefined {
  const known = node.status?.volumesAttached ?? []
  const others = known.filter(({ name }) => !name.startsWith('kubernetes.io/csi/'))
  const ours = attachments.flatMap(({ metadata, status, spec }) => {
    const found =
      status?.attached && !metadata.deletionTimestamp ? volume(spec.source.persistentVolumeName ?? '') : undefined
    return found ? [{ name: uniqueName(found), devicePath: '' }] : []
  })
  const next = [...others, ...ours].sort((one, other) => (one.name < other.name ? -1 : 1))
  const text = (list: readonly AttachedVolume[]): string =>
    list
      .map(({ name }) => name)
      .sort()
      .join(' ')
  return text(next) === text(known) ? undefined : next
}
