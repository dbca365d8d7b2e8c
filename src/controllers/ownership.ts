/**
 * Who controls an object, and which objects a controller takes or gives up: it adopts orphans that its selector
 * matches and releases what no longer matches. https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */

import { apiVersionOf, type KubeObject, keyOf, type Resource } from '../api/meta.ts'
import { matchesLabelSelector } from '../api/selectors/label.ts'
import type { LabelSelector, OwnerReference } from '../api/types/meta/v1.ts'
import type { Client } from '../client/client.ts'
import type { Informer } from '../client/informer.ts'
import { unless } from '../client/writes.ts'

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true)
}

export function controllerReference(resource: Resource, owner: KubeObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The key of the object's controller when that is of the given kind. */
export function controllerKey(resource: Resource, object: KubeObject): string | undefined {
  const reference = controllerOf(object)
  if (!reference || reference.kind !== resource.kind || reference.apiVersion !== apiVersionOf(resource))
    return undefined
  return object.metadata.namespace ? `${object.metadata.namespace}/${reference.name}` : reference.name
}

export const byControllerUid = 'controllerUid'

/** Lets `ownedOrMatching` find an owner's objects without looking at the whole namespace. */
export function indexByController(informer: Informer<KubeObject>): void {
  informer.addIndex(byControllerUid, (object) => [
    controllerOf(object)?.uid ?? `orphans/${object.metadata.namespace ?? ''}`,
  ])
}

export interface Claim<T> {
  /** Owned and matching: what the controller works with. */
  owned: T[]
  /** Orphans that match; adopted unless the owner is being deleted. */
  adopt: T[]
  /** Owned but no longer matching. */
  release: T[]
}

/** Decides ownership; pure. The informer must be indexed by `indexByController`. */
export function planClaim<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  informer: Informer<T>,
): Claim<T> {
  const claim: Claim<T> = { owned: [], adopt: [], release: [] }
  for (const object of informer.byIndex(byControllerUid, owner.metadata.uid ?? '')) {
    if (matchesLabelSelector(selector, object.metadata.labels)) claim.owned.push(object)
    else if (!object.metadata.deletionTimestamp) claim.release.push(object)
  }
  if (owner.metadata.deletionTimestamp) return { ...claim, release: [] }
  for (const object of informer.byIndex(byControllerUid, `orphans/${owner.metadata.namespace ?? ''}`)) {
    if (!object.metadata.deletionTimestamp && matchesLabelSelector(selector, object.metadata.labels)) {
      claim.adopt.push(object)
    }
  }
  return claim
}

/**
 * Carries a claim out and returns what is owned afterwards. Objects that went away meanwhile are passed over.
 * `finalizer`: what adopted objects get besides their owner.
 */
export async function applyClaim<T extends KubeObject>(
  {
    client,
    resource,
    ownerResource,
    finalizer,
  }: { client: Client; resource: Resource<T>; ownerResource: Resource; finalizer?: string },
  owner: KubeObject,
  claim: Claim<T>,
): Promise<T[]> {
  const api = client.of(resource, owner.metadata.namespace)
  const owned = [...claim.owned]
  for (const object of claim.adopt) {
    const { uid, finalizers: known = [] } = object.metadata
    const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(ownerResource, owner)]
    const finalizers = finalizer === undefined || known.includes(finalizer) ? {} : { finalizers: [...known, finalizer] }
    const patch = { metadata: { uid, ownerReferences, ...finalizers } }
    const adopted = await unless(
      ['NotFound', 'Invalid'],
      api.patch(object.metadata.name ?? '', { type: 'merge', patch }),
    )
    if (adopted) owned.push(adopted)
  }
  for (const object of claim.release) {
    const ownerReferences = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
    const { uid } = object.metadata
    await unless(
      ['NotFound', 'Invalid'],
      api.patch(object.metadata.name ?? '', { type: 'merge', patch: { metadata: { uid, ownerReferences } } }),
    )
  }
  return owned
}

/** For a changed object: its controller's key, or the keys of all owners whose selector might want an orphan. */
export function ownerKeys<O extends KubeObject>(
  object: KubeObject,
  ownerResource: Resource<O>,
  owners: Informer<O>,
  selectorOf: (owner: O) => LabelSelector | undefined,
): string[] {
  const key = controllerKey(ownerResource, object)
  if (key !== undefined) return [key]
  if (controllerOf(object)) return []
  return owners
    .list(object.metadata.namespace)
    .filter((owner) => matchesLabelSelector(selectorOf(owner), object.metadata.labels))
    .map(keyOf)
}
