/** What the server serves: every resource with its verbs, subresources, type, strategy and place in the store. */
import type { VersionView } from '../../api/apply/context.ts'
import type { KubeObject, Resource } from '../../api/meta.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import type { KindName } from '../../api/schema/registry.ts'
import type { ColumnDeclaration } from '../../api/schema/schema.ts'
import type { StructNode, TypeNode } from '../../api/schema/type-node.ts'
import type { CustomResourceSubresourceScale } from '../../api/types/apiextensions/v1.ts'
import { type Splice, type Stored, spliceOf } from '../cache/stored.ts'
import type { Dialect } from '../openapi/source.ts'
import type { DropDisabled } from '../registry/disabled-fields.ts'
import type { Strategy } from '../registry/strategy.ts'
import type { RowPrinter } from '../table/printer.ts'

export type { KindName }

export interface ServedSubresource {
  name: string
  /** The kind of its body, which may be of another group version (autoscaling/v1 Scale). */
  kind: KindName
  verbs: readonly string[]
}

/** Between the version served and the version stored, where they differ (HPA v1, events.k8s.io). */
export interface Conversion {
  /** Changes the private object and returns it (or a new one). */
  toStored(object: KubeObject): KubeObject
  fromStored(object: KubeObject): KubeObject
}

export interface Served {
  resource: Resource
  verbs: readonly string[]
  shortNames: readonly string[]
  categories: readonly string[]
  columns: readonly ColumnDeclaration[]
  subresources: ReadonlyMap<string, ServedSubresource>
  strategy: Strategy
  /** Whether a CustomResourceDefinition made it. */
  custom?: boolean
  /** Of lists, where it is not the kind with `List`. */
  listKind?: string
  /** In discovery, where that is less than `verbs`. */
  advertisedVerbs?: readonly string[]
  /** What clients of this version are warned of. */
  deprecation?: string | undefined
  /** Where the numbers of a scale stand; in the usual places when absent. */
  readonly scale?: CustomResourceSubresourceScale | undefined
  /** Rows of tables, for resources without a built-in printer. */
  readonly print?: RowPrinter
  /** Resolved when first asked for. */
  readonly type: StructNode
  readonly listType: StructNode
  readonly storedType: StructNode
  /** Drops, in place, fields whose feature gate is closed and which the stored object does not use. Built-in types only. */
  dropDisabled?: DropDisabled
  /** `/registry/pods/`. */
  storePrefix: string
  /** What the store holds. */
  storedKind: KindName
  conversion: Conversion | undefined
  /** Custom resources: the stored object as this version shows it, with its bytes in this version. Replaces `fromStored`. */
  view?(stored: Stored): Stored
  /** Makes the views of objects where a webhook has to be asked; `view` then finds them. */
  prepare?(stored: readonly Stored[]): Promise<void>
  /** As `view`, but the object as it is stored where its view has not been made. */
  seen?(stored: Stored): Stored
  /** The bytes to store, where a webhook has to be asked for them. */
  bytesOf?(object: KubeObject): Promise<Uint8Array>
  /** How owners who wrote in another served version see the object. Absent: all versions have the same fields. */
  otherVersion?(apiVersion: string): VersionView | undefined
  /** A served version, its own too, where a webhook has to be asked for an object in it. Undefined for what is not served. */
  inVersion?(apiVersion: string): { type: TypeNode; convert(object: JsonObject): Promise<JsonObject> } | undefined
  splice: Splice
  /** Component schemas for OpenAPI, by name, where they are not made from `type`. */
  definitions?(dialect: Dialect): ReadonlyMap<string, JsonObject>
}

export function objectKey(served: Served, namespace: string, name: string): string {
  return served.resource.namespaced ? `${served.storePrefix}${namespace}/${name}` : served.storePrefix + name
}

/** Keys of the collection: of one namespace, or of all with an empty one. */
export function collectionPrefix(served: Served, namespace: string): string {
  return served.resource.namespaced && namespace !== '' ? `${served.storePrefix}${namespace}/` : served.storePrefix
}

export function spliceFor({ group, version, kind }: KindName): Splice {
  return spliceOf({ kind, apiVersion: group === '' ? version : `${group}/${version}` })
}
