/** How many pods the controllers of some pods want in all: known kinds from caches, others through their scale. */

import { ApiError } from '../../api/errors.ts'
import { apiVersionOf, groupResource, type KubeObject, type Resource } from '../../api/meta.ts'
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { Scale } from '../../api/types/autoscaling/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { APIResourceList, OwnerReference } from '../../api/types/meta/v1.ts'
import type { ControllerParts } from '../../client/controller.ts'
import { discoverResources } from '../../client/discovery.ts'
import type { Informer } from '../../client/informer.ts'
import { versionPath } from '../../client/paths.ts'
import { controllerOf } from '../ownership.ts'

type Replicated = KubeObject & { spec?: { replicas?: number } }

export interface ExpectedScale {
  scale: number
  /** Pods without a controller: they can't be counted. */
  unmanaged: Pod[]
}

/** The kinds whose size is read from caches. */
export const scaledResources = [
  coreV1.replicationControllers,
  appsV1.replicaSets,
  appsV1.statefulSets,
  appsV1.deployments,
] as readonly Resource[]

export class ScaleFinder {
  readonly #client
  readonly #known: readonly Informer<Replicated>[]

  constructor({ client, informers }: Pick<ControllerParts, 'client' | 'informers'>) {
    this.#client = client
    this.#known = scaledResources.map((resource) => informers.of(resource as Resource<Replicated>))
  }

  /** Throws when some controller can't be found or has no scale. */
  async expected(pods: readonly Pod[]): Promise<ExpectedScale> {
    const scales = new Map<string, number>()
    const asked = new Set<string>()
    const unmanaged: Pod[] = []
    for (const pod of pods) {
      const reference = controllerOf(pod)
      if (!reference) {
        unmanaged.push(pod)
        continue
      }
      if (asked.has(reference.uid)) continue
      asked.add(reference.uid)
      const found = await this.#scaleOf(reference, pod.metadata.namespace ?? '')
      if (!found) throw new Error(`found no controllers for pod "${pod.metadata.name}"`)
      scales.set(found.uid, found.replicas)
    }
    return { scale: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged }
  }

  async #scaleOf(reference: OwnerReference, namespace: string): Promise<{ uid: string; replicas: number } | undefined> {
    const owner = this.#cached(reference, namespace)
    if (!owner) return this.#throughScale(reference, namespace)
    // A ReplicaSet's size during a rollout says little: its Deployment's counts.
    const above = controllerOf(owner)
    const top = above?.kind === appsV1.deployments.kind ? (this.#cached(above, namespace) ?? owner) : owner
    return { uid: top.metadata.uid ?? '', replicas: top.spec?.replicas ?? 1 }
  }

  #cached(reference: OwnerReference, namespace: string): Replicated | undefined {
    const known = this.#known.find(
      ({ resource }) => resource.kind === reference.kind && apiVersionOf(resource) === reference.apiVersion,
    )
    const found = known?.get(`${namespace}/${reference.name}`)
    return found?.metadata.uid === reference.uid ? found : undefined
  }

  async #throughScale(
    reference: OwnerReference,
    namespace: string,
  ): Promise<{ uid: string; replicas: number } | undefined> {
    const [group = ''] = reference.apiVersion.includes('/') ? reference.apiVersion.split('/') : ['']
    const { resources } = await discoverResources(this.#client)
    const resource = resources.find((one) => one.kind === reference.kind && one.group === group)
    if (!resource) throw new Error(`no matches for kind "${reference.kind}" in version "${reference.apiVersion}"`)
    try {
      const scale = await this.#client.of(resource as Resource, namespace).getSub<Scale>(reference.name, 'scale')
      if (scale.metadata.uid !== reference.uid) return undefined
      return { uid: reference.uid, replicas: scale.spec?.replicas ?? 0 }
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
      if (await this.#hasScale(resource)) return undefined
      throw new Error(`${groupResource(resource)} does not implement the scale subresource`)
    }
  }

  /** The account may read scales and not the objects themselves. */
  async #hasScale(resource: Resource): Promise<boolean> {
    const { resources } = await this.#client.raw<APIResourceList>('GET', versionPath(resource))
    return resources.some(({ name }) => name === `${resource.plural}/scale`)
  }
}
