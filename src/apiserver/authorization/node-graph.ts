/**
 * Which objects each node may read, because a pod bound to it uses them: a secret, config map, claim or service account
 * of the pod, the volume of its claim, and that volume's secrets. Kept as counts by node, so that an answer does not
 * depend on how many pods use an object.
 */

import { podReferences } from '../../api/pod-references.ts'
import { coreV1, resourceV1, storageV1 } from '../../api/resources.ts'
import type { PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import type { Objects } from '../objects.ts'

export type VertexType = 'pod' | 'secret' | 'configmap' | 'pvc' | 'serviceaccount' | 'resourceclaim'

const mirrorAnnotation = 'kubernetes.io/config.mirror'

interface KnownPod {
  node: string
  vertices: readonly string[]
  /** Whether the references are still those of this object. */
  identity: string
}

interface KnownVolume {
  claim: string
  secrets: readonly string[]
}

export class NodeGraph {
  readonly #pods = new Map<string, KnownPod>()
  /** Vertex, then node, to the number of its pods that use the vertex. */
  readonly #uses = new Map<string, Map<string, number>>()
  readonly #volumes = new Map<string, KnownVolume>()
  readonly #volumesBySecret = new Map<string, Set<string>>()
  readonly #attachments = new Map<string, string>()
  readonly #slices = new Map<string, string>()

  async start(objects: Objects): Promise<void> {
    await Promise.all([
      objects.follow(coreV1.pods, { put: (pod) => this.putPod(pod), gone: (pod) => this.dropPod(keyOf(pod)) }),
      objects.follow(coreV1.persistentVolumes, {
        put: (volume) => this.putVolume(volume),
        gone: ({ metadata }) => this.dropVolume(metadata.name ?? ''),
      }),
      objects.follow(storageV1.volumeAttachments, {
        put: ({ metadata, spec }) => void this.#attachments.set(metadata.name ?? '', spec.nodeName),
        gone: ({ metadata }) => void this.#attachments.delete(metadata.name ?? ''),
      }),
      objects.follow(resourceV1.resourceSlices, {
        put: ({ metadata, spec }) => void this.#slices.set(metadata.name ?? '', spec.nodeName ?? ''),
        gone: ({ metadata }) => void this.#slices.delete(metadata.name ?? ''),
      }),
    ])
  }

  uses(node: string, type: VertexType, namespace: string, name: string): boolean {
    if (this.#uses.get(vertex(type, namespace, name))?.has(node)) return true
    if (type !== 'secret') return false
    const volumes = this.#volumesBySecret.get(`${namespace}/${name}`) ?? []
    return [...volumes].some((volume) => this.usesVolume(node, volume))
  }

  usesVolume(node: string, volume: string): boolean {
    const known = this.#volumes.get(volume)
    return known !== undefined && (this.#uses.get(`pvc:${known.claim}`)?.has(node) ?? false)
  }

  isAttachedTo(node: string, attachment: string): boolean {
    return this.#attachments.get(attachment) === node
  }

  ownsSlice(node: string, slice: string): boolean {
    return this.#slices.get(slice) === node
  }

  putPod(pod: Pod): void {
    const node = pod.spec?.nodeName ?? ''
    const key = keyOf(pod)
    if (node === '') {
      this.dropPod(key)
      return
    }
    const known = this.#pods.get(key)
    const identity = identityOf(pod)
    if (known && known.node === node && known.identity === identity) return
    this.dropPod(key)
    const vertices = verticesOf(pod)
    this.#pods.set(key, { node, vertices, identity })
    for (const one of vertices) {
      const byNode = this.#uses.get(one) ?? new Map<string, number>()
      byNode.set(node, (byNode.get(node) ?? 0) + 1)
      this.#uses.set(one, byNode)
    }
  }

  dropPod(key: string): void {
    const known = this.#pods.get(key)
    if (!known) return
    this.#pods.delete(key)
    for (const one of known.vertices) {
      const byNode = this.#uses.get(one)
      const left = (byNode?.get(known.node) ?? 1) - 1
      if (left > 0) byNode?.set(known.node, left)
      else byNode?.delete(known.node)
      if (byNode?.size === 0) this.#uses.delete(one)
    }
  }

  putVolume(volume: PersistentVolume): void {
    const name = volume.metadata.name ?? ''
    this.dropVolume(name)
    const claim = volume.spec?.claimRef
    if (!claim) return
    const secrets = volumeSecrets(volume, claim.namespace ?? '')
    this.#volumes.set(name, { claim: `${claim.namespace}/${claim.name}`, secrets })
    for (const secret of secrets) {
      const users = this.#volumesBySecret.get(secret) ?? new Set<string>()
      this.#volumesBySecret.set(secret, users.add(name))
    }
  }

  dropVolume(name: string): void {
    for (const secret of this.#volumes.get(name)?.secrets ?? []) {
      const users = this.#volumesBySecret.get(secret)
      users?.delete(name)
      if (users?.size === 0) this.#volumesBySecret.delete(secret)
    }
    this.#volumes.delete(name)
  }
}

/** A mirror pod gives its node no access: the node itself wrote it. */
function verticesOf(pod: Pod): string[] {
  const { namespace = '', name = '', annotations } = pod.metadata
  const own = vertex('pod', namespace, name)
  if (annotations?.[mirrorAnnotation] !== undefined) return [own]
  const { secrets, configMaps, persistentVolumeClaims } = podReferences(pod)
  const claims = (pod.status?.resourceClaimStatuses ?? []).map((status) => status.resourceClaimName ?? '')
  claims.push(pod.status?.extendedResourceClaimStatus?.resourceClaimName ?? '')
  const direct = (pod.spec?.resourceClaims ?? []).map((claim) => claim.resourceClaimName ?? '')
  const vertices = [
    own,
    ...[...secrets].map((one) => vertex('secret', namespace, one)),
    ...[...configMaps].map((one) => vertex('configmap', namespace, one)),
    ...[...persistentVolumeClaims].map((one) => vertex('pvc', namespace, one)),
    ...[...claims, ...direct].filter((one) => one !== '').map((one) => vertex('resourceclaim', namespace, one)),
  ]
  const account = pod.spec?.serviceAccountName
  if (account) vertices.push(vertex('serviceaccount', namespace, account))
  return vertices
}

/** What can change the references of a pod during its life: who it is, claims made for it, debug containers. */
function identityOf(pod: Pod): string {
  const claims = (pod.status?.resourceClaimStatuses ?? []).map((status) => status.resourceClaimName)
  claims.push(pod.status?.extendedResourceClaimStatus?.resourceClaimName)
  return `${pod.metadata.uid} ${claims.join(',')} ${pod.spec?.ephemeralContainers?.length ?? 0}`
}

function volumeSecrets({ spec }: PersistentVolume, claimNamespace: string): string[] {
  const { csi } = spec ?? {}
  const sources = [
    spec?.cephfs?.secretRef,
    spec?.cinder?.secretRef,
    spec?.flexVolume?.secretRef,
    spec?.rbd?.secretRef,
    spec?.scaleIO?.secretRef,
    spec?.iscsi?.secretRef,
    spec?.storageos?.secretRef,
    csi?.controllerPublishSecretRef,
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.controllerExpandSecretRef,
    csi?.nodeExpandSecretRef,
    spec?.azureFile && { name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace },
  ]
  return sources.flatMap((source) => (source?.name ? [`${source.namespace || claimNamespace}/${source.name}`] : []))
}

function vertex(type: VertexType, namespace: string, name: string): string {
  return `${type}:${namespace}/${name}`
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`
}
