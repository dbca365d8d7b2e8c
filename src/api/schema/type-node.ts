/**
 * The resolved shape of a value, as every codec, default, patch, apply and document works on it. Built-in types come
 * from the schema files beside this one; custom resources build the same nodes from their OpenAPI schema, so that one
 * implementation serves both.
 */
import type { FieldGate } from './schema.ts'

/**
 * - `int64` values are JavaScript numbers up to ±2^53 and `bigint` beyond, where they are read to be written again;
 *   TypeScript's types say `number`.
 * - `bytes` are base64 strings in JSON. `time`, `microTime`, `duration`, `quantity` are strings in JSON.
 * - `raw` is any JSON value kept as it is (RawExtension, JSON, FieldsV1).
 */
export type Scalar =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'quantity'
  | 'intOrString'
  | 'raw'

export type TypeNode = ScalarNode | ListNode | MapNode | StructNode

export interface ScalarNode {
  kind: 'scalar'
  scalar: Scalar
  /** JSON schema's alternatives, `raw` in JSON: a schema, or a boolean, a list of schemas, a list of names. */
  alternative?: 'boolean' | 'schemas' | 'strings'
}

export interface ListNode {
  kind: 'list'
  element: TypeNode
  /** How server-side apply merges it (KEP-555). */
  listType: 'atomic' | 'set' | 'map'
  /** For `map`: the fields that name an element. */
  mapKeys: readonly string[]
  /** Upstream gives no list type at all; it then counts as atomic. */
  listTypeUnset?: true
  /** A message of its own in protobuf, whose field 1 is the list. */
  wrapped?: true
  /** Custom resources only: null may be an item; else it becomes the default, where there is one. */
  nullable?: true
  default?: unknown
}

export interface MapNode {
  kind: 'map'
  value: TypeNode
  mapType: 'atomic' | 'granular'
  /** Upstream's field says so; else it merely counts as granular. */
  mapTypeSet?: true
  /** Custom resources only: null may be a value; else it becomes the default, or the member is dropped. */
  nullable?: true
  default?: unknown
}

export interface StructNode {
  kind: 'struct'
  /** `core/v1.PodSpec`; unique. */
  name: string
  /** The OpenAPI definition name, `io.k8s.api.core.v1.PodSpec`. */
  openApiName: string
  description: string
  /** In declaration order; fields of inlined messages stand in the parent, as in JSON. */
  fields: ReadonlyMap<string, FieldNode>
  mapType: 'atomic' | 'granular'
  /** Fields that the schema does not name are kept (custom resources only). */
  preserveUnknown: boolean
  /** Made from the OpenAPI schema of a custom resource: what does not fit is kept, for validation to name. */
  custom?: true
  /** An object that says its own kind; `fields` then starts with `kind` and `apiVersion`, which protobuf leaves out. */
  isKind?: boolean
  /** Messages of their own in protobuf whose fields stand in this object in JSON. Their fields are in `fields` too. */
  inlined?: readonly InlinedMessage[]
  /** At most one of these fields is set; `discriminator` says which, by the value given here. */
  union?: { discriminator?: string; members: Readonly<Record<string, string>> }
}

/** A value of unknown type (custom resources that keep unknown fields): objects merge by member, lists are one value. */
export const untyped: ScalarNode = { kind: 'scalar', scalar: 'raw' }

export interface InlinedMessage {
  /** Protobuf field number of the message in its parent. */
  number: number
  node: StructNode
}

export interface FieldNode {
  name: string
  type: TypeNode
  description: string
  required: boolean
  /** The static default from the schema; defaults that depend on other fields live in `src/api/defaults/`. */
  default?: unknown
  /** Null may be the value (custom resources only). */
  nullable?: true
  /** The values that documents name, of the field or of its elements. Nothing is refused because of it. */
  enum?: readonly string[]
  /** Built-in types only; see `src/apiserver/registry/disabled-fields.ts`. */
  gate?: FieldGate
  /** Strategic merge patch (`kubectl patch`, client-side apply): how a list or map is merged, and by which key. */
  patchStrategy?: 'merge' | 'replace' | 'retainKeys' | 'merge,retainKeys'
  patchMergeKey?: string
  /** Protobuf field number, in the inlined message for a field of one; 0 for custom resources, `kind` and `apiVersion`. */
  number: number
  /** Absent differs from the zero value, which is then kept (a pointer upstream). Built-in types only. */
  pointer?: boolean
  /**
   * When JSON leaves the field out: `empty` (zero values, empty lists and maps; an object held by value stays), `zero`
   * (also an object held by value when all in it is empty), `never` (null, zero or `{}` is written). Built-in types only.
   */
  omit?: 'empty' | 'zero' | 'never'
  /** Stands in `inlined` in protobuf. */
  isInlined?: true
  /** The inlined messages that it comes from, as upstream's errors name them: `RuleWithOperations.Rule`. */
  inlinedPath?: string
}

/** Whether upstream holds it in a Go struct, which by value has no "not set": only `omit: 'zero'` leaves it out. */
export function isMessage(type: TypeNode): boolean {
  if (type.kind === 'struct') return true
  return type.kind === 'scalar' && /^(time|microTime|duration|quantity|intOrString|raw)$/.test(type.scalar)
}
