/**
 * What OpenAPI documents say of custom resources: their own schemas, whole in version 3; in version 2 without what that
 * cannot say or kubectl misreads.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#publish-validation-schema-in-openapi
 */
import type { JsonObject } from '../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../api/types/apiextensions/v1.ts'
import type { Dialect } from '../openapi/source.ts'
import type { CustomVersion } from './resource/served.ts'
import { schemaOf } from './schema/type.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** Component schemas of the kind and its list, by name. */
export function definitionsOf(version: CustomVersion, dialect: Dialect): ReadonlyMap<string, JsonObject> {
  const { type, listType, listKind, resource } = version
  const { group, kind, version: name } = resource
  const of = (each: string) => [{ group, kind: each, version: name }]
  return new Map([
    [type.openApiName, { ...kindSchema(version.schema, dialect), 'x-kubernetes-group-version-kind': of(kind) }],
    [listType.openApiName, { ...listSchema(version, dialect), 'x-kubernetes-group-version-kind': of(listKind) }],
  ])
}

function kindSchema(schema: JSONSchemaProps, dialect: Dialect): JsonObject {
  if (dialect.version === 2 && schema['x-kubernetes-preserve-unknown-fields']) return { type: 'object' }
  const published = publishedSchema(schema, dialect)
  return { ...published, properties: { ...(published.properties as JsonObject), ...objectFields(dialect) } }
}

function objectFields(dialect: Dialect): JsonObject {
  return {
    ...typeFields,
    metadata: reference(
      `${meta}.ObjectMeta`,
      "Standard object's metadata: name, labels and the other data that every object has.",
      dialect,
    ),
  }
}

const typeFields: JsonObject = {
  apiVersion: {
    description: 'APIVersion defines which group and version of a schema this object follows.',
    type: 'string',
  },
  kind: { description: 'The name of the resource type that this object is of.', type: 'string' },
}

function listSchema({ type, listType, resource }: CustomVersion, dialect: Dialect): JsonObject {
  return {
    description: listType.description,
    type: 'object',
    required: ['items'],
    properties: {
      ...typeFields,
      items: {
        description: `The ${resource.plural}.`,
        type: 'array',
        items: { $ref: dialect.refPrefix + type.openApiName },
      },
      metadata: reference(`${meta}.ListMeta`, 'Where the list stands in the store’s history.', dialect),
    },
  }
}

/** In version 3 nothing may stand beside a reference. */
function reference(name: string, description: string, { version, refPrefix }: Dialect): JsonObject {
  const $ref = refPrefix + name
  return version === 3 ? { description, allOf: [{ $ref }] } : { description, $ref }
}

function publishedSchema(schema: JSONSchemaProps, dialect: Dialect): JsonObject {
  const shown = dialect.version === 2 ? forVersion2(schema) : schema
  const published: JsonObject = { ...shown }
  if (dialect.version === 3 && shown['x-kubernetes-int-or-string']) published.anyOf ??= intOrString
  const items = schemaOf(shown.items)
  if (items) published.items = publishedSchema(items, dialect)
  if (shown.properties) published.properties = publishedMembers(shown.properties, dialect)
  const others = shown.additionalProperties
  if (typeof others === 'object' && others !== null) published.additionalProperties = publishedSchema(others, dialect)
  const isOpen = dialect.version === 2 && shown['x-kubernetes-preserve-unknown-fields']
  if (!shown['x-kubernetes-embedded-resource'] || isOpen) return published
  const required = new Set([...(shown.required ?? []), 'kind', 'apiVersion'])
  const properties = { ...(published.properties as JsonObject | undefined), ...objectFields(dialect) }
  return { ...published, properties, required: [...required] }
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]

function publishedMembers(properties: Record<string, JSONSchemaProps>, dialect: Dialect): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, publishedSchema(property, dialect)]),
  )
}

/** kubectl cannot cope with what stands beside unknown fields, nor with arrays whose items are not described. */
function forVersion2(schema: JSONSchemaProps): JSONSchemaProps {
  const { allOf: _all, oneOf: _one, anyOf: _any, not: _not, default: _default, nullable, ...shown } = schema
  const isOpen = shown['x-kubernetes-preserve-unknown-fields']
  if (nullable || isOpen) {
    delete shown.items
    delete shown.properties
  }
  if (nullable || (isOpen && shown.type === 'object') || (shown.type === 'array' && !shown.items)) delete shown.type
  const others = shown.additionalProperties
  const anyNullable = typeof others === 'object' && others !== null && others.nullable
  const required = anyNullable ? [] : (shown.required ?? []).filter((name) => !shown.properties?.[name]?.nullable)
  if (required.length > 0) shown.required = required
  else delete shown.required
  return shown
}
