/**
 * Component schemas from types, with the `x-kubernetes-` extensions that `kubectl apply`, `explain` and typed clients read.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
import type { JsonObject } from '../../api/patch/json-value.ts'
import type { KindName } from '../../api/schema/registry.ts'
import type { FieldNode, Scalar, ScalarNode, StructNode, TypeNode } from '../../api/schema/type-node.ts'
import { type Dialect, patchName } from './source.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const quantityName = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const intOrStringName = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'

const plainScalars: Partial<Record<Scalar, JsonObject>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
}

const namedScalars: Partial<Record<Scalar, string>> = {
  time: `${meta}.Time`,
  microTime: `${meta}.MicroTime`,
  duration: `${meta}.Duration`,
  quantity: quantityName,
  intOrString: intOrStringName,
}

const zeros: Partial<Record<Scalar, unknown>> = { string: '', bool: false, int32: 0, int64: 0, double: 0 }

/** The definitions of values written as one JSON value. */
export function scalarDefinitions({ version }: Dialect): Record<string, JsonObject> {
  const isV3 = version === 3
  return {
    [quantityName]: {
      description: 'An amount such as 100m, 1.5Gi or 12e6.',
      ...(isV3 ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }),
    },
    [intOrStringName]: {
      description: 'A whole number or a string.',
      format: 'int-or-string',
      ...(isV3 ? { oneOf: [{ type: 'integer' }, { type: 'string' }] } : { type: 'string' }),
    },
    [`${meta}.Time`]: { description: 'A time in RFC 3339, in seconds.', format: 'date-time', type: 'string' },
    [`${meta}.MicroTime`]: { description: 'A time in RFC 3339, in microseconds.', format: 'date-time', type: 'string' },
    [`${meta}.Duration`]: { description: 'A span of time such as 1h30m.', type: 'string' },
    [patchName]: { description: 'A patch in the format its content type names.', type: 'object' },
  }
}

export type KindsOf = (node: StructNode) => readonly KindName[] | undefined

/** The schema of a message; `kindsOf` tells which kinds it is the body of. */
export function structSchema(node: StructNode, dialect: Dialect, kindsOf: KindsOf): JsonObject {
  const fields = [...node.fields.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const schema: JsonObject = { description: node.description, type: 'object' }
  const required = fields.filter((field) => field.required).map(({ name }) => name)
  if (required.length > 0) schema.required = required
  if (fields.length > 0) {
    schema.properties = Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, node, dialect)]))
  }
  const kinds = kindsOf(node)
  if (kinds) {
    schema['x-kubernetes-group-version-kind'] = kinds.map(({ group, kind, version }) => ({ group, kind, version }))
  }
  if (node.mapType === 'atomic') schema['x-kubernetes-map-type'] = 'atomic'
  if (node.preserveUnknown) schema['x-kubernetes-preserve-unknown-fields'] = true
  const unions = unionsOf(node)
  return unions ? { ...schema, 'x-kubernetes-unions': unions } : schema
}

function unionsOf({ union }: StructNode): JsonObject[] | undefined {
  if (!union || Object.keys(union.members).length === 0) return undefined
  const members = { 'fields-to-discriminateBy': union.members }
  return [union.discriminator === undefined ? members : { discriminator: union.discriminator, ...members }]
}

function fieldSchema(field: FieldNode, parent: StructNode, dialect: Dialect): JsonObject {
  const schema: JsonObject = { ...wrapRef(typeSchema(field.type, parent, dialect), dialect) }
  if (field.enum)
    Object.assign((schema.items ?? schema.additionalProperties ?? schema) as JsonObject, { enum: field.enum })
  if (field.description !== '') schema.description = field.description
  const value = defaultOf(field)
  if (value !== undefined) schema.default = value
  const { type } = field
  if (type.kind === 'list' && !type.listTypeUnset) {
    if (type.listType === 'map') schema['x-kubernetes-list-map-keys'] = type.mapKeys
    schema['x-kubernetes-list-type'] = type.listType
  }
  if ((type.kind === 'map' || type.kind === 'struct') && type.mapType === 'atomic')
    schema['x-kubernetes-map-type'] = 'atomic'
  if (field.patchMergeKey) schema['x-kubernetes-patch-merge-key'] = field.patchMergeKey
  if (field.patchStrategy) schema['x-kubernetes-patch-strategy'] = field.patchStrategy
  return schema
}

function defaultOf(field: FieldNode): unknown {
  if (field.default !== undefined) return field.default
  if (field.pointer || field.omit === undefined) return undefined
  if (field.type.kind === 'struct') return {}
  return field.omit === 'never' && field.type.kind === 'scalar' ? zeros[field.type.scalar] : undefined
}

/** In version 3 nothing may stand beside a reference, so that it goes into `allOf`. */
function wrapRef(schema: JsonObject, { version }: Dialect): JsonObject {
  return version === 3 && schema.$ref !== undefined ? { allOf: [schema] } : schema
}

function typeSchema(type: TypeNode, parent: StructNode, dialect: Dialect): JsonObject {
  switch (type.kind) {
    case 'scalar':
      return scalarSchema(type, parent, dialect)
    case 'list':
      return { type: 'array', items: typeSchema(type.element, parent, dialect) }
    case 'map':
      return { type: 'object', additionalProperties: typeSchema(type.value, parent, dialect) }
    case 'struct':
      return { $ref: dialect.refPrefix + type.openApiName }
  }
}

function scalarSchema(node: ScalarNode, parent: StructNode, dialect: Dialect): JsonObject {
  const { scalar } = node
  const name = namedScalars[scalar]
  if (name) return { $ref: dialect.refPrefix + name }
  if (scalar !== 'raw') return { ...plainScalars[scalar] }
  const isAnything = 'alternative' in node || parent.name.startsWith('apiextensions/')
  return isAnything ? {} : { type: 'object' }
}
