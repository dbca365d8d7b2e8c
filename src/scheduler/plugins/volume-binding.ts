/**
 * Whether a node suits a pod's claims: it can reach the volumes they are bound to, and what is not bound yet can be had
 * there. Source: https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */

import { compareQuantities } from '../../api/quantity.ts'
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core/v1.ts'
import type { CSIStorageCapacity, StorageClass } from '../../api/types/storage/v1.ts'
import {
  allowsNode,
  claimClassName,
  claimNameOf,
  findVolume,
  isFullyBound,
  isReachable,
  noProvisioner,
  requestOf,
  volumeAnnotations,
  waitsForConsumer,
} from '../../api/volume-binding.ts'
import { type FilterPlugin, type Preparation, skip, unresolvable } from './plugin.ts'

/** Claims, volumes and classes as they are known, with what was promised and is still being written. */
export interface VolumeView {
  /** By `namespace/name`. */
  claim(key: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  storageClass(name: string): StorageClass | undefined
  volumes(): readonly PersistentVolume[]
  /** What the driver says is free for volumes of a class; undefined when it does not say. */
  capacities(driver: string, className: string): readonly CSIStorageCapacity[] | undefined
  /** Promised to another claim. */
  isTaken(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean
}

/** What has to be written for a pod before it can be bound to its node. */
export interface VolumeChoice {
  /** Volumes that were chosen for claims. */
  bindings: readonly { claim: PersistentVolumeClaim; volume: PersistentVolume }[]
  /** Claims whose provisioner makes a volume on the node. */
  provisions: readonly PersistentVolumeClaim[]
}

export interface PodClaims {
  bound: readonly PersistentVolumeClaim[]
  waiting: readonly PersistentVolumeClaim[]
}

const noMatch = "node(s) didn't find available persistent volumes to bind"
const affinityConflict = "node(s) didn't match PersistentVolume's node affinity"
const noSpace = 'node(s) did not have enough free storage'
const noVolume = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

export function volumeBindingFilter(view: VolumeView): FilterPlugin {
  return {
    name: 'VolumeBinding',
    prepare(pod): Preparation {
      if (!(pod.spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim || volume.ephemeral)) return skip
      const claims = podClaims(pod, view)
      if ('refusal' in claims) return { kind: 'reject', reason: claims.refusal }
      return {
        kind: 'filter',
        filter({ node }) {
          const choice = chooseVolumes(claims, node, view)
          return 'reasons' in choice ? unresolvable(...choice.reasons) : undefined
        },
      }
    },
  }
}

/** The pod's claims, or why it has to wait whatever the nodes look like. */
export function podClaims(pod: Pod, view: VolumeView): PodClaims | { refusal: string } {
  const bound: PersistentVolumeClaim[] = []
  const waiting: PersistentVolumeClaim[] = []
  for (const volume of pod.spec?.volumes ?? []) {
    const name = claimNameOf(pod, volume)
    if (name === undefined) continue
    const claim = view.claim(`${pod.metadata.namespace}/${name}`)
    const refusal = refusalOf(claim, name, volume.ephemeral ? pod : undefined)
    if (refusal !== undefined) return { refusal }
    if (!claim) continue
    if (isFullyBound(claim)) bound.push(claim)
    else if (!claim.spec?.volumeName && waitsForConsumer(view.storageClass(claimClassName(claim)))) waiting.push(claim)
    else return { refusal: 'pod has unbound immediate PersistentVolumeClaims' }
  }
  return { bound, waiting }
}

function refusalOf(claim: PersistentVolumeClaim | undefined, name: string, owner: Pod | undefined): string | undefined {
  if (!claim) {
    return owner
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`
  }
  if (claim.status?.phase === 'Lost')
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName}"`
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`
  const isOwned = claim.metadata.ownerReferences?.some(
    ({ uid, controller }) => controller && uid === owner?.metadata.uid,
  )
  if (!owner || isOwned) return undefined
  return `PVC ${claim.metadata.namespace}/${name} was not created for pod ${owner.metadata.namespace}/${owner.metadata.name} (pod is not owner)`
}

/** Which volumes the claims would get on this node, or why they can't have any there. */
export function chooseVolumes(
  { bound, waiting }: PodClaims,
  node: Node,
  view: VolumeView,
): VolumeChoice | { reasons: string[] } {
  const reasons = new Set<string>()
  for (const claim of bound) {
    const volume = view.volume(claim.spec?.volumeName ?? '')
    if (!volume) reasons.add(noVolume)
    else if (!isReachable(volume, node)) reasons.add(affinityConflict)
  }
  const chosen = new Set<PersistentVolume>()
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = []
  const provisions: PersistentVolumeClaim[] = []
  // The smallest first, so that it does not take what a larger one needs.
  for (const claim of [...waiting].sort((one, other) => compareQuantities(requestOf(one), requestOf(other)))) {
    const selected = claim.metadata.annotations?.[volumeAnnotations.selectedNode]
    if (selected !== undefined && selected !== node.metadata.name) return { reasons: [noMatch] }
    const isTaken = (volume: PersistentVolume) => chosen.has(volume) || view.isTaken(volume, claim)
    const volume = selected ? undefined : findVolume(claim, view.volumes(), { node, delayed: true, isTaken })
    if (volume) {
      chosen.add(volume)
      bindings.push({ claim, volume })
    } else if (!canProvision(claim, node, view)) reasons.add(noMatch)
    else if (hasSpace(claim, node, view)) provisions.push(claim)
    else reasons.add(noSpace)
  }
  return reasons.size > 0 ? { reasons: [...reasons] } : { bindings, provisions }
}

function canProvision(claim: PersistentVolumeClaim, node: Node, view: VolumeView): boolean {
  const storageClass = view.storageClass(claimClassName(claim))
  return storageClass !== undefined && storageClass.provisioner !== noProvisioner && allowsNode(storageClass, node)
}

/** Whether the driver said of some storage that the node reaches that a volume of this size can still be made there. */
function hasSpace(claim: PersistentVolumeClaim, { metadata }: Node, view: VolumeView): boolean {
  const className = claimClassName(claim)
  const capacities = view.capacities(view.storageClass(className)?.provisioner ?? '', className)
  if (!capacities || claim.spec?.resources?.requests?.storage === undefined) return true
  return capacities.some(({ capacity, maximumVolumeSize, nodeTopology }) => {
    const largest = maximumVolumeSize ?? capacity
    if (largest === undefined || compareQuantities(largest, requestOf(claim)) < 0) return false
    return nodeTopology !== undefined && matchesLabelSelector(nodeTopology, metadata.labels)
  })
}
