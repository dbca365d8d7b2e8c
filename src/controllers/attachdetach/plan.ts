/**
 * Which volumes have to be attached to a node for its pods, and which may go: pure decisions.
 * Source: https://kubernetes-csi.github.io/docs/csi-driver-object.html, the CSI design's VolumeAttachment.
 */
import { createHash } from 'node:crypto'
import type { AttachedVolume, Node, PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import type { VolumeAttachment } from '../../api/types/storage/v1.ts'

export interface AttachPlan {
  create: VolumeAttachment[]
  remove: VolumeAttachment[]
  /** For the node's status; undefined when that is right. */
  attached: AttachedVolume[] | undefined
}

export interface AttachView {
  node: Node
  pods: readonly Pod[]
  /** The volume behind a pod's claim, once that is bound. */
  volumeOf(namespace: string, claimName: string): PersistentVolume | undefined
  volume(name: string): PersistentVolume | undefined
  /** Whether a driver's volumes have to be attached at all. */
  attaches(driver: string): boolean
  /** Of this node. */
  attachments: readonly VolumeAttachment[]
}

/** As nodes name a volume in `volumesAttached` and `volumesInUse`. */
export function uniqueName({ spec }: PersistentVolume): string {
  return `kubernetes.io/csi/${spec?.csi?.driver}^${spec?.csi?.volumeHandle}`
}

export function attachmentName(handle: string, driver: string, nodeName: string): string {
  return `csi-${createHash('sha256').update(`${handle}${driver}${nodeName}`).digest('hex')}`
}

export function planAttachments(view: AttachView): AttachPlan {
  const { node, attachments } = view
  const nodeName = node.metadata.name ?? ''
  const wanted = wantedVolumes(view)
  const there = new Map(attachments.map((one) => [one.metadata.name ?? '', one]))
  const create = [...wanted]
    .filter(([name]) => !there.has(name))
    .map(([name, volume]) => attachmentFor(name, volume, nodeName))
  const inUse = new Set(node.status?.volumesInUse ?? [])
  const remove = attachments.filter((one) => {
    if (wanted.has(one.metadata.name ?? '') || one.metadata.deletionTimestamp) return false
    const volume = view.volume(one.spec.source.persistentVolumeName ?? '')
    return volume === undefined || !inUse.has(uniqueName(volume))
  })
  return { create, remove, attached: changedAttached(view) }
}

function wantedVolumes({ pods, node, volumeOf, attaches }: AttachView): Map<string, PersistentVolume> {
  const wanted = new Map<string, PersistentVolume>()
  for (const { metadata, spec, status } of pods) {
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') continue
    for (const { name, persistentVolumeClaim, ephemeral } of spec?.volumes ?? []) {
      const claim = ephemeral ? `${metadata.name}-${name}` : persistentVolumeClaim?.claimName
      const volume = claim === undefined ? undefined : volumeOf(metadata.namespace ?? '', claim)
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
