/** What OpenAPI documents are made from: the served group versions and their types. */
import type { JsonObject } from '../../api/patch/json-value.ts'
import type { KindName } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'

export interface OpenApiSubresource {
  name: string
  /** The kind of its body. */
  kind: KindName
  verbs: readonly string[]
}

export interface OpenApiResource {
  plural: string
  kind: KindName
  namespaced: boolean
  verbs: readonly string[]
  subresources: readonly OpenApiSubresource[]
  type: StructNode
  listType: StructNode
  /** Custom resources take no strategic merge patch. */
  custom: boolean
}

export interface OpenApiGroupVersion {
  group: string
  version: string
  resources: readonly OpenApiResource[]
  /** Ready component schemas by name, which stand in for those made from types (custom resources' own schemas). */
  definitions?(dialect: Dialect): ReadonlyMap<string, JsonObject>
}

export interface OpenApiElsewhere {
  group: string
  version: string
  /** Where its document of version 3 is, a path that leads to that server; undefined: the usual one. */
  v3Path?: string
  /** Its part of version 2. */
  v2?: JsonObject
}

export interface OpenApiSource {
  /** Shown as the documents' version. */
  version: string
  /** Group versions whose documents other servers have, and what changes with them. */
  elsewhere?(): { generation: number; groupVersions: readonly OpenApiElsewhere[] }
  /** Absent: documents do not say when they were made. */
  nowMs?(): number
  /** Another text whenever `groupVersions` answers differently, or types changed. */
  revision(): string
  groupVersions(): readonly OpenApiGroupVersion[]
  /** The same of one group version; without one, of what is the same whatever is served. `revision` when absent. */
  revisionOf?(groupVersion: OpenApiGroupVersion | undefined): string
  /** A kind that is no resource: DeleteOptions, Status, Scale, PodExecOptions, PodLogOptions. */
  type(kind: KindName): StructNode | undefined
}

export interface Dialect {
  version: 2 | 3
  refPrefix: string
}

export const v2: Dialect = { version: 2, refPrefix: '#/definitions/' }
export const v3: Dialect = { version: 3, refPrefix: '#/components/schemas/' }

export const patchName = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'
export const deleteOptions: KindName = { group: '', version: 'v1', kind: 'DeleteOptions' }
export const watchEvent: KindName = { group: '', version: 'v1', kind: 'WatchEvent' }
export const status: KindName = { group: '', version: 'v1', kind: 'Status' }
