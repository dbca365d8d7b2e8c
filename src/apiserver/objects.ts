/**
 * How authentication, authorization and admission read the cluster: from the API server's own caches, without a request
 * to itself. What is returned is shared and must not be changed.
 */
import type { KubeObject, Resource } from '../api/meta.ts'

/** `get` and `list` answer at once when the caches are up to date, which they nearly always are. */
export interface Objects {
  /** By `namespace/name`, or `name` for a cluster-scoped resource. */
  get<T extends KubeObject>(resource: Resource<T>, key: string): T | undefined | Promise<T | undefined>
  /** All, or those of one namespace. */
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly T[] | Promise<readonly T[]>
  /**
   * Delivers what exists and every change after it, in order, and resolves once what exists was delivered. `gone` gets
   * the last state known.
   */
  follow<T extends KubeObject>(resource: Resource<T>, follower: Follower<T>): Promise<void>
}

export interface Follower<T extends KubeObject> {
  /** A new object, or a new version of one that was delivered before. */
  put(object: T): void
  gone(object: T): void
}
