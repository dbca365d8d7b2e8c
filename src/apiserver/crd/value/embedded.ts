/**
 * Objects within objects (`x-kubernetes-embedded-resource`) have a kind, an API version and valid metadata.
 * Source: apiextensions-apiserver's `schema/objectmeta`.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label, isPathSegmentName } from '../../../api/names.ts'
import { isObject, type JsonObject } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import type { ObjectMeta } from '../../../api/types/meta/v1.ts'
import { validateMetadata } from '../../registry/metadata.ts'
import { invalid, required } from '../../registry/validation/field.ts'
import { schemaOf } from '../schema/type.ts'

/** The value itself counts when its schema says so. */
export function validateEmbedded(schema: JSONSchemaProps, value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = []
  if (hasEmbedded(schema)) visit(schema, value, path, errors)
  return errors
}

const known = new WeakMap<JSONSchemaProps, boolean>()

/** Most schemas have none anywhere, and then no object is walked. */
function hasEmbedded(schema: JSONSchemaProps): boolean {
  const answer = known.get(schema)
  if (answer !== undefined) return answer
  const items = schemaOf(schema.items)
  const others = schema.additionalProperties
  const found =
    schema['x-kubernetes-embedded-resource'] === true ||
    (items !== undefined && hasEmbedded(items)) ||
    (typeof others === 'object' && others !== null && hasEmbedded(others)) ||
    Object.values(schema.properties ?? {}).some(hasEmbedded)
  known.set(schema, found)
  return found
}

function visit(schema: JSONSchemaProps, value: unknown, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const element = schemaOf(schema.items)
    if (element) for (const [index, item] of value.entries()) visit(element, item, `${path}[${index}]`, errors)
    return
  }
  if (!isObject(value)) return
  if (schema['x-kubernetes-embedded-resource']) errors.push(...objectErrors(value, path))
  const { properties, additionalProperties: others } = schema
  for (const key of Object.keys(value)) {
    const property = properties && Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property) visit(property, value[key], child(path, key), errors)
    else if (typeof others === 'object' && others !== null) visit(others, value[key], `${path}[${key}]`, errors)
  }
}

function objectErrors(object: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!Object.hasOwn(object, 'apiVersion')) errors.push(required(child(path, 'apiVersion')))
  if (!Object.hasOwn(object, 'kind')) errors.push(required(child(path, 'kind')))
  const { apiVersion, kind, metadata } = object
  if (apiVersion !== undefined) errors.push(...apiVersionErrors(apiVersion, child(path, 'apiVersion')))
  if (kind !== undefined) errors.push(...kindErrors(kind, child(path, 'kind')))
  if (metadata !== undefined) errors.push(...metadataErrors(metadata, child(path, 'metadata')))
  return errors
}

function apiVersionErrors(value: unknown, path: string): FieldError[] {
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  if (value.split('/').length > 2) return [invalid(path, value, `unexpected GroupVersion string: ${value}`)]
  return []
}

function kindErrors(value: unknown, path: string): FieldError[] {
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  const problems = isDns1035Label(value.toLowerCase())
  const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`
  return problems.length > 0 ? [invalid(path, value, detail)] : []
}

function metadataErrors(value: unknown, path: string): FieldError[] {
  if (!isObject(value)) return [invalid(path, value, 'must be an object')]
  const metadata = { ...value, name: value.name || 'fakename' } as ObjectMeta
  const errors = validateMetadata(metadata, {
    namespaced: Boolean(metadata.namespace),
    validateName: isPathSegmentName,
  })
  return errors.map((error) => ({ ...error, path: error.path.replace(/^metadata/, path) }))
}

function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
