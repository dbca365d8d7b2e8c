/**
 * Types from OpenAPI schemas, as custom resources have them: what a schema does not describe, expressions do not see. The
 * sizes that cost estimates rest on come from the schema's limits, or from how much of it fits into a request.
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#type-system-integration
 */
import { escapeName } from './escape.ts'
import { type CelType, type ListMerge, type ObjectField, stringType } from './types.ts'

/** The parts of a schema that matter here; `properties` and the like as in JSON. */
export interface StructuralSchema {
  readonly type?: string
  readonly format?: string
  readonly items?: StructuralSchema
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly additionalProperties?: StructuralSchema | boolean
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

/** Source: upstream's MaxRequestSizeBytes, whatever the server accepts. */
const requestBytes = 3 * 1024 * 1024

interface Declared {
  readonly type: CelType
  /** The least number of bytes that a value takes in JSON. */
  readonly bytesMin: number
}

/** Undefined when expressions can't see values of this schema. `isResource`: it always has apiVersion, kind and metadata's names. */
export function declareStructural(
  schema: StructuralSchema,
  { name, isResource = false }: { name: string; isResource?: boolean },
): CelType | undefined {
  return declared(schema, name, isResource)?.type
}

/** How often a value of this schema can stand in one request at most. */
export function occurrencesMax(schema: StructuralSchema, isResource = false): number {
  const bytesMin = declared(schema, '', isResource)?.bytesMin ?? 0
  return Math.floor(requestBytes / (bytesMin + 1))
}

function declared(schema: StructuralSchema, name: string, isResource: boolean): Declared | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    const sizeMax = schema.maxLength === undefined ? requestBytes - 2 : schema.maxLength * 4
    return { type: { kind: 'dyn', sizeMax }, bytesMin: 1 }
  }
  const whole = isResource ? withMetadata(schema) : schema
  switch (whole.type) {
    case 'array':
      return whole.items && listOf(whole, whole.items, name)
    case 'object':
      return objectOf(whole, name)
    case 'string':
      return textOf(whole)
    case 'boolean':
      return { type: { kind: 'bool', sizeMax: 0 }, bytesMin: 4 }
    case 'number':
      return { type: { kind: 'double', sizeMax: 0 }, bytesMin: 1 }
    case 'integer':
      return { type: { kind: 'int', sizeMax: 0 }, bytesMin: 1 }
    default:
      return undefined
  }
}

const text: StructuralSchema = { type: 'string' }

function withMetadata(schema: StructuralSchema): StructuralSchema {
  const { metadata } = schema.properties ?? {}
  const names = { name: text, generateName: text }
  const complete =
    metadata?.properties?.name && metadata.properties.generateName ? metadata : { type: 'object', properties: names }
  return { ...schema, properties: { ...schema.properties, kind: text, apiVersion: text, metadata: complete } }
}

function listOf(schema: StructuralSchema, items: StructuralSchema, name: string): Declared | undefined {
  const element = declared(items, `${name}.@idx`, items['x-kubernetes-embedded-resource'] ?? false)
  if (!element) return undefined
  const sizeMax = Math.max(0, schema.maxItems ?? Math.floor((requestBytes - 2) / (element.bytesMin + 1)))
  const list = { kind: 'list', element: element.type, sizeMax } as const
  const merge = mergeOf(schema)
  return { type: merge ? { ...list, merge } : list, bytesMin: 2 }
}

function mergeOf(schema: StructuralSchema): ListMerge | undefined {
  const listType = schema['x-kubernetes-list-type']
  if (listType === 'set') return 'set'
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return listType === 'map' && keys.length > 0 ? keys.map((key) => escapeName(key) ?? key) : undefined
}

function objectOf(schema: StructuralSchema, name: string): Declared | undefined {
  const { additionalProperties, maxProperties } = schema
  if (!additionalProperties || additionalProperties === true) return structOf(schema, name)
  const value = declared(
    additionalProperties,
    `${name}.@elem`,
    additionalProperties['x-kubernetes-embedded-resource'] ?? false,
  )
  if (!value) return undefined
  const sizeMax = Math.max(0, maxProperties ?? Math.floor((requestBytes - 2) / (value.bytesMin + 6)))
  const key = { ...stringType, sizeMax: 0 }
  return { type: { kind: 'map', key, value: value.type, sizeMax }, bytesMin: 2 }
}

function structOf({ properties = {}, required = [] }: StructuralSchema, name: string): Declared {
  const fields = new Map<string, ObjectField>()
  let bytesMin = 2
  for (const [property, schema] of Object.entries(properties)) {
    const field = declared(schema, `${name}.${property}`, schema['x-kubernetes-embedded-resource'] ?? false)
    if (!field) continue
    const identifier = escapeName(property)
    if (identifier !== undefined) fields.set(identifier, { type: field.type, property })
    if (required.includes(property) && schema.default === undefined) bytesMin += property.length + field.bytesMin + 4
  }
  return { type: { kind: 'object', name, fields, sizeMax: 0 }, bytesMin }
}

function textOf({ format, maxLength, enum: choices }: StructuralSchema): Declared {
  if (format === 'byte')
    return { type: { kind: 'bytes', sizeMax: Math.max(0, maxLength ?? requestBytes - 2) }, bytesMin: 2 }
  if (format === 'duration') return { type: { kind: 'duration', sizeMax: 32 }, bytesMin: 3 }
  if (format === 'date') return { type: { kind: 'timestamp', sizeMax: 12 }, bytesMin: 12 }
  if (format === 'date-time') return { type: { kind: 'timestamp', sizeMax: 32 }, bytesMin: 21 }
  return { type: { kind: 'string', sizeMax: textSize(maxLength, choices) }, bytesMin: 2 }
}

function textSize(maxLength: number | undefined, choices: readonly unknown[] | undefined): number {
  // A code point takes up to four bytes.
  if (maxLength !== undefined) return Math.max(0, maxLength) * 4
  if (!choices || choices.length === 0) return requestBytes - 2
  return Math.max(0, ...choices.map((choice) => (typeof choice === 'string' ? Buffer.byteLength(choice) : 0)))
}
