/**
 * The API as components see it. A component asks for the least it needs: `Reader`, `Writer`, `StatusWriter` or
 * `Watcher` of the resources it works on. Every failure is an `ApiError`, or a `TransportError` when no answer came.
 */
import type { KubeList, KubeObject, Resource } from '../api/meta.ts'
import type { Status } from '../api/types/meta/v1.ts'

export interface ListOptions {
  labelSelector?: string
  fieldSelector?: string
  limit?: number
  continue?: string
  resourceVersion?: string
  resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  /**
   * Objects may be shared with others in this process, so they must not be changed, and may lack their managed fields.
   * Default false: they are the caller's own.
   */
  shared?: boolean
  signal?: AbortSignal
}

export interface WatchOptions {
  labelSelector?: string
  fieldSelector?: string
  resourceVersion?: string
  allowWatchBookmarks?: boolean
  sendInitialEvents?: boolean
  timeoutSeconds?: number
  /** As for lists. Default false. */
  shared?: boolean
  /** Leaving the loop over the events ends the watch too. */
  signal?: AbortSignal
}

export interface WriteOptions {
  dryRun?: boolean
  fieldManager?: string
  signal?: AbortSignal
}

export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: boolean
  signal?: AbortSignal
}

/** The four patch formats of the API. `apply` needs a field manager. */
export type Patch =
  | { type: 'json'; operations: readonly { op: string; path: string; value?: unknown; from?: string }[] }
  | { type: 'merge'; patch: object }
  | { type: 'strategic'; patch: object }
  | { type: 'apply'; patch: object; force?: boolean }

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: { metadata: { resourceVersion: string; annotations?: Record<string, string> } } }
  | { type: 'ERROR'; object: Status }

export interface Reader<T extends KubeObject> {
  get(name: string, options?: { resourceVersion?: string; signal?: AbortSignal }): Promise<T>
  list(options?: ListOptions): Promise<KubeList<T>>
}

export interface Watcher<T extends KubeObject> {
  /** Ends when the server ends it or the signal aborts; the caller resumes (an informer does). */
  watch(options?: WatchOptions): AsyncIterable<WatchEvent<T>>
}

export interface Writer<T extends KubeObject> {
  create(object: T, options?: WriteOptions): Promise<T>
  update(object: T, options?: WriteOptions): Promise<T>
  patch(name: string, patch: Patch, options?: WriteOptions): Promise<T>
  delete(name: string, options?: DeleteOptions): Promise<T | Status>
  deleteCollection(options?: DeleteOptions & ListOptions): Promise<unknown>
}

export interface StatusWriter<T extends KubeObject> {
  updateStatus(object: T, options?: WriteOptions): Promise<T>
  patchStatus(name: string, patch: Patch, options?: WriteOptions): Promise<T>
}

export interface ResourceClient<T extends KubeObject> extends Reader<T>, Watcher<T>, Writer<T>, StatusWriter<T> {
  /** Any subresource: `pods/binding`, `pods/eviction`, `deployments/scale`, `serviceaccounts/token`. */
  getSub<S>(name: string, subresource: string): Promise<S>
  createSub<S>(name: string, subresource: string, body: S, options?: WriteOptions): Promise<S>
  updateSub<S>(name: string, subresource: string, body: S, options?: WriteOptions): Promise<S>
}

export interface Client {
  /** `namespace` absent: all namespaces (for list and watch) or a cluster-scoped resource. */
  of<T extends KubeObject>(resource: Resource<T>, namespace?: string): ResourceClient<T>
  /** A plain GET of any path, parsed as JSON: discovery, `/version`, resources known only at run time. */
  raw<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    /** `accept`: media types to ask for, JSON all of them. Default `application/json`. */
    options?: { accept?: string },
  ): Promise<T>
}
