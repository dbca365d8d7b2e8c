/**
 * The rules of a schema in a definition: what OpenAPI v3 has and custom resources may use.
 * Source: apiextensions-apiserver's `ValidateCustomResourceDefinitionOpenAPISchema`.
 */
import type { FieldError } from '../../../api/errors.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { forbidden, invalid, notSupported } from '../../registry/validation/field.ts'
import { structuralErrors, unsupportedPart } from '../schema/structural.ts'
import { schemaOf } from '../schema/type.ts'
import { someSchema } from '../schema/visit.ts'
import { defaultErrors } from './default-rules.ts'
import { goSchema } from './go-schema.ts'
import { keyErrors, listErrors, mapErrors } from './list-rules.ts'
import { type Costs, ruleErrors, ruleTexts, totalErrors } from './rule-rules.ts'

/** What of older definitions is no longer allowed in new ones is left alone where it stood before. */
export interface SchemaOptions {
  atomicSets: boolean
  listKeys: boolean
  /** The schema is as it was, so that its rules may cost what they cost. */
  anyCost: boolean
}

export function isTightened(before: readonly JSONSchemaProps[]): Pick<SchemaOptions, 'atomicSets' | 'listKeys'> {
  const noneHas = (wrong: (schema: JSONSchemaProps) => boolean) => !before.some((schema) => someSchema(schema, wrong))
  return {
    atomicSets: noneHas((schema) => listErrors(schema, '', true).some(({ path }) => path.startsWith('.items.'))),
    listKeys: noneHas((schema) => keyErrors(schema, '').length > 0),
  }
}

export function validateSchema(
  schema: JSONSchemaProps,
  path: string,
  hasStatus: boolean,
  options: SchemaOptions,
): FieldError[] {
  const errors = hasStatus ? rootErrors(schema, path) : []
  if (schema.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'))
  const unsupported = firstUnsupported(schema)
  const structural = unsupported === undefined ? structuralErrors(schema, path) : []
  const defaults = unsupported === undefined && structural.length === 0 ? defaultErrors(schema, path) : []
  errors.push(...structural, ...defaults)
  const isSound = unsupported === undefined && structural.length === 0 && defaults.length === 0
  const costs: Costs = { total: 0, largest: [], anyCost: options.anyCost }
  const walk: Walk = { options, costs }
  const found = walked(walk, { ...root, schema, path, rules: isSound ? { cardinality: 1 } : undefined })
  errors.push(...found.schema, ...found.rules)
  if (errors.length === 0 && unsupported !== undefined) errors.push(invalid(path, '', unsupported))
  return [...errors, ...totalErrors(costs, path)]
}

function firstUnsupported(schema: JSONSchemaProps): string | undefined {
  let found: string | undefined
  someSchema(schema, (each) => {
    found = unsupportedPart(each)
    return found !== undefined
  })
  return found
}

const allowedAtRoot = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum'],
  ...['MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items'],
  ...['Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'],
]

/** The status is checked by its own schema alone, so that what the root says of all must not concern it. */
function rootErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const { type = '' } = schema
  if (type !== '' && type !== 'object') {
    const why = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    return [invalid(`${path}.type`, type, why)]
  }
  const other = Object.keys(schema).find((name) => isSet(schema, name) && !allowedAtRoot.includes(goName(name)))
  if (other === undefined) return []
  const why = `only [${allowedAtRoot.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`
  return [invalid(path, goSchema(schema), why)]
}

/** Fields that upstream holds by pointer, so that an empty text or false is something. */
const pointers: ReadonlySet<string> = new Set([
  ...['$ref', 'default', 'additionalItems', 'additionalProperties', 'x-kubernetes-preserve-unknown-fields'],
  ...['x-kubernetes-list-type', 'x-kubernetes-map-type'],
])

function isSet(schema: JSONSchemaProps, name: string): boolean {
  const value = schema[name as keyof JSONSchemaProps]
  if (value === undefined || value === null) return false
  return pointers.has(name) || (value !== false && value !== '')
}

function goName(name: string): string {
  const words = name.replace(/^x-kubernetes-/, 'x-').split('-')
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

interface Walk {
  options: SchemaOptions
  costs: Costs
}

interface Place {
  schema: JSONSchemaProps
  path: string
  isRoot: boolean
  /** Inside the metadata of an object. */
  inMetadata: boolean
  /** Why no defaults may stand here. */
  noDefaults: string | undefined
  /** Where the value can no longer be compared with the one before. */
  uncorrelated: string | undefined
  /** How often the rules here are evaluated at most; undefined where none are checked. */
  rules: { cardinality: number } | undefined
}

const root = { isRoot: true, inMetadata: false, noDefaults: undefined, uncorrelated: undefined } as const

export interface Found {
  schema: FieldError[]
  rules: FieldError[]
}

function walked(walk: Walk, place: Place): Found {
  const { schema, path } = place
  const found: Found = { schema: standardErrors(place), rules: [] }
  if (schema.uniqueItems) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    found.schema.push(forbidden(`${path}.uniqueItems`, why))
  }
  const below = (next: Place): void => {
    const part = walked(walk, next)
    found.schema.push(...part.schema)
    found.rules.push(...part.rules)
  }
  walkMembers(place, found.schema, below)
  walkAlternatives(place, below)
  walkItems(place, below)
  const { options } = walk
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    found.schema.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  found.schema.push(...mapErrors(schema, path), ...listErrors(schema, path, options.atomicSets))
  if (options.listKeys) found.schema.push(...keyErrors(schema, path))
  found.schema.push(...ruleTexts(schema, path))
  if (found.schema.length === 0 && place.rules && (schema['x-kubernetes-validations'] ?? []).length > 0)
    found.rules.push(...ruleErrors(walk.costs, { ...place, rules: place.rules }))
  return found
}

const openApiTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string']

function standardErrors({ schema, path, noDefaults, inMetadata }: Place): FieldError[] {
  const errors: FieldError[] = []
  const { type = '' } = schema
  if (type !== '' && !openApiTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, openApiTypes))
  if (schema.default !== undefined && schema.default !== null && noDefaults !== undefined)
    errors.push(forbidden(`${path}.default`, `must not be set ${noDefaults}`.trim()))
  const refuse = (name: string) => errors.push(forbidden(`${path}.${name}`, `${name} is not supported`))
  if (schema.id) refuse('id')
  if (schema.additionalItems !== undefined) refuse('additionalItems')
  if (Object.keys(schema.patternProperties ?? {}).length > 0) refuse('patternProperties')
  if (Object.keys(schema.definitions ?? {}).length > 0) refuse('definitions')
  if (schema.dependencies !== undefined) refuse('dependencies')
  if (schema.$ref !== undefined) refuse('$ref')
  if (type === 'null')
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
  if (Array.isArray(schema.items) && schema.items.length > 0)
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
  if (inMetadata && schema['x-kubernetes-embedded-resource'])
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
  return errors
}

const metaFields: ReadonlySet<string> = new Set(['metadata', 'kind', 'apiVersion'])

function walkMembers(place: Place, errors: FieldError[], below: (next: Place) => void): void {
  const { schema, path } = place
  const next = { ...place, isRoot: false }
  const others = schema.additionalProperties
  const properties = Object.entries(schema.properties ?? {})
  if (others !== undefined && others !== null) {
    if (properties.length > 0 && others !== true)
      errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
    const noDefaults = place.inMetadata ? 'inside additionalProperties applying to object metadata' : place.noDefaults
    const rules = times(place, schema.maxProperties)
    if (typeof others === 'object')
      below({ ...next, schema: others, path: `${path}.additionalProperties`, noDefaults, rules })
  }
  const uncorrelated = place.uncorrelated ?? (schema['x-kubernetes-map-type'] === 'atomic' ? path : undefined)
  for (const [name, property] of properties) {
    const isMeta = (place.isRoot || schema['x-kubernetes-embedded-resource'] === true) && metaFields.has(name)
    below({
      ...next,
      schema: property,
      path: `${path}.properties[${name}]`,
      uncorrelated,
      inMetadata: place.inMetadata || isMeta,
      noDefaults: isMeta && place.isRoot ? `in top-level ${name}` : place.noDefaults,
    })
  }
}

/** Rules in alternatives are refused elsewhere. */
function walkAlternatives(place: Place, below: (next: Place) => void): void {
  const { schema, path } = place
  const next = { ...place, isRoot: false, rules: undefined }
  if (schema.not) below({ ...next, schema: schema.not, path: `${path}.not` })
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [index, alternative] of (schema[name] ?? []).entries())
      below({ ...next, schema: alternative, path: `${path}.${name}[${index}]` })
  }
  for (const [name, definition] of Object.entries(schema.definitions ?? {}))
    below({ ...next, schema: definition, path: `${path}.definitions[${name}]` })
}

function walkItems(place: Place, below: (next: Place) => void): void {
  const { schema, path } = place
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  const uncorrelated = place.uncorrelated ?? (isMap ? undefined : path)
  const next = { ...place, isRoot: false, uncorrelated, rules: times(place, schema.maxItems) }
  const items = schemaOf(schema.items)
  if (items) below({ ...next, schema: items, path: `${path}.items` })
  if (!Array.isArray(schema.items)) return
  for (const [index, item] of schema.items.entries()) below({ ...next, schema: item, path: `${path}.items[${index}]` })
}

/** No limit stays none, even of a list that may have no items. */
function times({ rules }: Place, count: number | undefined | null): Place['rules'] {
  if (!rules || rules.cardinality === Number.POSITIVE_INFINITY) return rules
  return {
    cardinality:
      count === undefined || count === null ? Number.POSITIVE_INFINITY : rules.cardinality * Math.max(count, 0),
  }
}
