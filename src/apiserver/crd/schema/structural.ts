/**
 * Whether a schema is structural: every field has a type outside of `allOf`, `anyOf`, `oneOf` and `not`, which then only
 * say more about values.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema,
 * apiextensions-apiserver's `schema/validation.go` and `schema/complete.go`.
 */
import { type FieldError, fieldErrorText } from '../../../api/errors.ts'
import { jsonEqual } from '../../../api/patch/json-value.ts'
import { compilePattern, PatternError } from '../../../api/pattern.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { part } from '../../../platform/turn.ts'
import { forbidden, invalid, required } from '../../registry/validation/field.ts'
import { schemaOf } from './type.ts'

type Level = 'root' | 'item' | 'field'

/** Sorted by their texts, as upstream has them. */
export function structuralErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors = [...invariants({ schema, path, level: 'root' }), ...completeness(schema, schema, path, path)]
  return errors
    .map((error) => ({ error, text: fieldErrorText(error) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ error }) => error)
}

/** A part of JSON schema that custom resources do not have; undefined when there is none. */
export function unsupportedPart(schema: JSONSchemaProps): string | undefined {
  if (schema.id) return "OpenAPIV3Schema 'id' is not supported"
  if (schema.$schema) return "OpenAPIV3Schema 'schema' is not supported"
  if (schema.$ref) return "OpenAPIV3Schema '$ref' is not supported"
  for (const part of ['patternProperties', 'dependencies', 'definitions'] as const) {
    if (Object.keys(schema[part] ?? {}).length > 0) return `OpenAPIV3Schema '${part}' is not supported`
  }
  if (schema.additionalItems !== undefined) return "OpenAPIV3Schema 'additionalItems' is not supported"
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  if (Array.isArray(schema.items) && schema.items.length > 0)
    return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  return undefined
}

interface Node {
  schema: JSONSchemaProps
  path: string
  level: Level
}

function invariants({ schema, path, level }: Node): FieldError[] {
  const errors: FieldError[] = []
  const items = schemaOf(schema.items)
  if (schema.type === 'array' && !items) errors.push(required(`${path}.items`, 'must be specified'))
  if (items) errors.push(...invariants({ schema: items, path: `${path}.items`, level: 'item' }))
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...invariants({ schema: property, path: `${path}.properties[${name}]`, level: 'field' }))
  errors.push(...otherMembers({ schema, path, level }), ...extensionErrors(schema, path))
  errors.push(...valueErrors(schema, path, intOrStringPattern(schema)))
  errors.push(...typeErrors({ schema, path, level }), ...metadataErrors({ schema, path, level }))
  const { properties = {} } = schema
  const isBare = !schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(properties).length === 0
  if (schema['x-kubernetes-embedded-resource'] && isBare) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.push(required(`${path}.properties`, why))
  }
  return errors
}

function otherMembers({ schema, path, level }: Node): FieldError[] {
  const others = schema.additionalProperties
  if (others === undefined || others === null) return []
  const at = `${path}.additionalProperties`
  const errors = level === 'root' ? [forbidden(at, 'must not be used at the root')] : []
  if (typeof others === 'object') errors.push(...invariants({ schema: others, path: at, level: 'field' }))
  if (schema['x-kubernetes-embedded-resource'])
    errors.push(forbidden(at, 'must not be used if x-kubernetes-embedded-resource is set'))
  return errors
}

function extensionErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return []
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((extension) => schema[extension])
    .map((extension) => invalid(`${path}.${extension}`, true, 'must be false if x-kubernetes-int-or-string is true'))
}

const missingType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function typeErrors({ schema, path, level }: Node): FieldError[] {
  const { type = '' } = schema
  const at = `${path}.type`
  const errors: FieldError[] = []
  const untyped = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields']
  if (schema['x-kubernetes-embedded-resource'] && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type === '' ? required(at, why) : invalid(at, type, why))
  } else if (type === '' && !untyped) errors.push(required(at, missingType[level]))
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(at, type, 'must be object at the root'))
  return errors
}

/** An object's own fields are implied; a schema may only say more about its name. */
function metadataErrors({ schema, path, level }: Node): FieldError[] {
  const errors: FieldError[] = []
  const isObject = level === 'root' || schema['x-kubernetes-embedded-resource']
  const { kind, apiVersion, metadata } = schema.properties ?? {}
  if (!isObject) return errors
  for (const [name, property] of Object.entries({ kind, apiVersion })) {
    if (property && property.type !== 'string')
      errors.push(invalid(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'))
  }
  if (!metadata) return errors
  const at = `${path}.properties[metadata]`
  if (metadata.type !== 'object') errors.push(invalid(`${at}.type`, metadata.type ?? '', 'must be object'))
  if (level === 'root' && !saysOnlyNames(metadata)) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    errors.push(forbidden(at, why))
  }
  return errors
}

function saysOnlyNames({ type: _type, default: _default, ...rest }: JSONSchemaProps): boolean {
  const { properties = {}, ...others } = rest
  const names = Object.keys(properties)
  const onlyNames = names.every((name) => name === 'name' || name === 'generateName')
  return onlyNames && Object.keys(withoutNothings(others)).length === 0
}

/** Which alternatives may name types, because they only spell out `x-kubernetes-int-or-string`. */
interface Skip {
  anyOf: boolean
  firstAllOf: boolean
}

const spelledOut = [{ type: 'integer' }, { type: 'string' }]
const skipNothing: Skip = { anyOf: false, firstAllOf: false }

function intOrStringPattern(schema: JSONSchemaProps): Skip {
  return { anyOf: isSpelledOut(schema.anyOf), firstAllOf: isSpelledOut(schema.allOf?.[0]?.anyOf) }
}

/** Fields that upstream holds by pointer: an empty text or false is something there. */
const pointers: ReadonlySet<string> = new Set([
  'default',
  'additionalProperties',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
])

/** Without what is as good as not said here. */
function withoutNothings(schema: JSONSchemaProps): JSONSchemaProps {
  const said = Object.entries(schema).filter(([name, value]) => {
    if (['enum', 'allOf', 'anyOf', 'oneOf'].includes(name)) return (value as unknown[]).length > 0
    if (value === false || value === '') return pointers.has(name)
    return value !== null && !isEmptyPart(name, value)
  })
  return Object.fromEntries(said)
}

/** Parts that custom resources do not have, empty. */
function isEmptyPart(name: string, value: unknown): boolean {
  if (name === 'items') return Array.isArray(value) && value.length === 0
  const isPart = ['patternProperties', 'dependencies', 'definitions'].includes(name)
  return isPart && typeof value === 'object' && Object.keys(value as object).length === 0
}

function isSpelledOut(alternatives: readonly JSONSchemaProps[] = []): boolean {
  return (
    alternatives.length === spelledOut.length &&
    alternatives.every(({ additionalProperties: others, ...each }, index) => {
      const said = withoutNothings(others ? { ...each, additionalProperties: others } : each)
      return jsonEqual(said, spelledOut[index])
    })
  )
}

function valueErrors(schema: JSONSchemaProps, path: string, skip: Skip): FieldError[] {
  const errors: FieldError[] = []
  const nested = (alternatives: readonly JSONSchemaProps[] | undefined, name: string): void => {
    for (const [index, alternative] of (alternatives ?? []).entries()) {
      const anyOf = name === 'allOf' && index === 0 && skip.firstAllOf
      errors.push(...nestedErrors(alternative, `${path}.${name}[${index}]`, { ...skipNothing, anyOf }))
    }
  }
  if (!skip.anyOf) nested(schema.anyOf, 'anyOf')
  nested(schema.allOf, 'allOf')
  nested(schema.oneOf, 'oneOf')
  if (schema.not) errors.push(...nestedErrors(schema.not, `${path}.not`, skipNothing))
  const problem = schema.pattern ? patternProblem(schema.pattern) : undefined
  if (problem !== undefined) {
    const detail = `must be a valid regular expression, but isn't: ${problem}`
    errors.push(invalid(`${path}.pattern`, schema.pattern, detail))
  }
  return errors
}

function patternProblem(pattern: string): string | undefined {
  try {
    part(100 + pattern.length, () => compilePattern(pattern))
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}

function nestedErrors(schema: JSONSchemaProps, path: string, skip: Skip): FieldError[] {
  const errors = valueErrors(schema, path, skip)
  const items = schemaOf(schema.items)
  if (items) errors.push(...nestedErrors(items, `${path}.items`, skipNothing))
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...nestedErrors(property, `${path}.properties[${name}]`, skipNothing))
  for (const [name, isSet, rule] of nestedParts) {
    if (isSet(schema)) errors.push(forbidden(`${path}.${name}`, `must be ${rule} to be structural`))
  }
  if (schema.properties && Object.hasOwn(schema.properties, 'metadata'))
    errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
  return errors
}

const nestedParts: readonly [string, (schema: JSONSchemaProps) => boolean, string][] = [
  ['type', ({ type }) => Boolean(type), 'empty'],
  ['additionalProperties', ({ additionalProperties: others }) => Boolean(others), 'undefined'],
  ['default', ({ default: value }) => value !== undefined && value !== null, 'undefined'],
  ['title', ({ title }) => Boolean(title), 'empty'],
  ['description', ({ description }) => Boolean(description), 'empty'],
  ['nullable', ({ nullable }) => nullable === true, 'false'],
  ...(['preserve-unknown-fields', 'embedded-resource', 'int-or-string'] as const).map((extension) => {
    const name = `x-kubernetes-${extension}` as const
    return [name, (schema: JSONSchemaProps) => schema[name] === true, 'false'] as [
      string,
      (s: JSONSchemaProps) => boolean,
      string,
    ]
  }),
  ['x-kubernetes-list-map-keys', (schema) => (schema['x-kubernetes-list-map-keys'] ?? []).length > 0, 'empty'],
  ['x-kubernetes-list-type', (schema) => schema['x-kubernetes-list-type'] !== undefined, 'undefined'],
  ['x-kubernetes-map-type', (schema) => schema['x-kubernetes-map-type'] !== undefined, 'undefined'],
  ['x-kubernetes-validations', (schema) => (schema['x-kubernetes-validations'] ?? []).length > 0, 'empty'],
]

/** What alternatives say about fields must have a type outside of them. */
function completeness(
  values: JSONSchemaProps,
  schema: JSONSchemaProps | undefined,
  path: string,
  valuesPath: string,
): FieldError[] {
  if (!schema) return [required(path, `because it is defined in ${valuesPath}`)]
  const errors: FieldError[] = []
  if (values.not) errors.push(...nestedCompleteness(values.not, schema, path, `${valuesPath}.not`))
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, alternative] of (values[name] ?? []).entries())
      errors.push(...nestedCompleteness(alternative, schema, path, `${valuesPath}.${name}[${index}]`))
  }
  return errors
}

function nestedCompleteness(
  values: JSONSchemaProps,
  schema: JSONSchemaProps | undefined,
  path: string,
  valuesPath: string,
): FieldError[] {
  if (!schema) return [required(path, `because it is defined in ${valuesPath}`)]
  const errors = completeness(values, schema, path, valuesPath)
  const items = schemaOf(values.items)
  if (items) errors.push(...nestedCompleteness(items, schemaOf(schema.items), `${path}.items`, `${valuesPath}.items`))
  for (const [name, property] of Object.entries(values.properties ?? {})) {
    const at = `.properties[${name}]`
    const own = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    errors.push(...nestedCompleteness(property, own, path + at, valuesPath + at))
  }
  return errors
}
