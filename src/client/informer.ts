/**
 * A local, indexed copy of a resource, kept current by list and watch (client-go's reflector and shared informer in
 * one). Cached objects are shared and must not be changed; in tests they are frozen.
 */
import type { KubeObject, Resource } from '../api/meta.ts'

export type Change<T> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; previous: T }
  /** The last state known. */
  | { type: 'deleted'; object: T }

export interface Informer<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>
  /** Whether the first list has been delivered to handlers. */
  readonly hasSynced: boolean
  /**
   * Every change of the resource up to this version has been delivered to handlers; undefined before the first list.
   * Versions of one resource grow as numbers do.
   */
  readonly resourceVersion: string | undefined
  /** Resolves once `hasSynced`; rejects when the informers stop first. */
  synced(): Promise<void>
  /** By `namespace/name`, or `name` for a cluster-scoped object. */
  get(key: string): T | undefined
  /** All, or those of one namespace. A snapshot: safe to keep while the cache changes. */
  list(namespace?: string): readonly T[]
  /** Objects for which the named index returned `value`. */
  byIndex(index: string, value: string): readonly T[]
  /** May be called at any time; existing objects are indexed at once. Naming an index again does nothing. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void
  /** Existing objects are delivered as `added`. Returns what ends the subscription. */
  onChange(handler: (change: Change<T>) => void): () => void
}

export interface Informers {
  /**
   * One informer per resource and selector, shared by all who ask. Starts on first use once `start` was called.
   * `metadataOnly` keeps `metadata` alone of each object (`PartialObjectMetadata`), for who needs no more.
   */
  of<T extends KubeObject>(
    resource: Resource<T>,
    options?: { fieldSelector?: string; labelSelector?: string; namespace?: string; metadataOnly?: boolean },
  ): Informer<T>
  /** Ends what `of` returned, for all who share it: its kind is no longer served. Later calls of `of` start anew. */
  drop(informer: Informer): void
  start(): void
  /** Resolves when every informer asked for so far has synced. */
  synced(): Promise<void>
  stop(): Promise<void>
}
