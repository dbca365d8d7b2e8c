/**
 * Component schemas from types, with the `x-kubernetes-` extensions that `kubectl apply`, `explain` and typed clients read.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
import type { JsonObject } from '../../api/patch/json-value.ts'
import { type KindName, typeByName } from '../../api/schema/registry.ts'
import type { FieldNode, Scalar, ScalarNode, StructNode, TypeNode } from '../../api/schema/type-node.ts'
import { type Dialect, patchName } from './source.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const quantityName = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const intOrStringName = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'

const rawName = 'io.k8s.apimachinery.pkg.runtime.RawExtension'
const fieldsName = `${meta}.FieldsV1`
const customName = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

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
    [rawName]: { description: 'An object of any kind, kept as it is.', type: 'object' },
    [fieldsName]: { description: 'A set of fields, as a tree.', type: 'object' },
    [`${customName}.JSON`]: { description: 'Any JSON value.' },
    [`${customName}.JSONSchemaPropsOrArray`]: { description: 'A schema, or a list of schemas.' },
    [`${customName}.JSONSchemaPropsOrBool`]: { description: 'A schema, or whether there may be anything.' },
    [`${customName}.JSONSchemaPropsOrStringArray`]: { description: 'A schema, or a list of names.' },
  }
}

/** The schema of a message; `kinds` are those it is the body of. */
export function structSchema(node: StructNode, dialect: Dialect, kinds: readonly KindName[] | undefined): JsonObject {
  const declared = [...node.fields.values()]
  const fields = [...declared].sort((a, b) => (a.name < b.name ? -1 : 1))
  const schema: JsonObject = { description: node.description, type: 'object' }
  const required = declared.filter((field) => field.required).map(({ name }) => name)
  if (required.length > 0) schema.required = required
  if (fields.length > 0) {
    schema.properties = Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, node, dialect)]))
  }
  if (kinds) {
    schema['x-kubernetes-group-version-kind'] = kinds.map(({ group, kind, version }) => ({ group, kind, version }))
  }
  if (ownMapType(node) === 'atomic') schema['x-kubernetes-map-type'] = 'atomic'
  if (node.preserveUnknown) schema['x-kubernetes-preserve-unknown-fields'] = true
  const unions = unionsOf(node)
  return unions ? { ...schema, 'x-kubernetes-unions': unions } : schema
}

/** How the type itself says that it merges, whatever the field says that led to it. */
function ownMapType(node: StructNode): StructNode['mapType'] {
  return node.name.includes('/') ? typeByName(node.name).mapType : node.mapType
}

function unionsOf({ union }: StructNode): JsonObject[] | undefined {
  if (!union || Object.keys(union.members).length === 0) return undefined
  const members = { 'fields-to-discriminateBy': union.members }
  return [union.discriminator === undefined ? members : { discriminator: union.discriminator, ...members }]
}

function fieldSchema(field: FieldNode, parent: StructNode, dialect: Dialect): JsonObject {
  const schema: JsonObject = { ...typeSchema(field.type, parent, dialect) }
  if (field.enum)
    Object.assign((schema.items ?? schema.additionalProperties ?? schema) as JsonObject, { enum: field.enum })
  if (field.description !== '') schema.description = field.description
  const value = dialect.version === 3 ? defaultOf(field) : undefined
  if (value !== undefined) schema.default = value
  Object.assign(schema, mergeExtensions(field), upstreamOnly(field, parent, dialect))
  return wrapReference(schema, dialect)
}

/** What `kubectl apply` and server-side apply read of a field. */
function mergeExtensions({ type, patchMergeKey, patchStrategy }: FieldNode): JsonObject {
  const extensions: JsonObject = {}
  if (type.kind === 'list' && !type.listTypeUnset) {
    if (type.listType === 'map') extensions['x-kubernetes-list-map-keys'] = type.mapKeys
    extensions['x-kubernetes-list-type'] = type.listType
  }
  if (type.kind === 'map' && type.mapTypeSet) extensions['x-kubernetes-map-type'] = type.mapType
  if (type.kind === 'struct' && type.mapType !== ownMapType(type)) extensions['x-kubernetes-map-type'] = type.mapType
  if (patchMergeKey) extensions['x-kubernetes-patch-merge-key'] = patchMergeKey
  if (patchStrategy) extensions['x-kubernetes-patch-strategy'] = patchStrategy
  return extensions
}

/** What documents say of fields and no server does anything by: nothing else follows from these. */
const onlyDocumented: ReadonlyMap<string, JsonObject> = new Map([
  ['core/v1.LocalObjectReference.name', { default: '' }],
  ['autoscaling/v1.ScaleSpec.replicas', { default: 0 }],
  ['core/v1.ReplicationControllerSpec.minReadySeconds', { default: 0 }],
  ['apiregistration/v1.APIServiceSpec.caBundle', { 'x-kubernetes-list-type': 'atomic' }],
])

function upstreamOnly(
  { name, inlinedPath }: FieldNode,
  { name: parent }: StructNode,
  { version }: Dialect,
): JsonObject {
  const owner = inlinedPath === undefined ? parent : `core/v1.${inlinedPath}`
  const { default: value, ...extensions } = onlyDocumented.get(`${owner}.${name}`) ?? {}
  return value === undefined || version === 2 ? extensions : { ...extensions, default: value }
}

function defaultOf(field: FieldNode): unknown {
  if (field.default !== undefined) return field.default
  if (field.pointer || field.omit === undefined) return undefined
  if (field.type.kind === 'struct') return {}
  return field.omit === 'never' && field.type.kind === 'scalar' ? zeros[field.type.scalar] : undefined
}

/** In version 3 nothing may stand beside a reference, which then goes into `allOf`. */
function wrapReference({ $ref, ...rest }: JsonObject, { version }: Dialect): JsonObject {
  if ($ref === undefined) return rest
  return version === 2 || Object.keys(rest).length === 0 ? { $ref, ...rest } : { ...rest, allOf: [{ $ref }] }
}

function typeSchema(type: TypeNode, parent: StructNode, dialect: Dialect): JsonObject {
  switch (type.kind) {
    case 'scalar':
      return scalarSchema(type, parent, dialect)
    case 'list':
      return { type: 'array', items: elementSchema(type.element, parent, dialect) }
    case 'map':
      return { type: 'object', additionalProperties: elementSchema(type.value, parent, dialect) }
    case 'struct':
      return { $ref: dialect.refPrefix + type.openApiName }
  }
}

/** Items and members are held by value, and so are what they are when nothing is given. */
function elementSchema(type: TypeNode, parent: StructNode, dialect: Dialect): JsonObject {
  const schema = typeSchema(type, parent, dialect)
  const zero = type.kind === 'struct' ? {} : type.kind === 'scalar' ? zeros[type.scalar] : undefined
  return wrapReference(dialect.version === 2 || zero === undefined ? schema : { ...schema, default: zero }, dialect)
}

function scalarSchema(node: ScalarNode, parent: StructNode, { refPrefix }: Dialect): JsonObject {
  const { scalar } = node
  const name = scalar === 'raw' ? nameOfRaw(node, parent) : namedScalars[scalar]
  return name ? { $ref: refPrefix + name } : { ...plainScalars[scalar] }
}

function nameOfRaw({ alternative }: ScalarNode, parent: StructNode): string {
  if (parent.name === 'meta/v1.ManagedFieldsEntry') return fieldsName
  const isSchema = parent.name.startsWith('apiextensions/')
  return alternative || isSchema ? `${customName}.${alternatives[alternative ?? 'any']}` : rawName
}

const alternatives = {
  any: 'JSON',
  boolean: 'JSONSchemaPropsOrBool',
  schemas: 'JSONSchemaPropsOrArray',
  strings: 'JSONSchemaPropsOrStringArray',
}
