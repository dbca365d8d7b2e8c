/**
 * Shows static pods in the API: for each a mirror pod, which carries its status and obeys nobody. A mirror that is deleted
 * or tampered with is made anew; one without its static pod is deleted.
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
 */
import { ApiError } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Logger } from '../../platform/log.ts'
import {
  configHashAnnotation,
  configSourceAnnotation,
  mirrorAnnotation,
  nameOf,
  namespaceOf,
  uidOf,
} from '../pod/names.ts'
import { isStatic } from '../pod/spec.ts'

export interface MirrorParts {
  client: Client
  log: Logger
  /** As it is in the API; undefined: not yet. */
  node(): Node | undefined
}

/** What the API has instead of the static pod of this name. */
type MirrorStep = 'keep' | 'create' | 'replace' | 'delete'

export function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined
}

/** A pod of the API does not become the node's own by saying so: those are evicted last and end with their manifest. */
export function ofApi(pod: Pod): Pod {
  if (!isStatic(pod)) return pod
  const annotations = { ...pod.metadata.annotations, [configSourceAnnotation]: 'api' }
  return { ...pod, metadata: { ...pod.metadata, annotations } }
}

/** Pure. */
function mirrorStep(staticPod: Pod | undefined, mirror: Pod | undefined): MirrorStep {
  if (!staticPod) return mirror ? 'delete' : 'keep'
  if (!mirror) return 'create'
  const fits =
    mirror.metadata.annotations?.[mirrorAnnotation] === staticPod.metadata.annotations?.[configHashAnnotation]
  return fits && !mirror.metadata.deletionTimestamp ? 'keep' : 'replace'
}

export class Mirrors {
  readonly #parts: MirrorParts
  /** Full names that are being worked on. */
  readonly #busy = new Set<string>()

  constructor(parts: MirrorParts) {
    this.#parts = parts
  }

  /** Brings the mirror one step further; what fails is tried again when it is called again. */
  reconcile(staticPod: Pod | undefined, mirror: Pod | undefined): void {
    const pod = staticPod ?? mirror
    const step = mirrorStep(staticPod, mirror)
    if (!pod || step === 'keep') return
    const key = fullName(pod)
    if (this.#busy.has(key)) return
    this.#busy.add(key)
    this.#carryOut(step, staticPod, mirror)
      .catch((error: unknown) => this.#parts.log.warn('mirror pod not made right', { pod: key, error: String(error) }))
      .finally(() => this.#busy.delete(key))
  }

  async #carryOut(step: MirrorStep, staticPod: Pod | undefined, mirror: Pod | undefined): Promise<void> {
    if (mirror && step !== 'create') await this.#delete(mirror)
    if (staticPod && step !== 'delete') await this.#create(staticPod)
  }

  async #create(staticPod: Pod): Promise<void> {
    const node = this.#parts.node()
    if (!node || node.metadata.deletionTimestamp) return
    const { uid, ...metadata } = staticPod.metadata
    const owner = {
      apiVersion: 'v1',
      kind: 'Node',
      name: node.metadata.name ?? '',
      uid: node.metadata.uid ?? '',
      controller: true,
    }
    const annotations = {
      ...metadata.annotations,
      [mirrorAnnotation]: metadata.annotations?.[configHashAnnotation] ?? '',
    }
    const mirror: Pod = { ...staticPod, metadata: { ...metadata, annotations, ownerReferences: [owner] } }
    await this.#parts.client.of(coreV1.pods, namespaceOf(staticPod)).create(mirror)
  }

  async #delete(mirror: Pod): Promise<void> {
    const pods = this.#parts.client.of(coreV1.pods, namespaceOf(mirror))
    try {
      await pods.delete(nameOf(mirror), { gracePeriodSeconds: 0, preconditions: { uid: uidOf(mirror) } })
    } catch (error) {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error
    }
  }
}

/** A static pod and its mirror have it in common. */
export function fullName(pod: Pod): string {
  return `${namespaceOf(pod)}/${nameOf(pod)}`
}
