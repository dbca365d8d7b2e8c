/**
 * A structural schema as the type that codecs, defaults, apply and field ownership work on: custom resources take the
 * path of built-in ones. What a schema says about values (`minimum`, `pattern`, `oneOf` …) is not part of a type; see
 * `../value/`.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import { apiVersionOf } from '../../../api/meta.ts'
import { type KindName, typeByName } from '../../../api/schema/registry.ts'
import {
  type FieldNode,
  type ListNode,
  type MapNode,
  type Scalar,
  type StructNode,
  type TypeNode,
  untyped,
} from '../../../api/schema/type-node.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'

/** The type of a kind's objects. */
export function typeOfSchema(kind: KindName, schema: JSONSchemaProps): StructNode {
  return new SchemaStruct({ schema: { ...schema, 'x-kubernetes-embedded-resource': true }, kind, path: [] })
}

/** The type of a kind's lists. */
export function listTypeOf(element: StructNode, listKind: string): StructNode {
  const name = `${element.name.slice(0, element.name.lastIndexOf('.'))}.${listKind}`
  const items: ListNode = { kind: 'list', element, listType: 'atomic', mapKeys: [], listTypeUnset: true }
  const fields = [
    ...typeFields(),
    fieldOf('metadata', typeByName('meta/v1.ListMeta'), 'Where the list stands in the store’s history.'),
    { ...fieldOf('items', items, `The objects.`), required: true },
  ]
  return {
    kind: 'struct',
    name,
    openApiName: openApiName(name),
    description: `A list of ${element.name.slice(element.name.lastIndexOf('.') + 1)} objects.`,
    fields: new Map(fields.map((field) => [field.name, field])),
    mapType: 'granular',
    preserveUnknown: false,
    isKind: true,
  }
}

interface Place {
  schema: JSONSchemaProps
  kind: KindName
  /** Names of properties from the root; `*` for items and values. */
  path: readonly string[]
}

/** Fields are made when first asked for, so that a definition nobody uses costs nothing. */
class SchemaStruct implements StructNode {
  readonly kind = 'struct'
  readonly custom = true
  readonly name: string
  readonly mapType: 'atomic' | 'granular'
  readonly preserveUnknown: boolean
  readonly isKind: boolean
  readonly #place: Place
  #fields: ReadonlyMap<string, FieldNode> | undefined

  constructor(place: Place) {
    const { schema, kind, path } = place
    this.#place = place
    this.name = [`${apiVersionOf(kind)}.${kind.kind}`, ...path].join('.')
    this.mapType = schema['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : 'granular'
    this.preserveUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true
    this.isKind = path.length === 0
  }

  get openApiName(): string {
    return openApiName(this.name)
  }

  get description(): string {
    return this.#place.schema.description ?? ''
  }

  get fields(): ReadonlyMap<string, FieldNode> {
    this.#fields ??= fieldsOf(this.#place)
    return this.#fields
  }
}

function fieldsOf({ schema, kind, path }: Place): ReadonlyMap<string, FieldNode> {
  const fields = new Map<string, FieldNode>()
  if (schema['x-kubernetes-embedded-resource']) {
    for (const field of typeFields()) fields.set(field.name, field)
    fields.set('metadata', fieldOf('metadata', typeByName('meta/v1.ObjectMeta'), ''))
  }
  const required = new Set(schema.required)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields.has(name)) continue
    const type = nodeOf({ schema: property, kind, path: [...path, name] })
    const field = fieldOf(name, type, property.description ?? '')
    field.required = required.has(name)
    if (property.nullable) field.nullable = true
    if (property.default !== undefined && property.default !== null) field.default = property.default
    fields.set(name, field)
  }
  return fields
}

function nodeOf(place: Place): TypeNode {
  const { schema } = place
  if (schema['x-kubernetes-int-or-string']) return { kind: 'scalar', scalar: 'intOrString' }
  switch (schema.type) {
    case 'array':
      return listOf(place)
    case 'object':
      return objectOf(place)
    default: {
      const scalar = scalars[schema.type ?? '']
      return scalar ? { kind: 'scalar', scalar } : untyped
    }
  }
}

const scalars: Readonly<Record<string, Scalar>> = {
  string: 'string',
  integer: 'int64',
  number: 'double',
  boolean: 'bool',
}

function listOf(place: Place): ListNode {
  const { schema } = place
  const items = schemaOf(schema.items)
  const element = items ? nodeOf(below(place, items)) : untyped
  const listType = schema['x-kubernetes-list-type']
  const list: ListNode = {
    kind: 'list',
    element,
    listType: listType === 'set' || listType === 'map' ? listType : 'atomic',
    mapKeys: schema['x-kubernetes-list-map-keys'] ?? [],
    ...insteadOfNull(items),
  }
  if (listType === undefined) list.listTypeUnset = true
  return list
}

function objectOf(place: Place): StructNode | MapNode {
  const { schema } = place
  const values = schema.additionalProperties
  if (values === undefined || values === null || values === false || schema.properties) return new SchemaStruct(place)
  const mapType = schema['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : 'granular'
  if (values === true) return { kind: 'map', value: emptyValue(place), mapType }
  return { kind: 'map', value: nodeOf(below(place, values)), mapType, ...insteadOfNull(values) }
}

/** `additionalProperties: true` names no schema for the values: members that they have are unknown. */
function emptyValue(place: Place): TypeNode {
  return place.schema['x-kubernetes-preserve-unknown-fields'] ? untyped : new SchemaStruct(below(place, {}))
}

function below({ kind, path }: Place, schema: JSONSchemaProps): Place {
  return { schema, kind, path: [...path, '*'] }
}

/** What null becomes as an item or a member's value. */
function insteadOfNull(schema: JSONSchemaProps | undefined): { nullable?: true; default?: unknown } {
  if (!schema) return {}
  const nullable = schema.nullable ? ({ nullable: true } as const) : {}
  return schema.default === undefined || schema.default === null ? nullable : { ...nullable, default: schema.default }
}

/** The schema of items, which may not be a list of schemas in custom resources. */
export function schemaOf(items: JSONSchemaProps['items']): JSONSchemaProps | undefined {
  return items === undefined || items === null || Array.isArray(items) ? undefined : items
}

function typeFields(): FieldNode[] {
  const text: TypeNode = { kind: 'scalar', scalar: 'string' }
  return [fieldOf('kind', text, ''), fieldOf('apiVersion', text, '')]
}

function fieldOf(name: string, type: TypeNode, description: string): FieldNode {
  return { name, type, description, required: false, number: 0 }
}

/** `example.com/v1.Widget` is `com.example.v1.Widget`. */
function openApiName(name: string): string {
  const slash = name.indexOf('/')
  return `${name.slice(0, slash).split('.').reverse().join('.')}.${name.slice(slash + 1)}`
}
