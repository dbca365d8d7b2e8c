/** What every API object has, and how code refers to a resource without spelling its group, version or kind. */
import type { ListMeta, ObjectMeta } from './types/meta/v1.ts'

export interface KubeObject {
  apiVersion?: string
  kind?: string
  metadata: ObjectMeta
}

export interface KubeList<T> {
  apiVersion?: string
  kind?: string
  metadata: ListMeta
  items: T[]
}

export interface GroupVersion {
  /** Empty for the core group. */
  group: string
  version: string
}

/** A served resource. The type parameter is the object's type. Constants: `src/api/resources.ts`. */
export interface Resource<T extends KubeObject = KubeObject> extends GroupVersion {
  plural: string
  singular: string
  kind: string
  namespaced: boolean
  /** Never set; carries the type. */
  readonly objectType?: T
}

/** `v1` or `apps/v1`. */
export function apiVersionOf({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`
}

/** `pods` or `deployments.apps`: how messages and RBAC name a resource. */
export function groupResource({ group, plural }: { group: string; plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`
}

const firstInMetadata = ['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion'] as const

/** A copy in declared order. Of what is read from the store the version is known last. */
export function metadataInOrder(metadata: ObjectMeta): ObjectMeta {
  const first = firstInMetadata.filter((name) => metadata[name] !== undefined).map((name) => [name, metadata[name]])
  return Object.assign(Object.fromEntries(first) as ObjectMeta, metadata)
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key of informers and work queues. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata
  return namespace ? `${namespace}/${name}` : `${name}`
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
