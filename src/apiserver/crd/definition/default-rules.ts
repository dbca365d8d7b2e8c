/**
 * Defaults fit their own schema.
 * Source: apiextensions-apiserver's `schema/defaulting/validation.go`.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isObject } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { invalid } from '../../registry/validation/field.ts'
import { schemaOf } from '../schema/type.ts'
import { someSchema, visitSchemas } from '../schema/visit.ts'
import { validateEmbedded } from '../value/embedded.ts'
import { fieldErrors, sortedMembers } from '../value/result.ts'
import { validateRules } from '../value/rules.ts'
import { validateValue } from '../value/validate.ts'

/** The rules of the schema's own defaults, of those of its properties and its items. */
export function defaultErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  return [
    // The whole is an object with a kind of its own.
    ...ownErrors({ ...schema, 'x-kubernetes-embedded-resource': true }, `${path}.default`),
    ...errorsBelow(schema, path),
  ]
}

function errorsBelow(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = []
  const errorsOf = (each: JSONSchemaProps, at: string) => [
    ...ownErrors(each, `${at}.default`),
    ...errorsBelow(each, at),
  ]
  const items = schemaOf(schema.items)
  if (items) errors.push(...errorsOf(items, `${path}.items`))
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...errorsOf(property, `${path}.properties[${name}]`))
  return errors
}

function ownErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const { default: value } = schema
  if (value === undefined || value === null) return []
  const errors = keepsAll(schema, value) ? [] : [invalid(path, sortedMembers(value), 'must not have unknown fields')]
  const embedded = validateEmbedded(schema, value, path)
  if (embedded.length > 0) return [...errors, ...embedded]
  const wrong = fieldErrors(validateValue(plainlyTyped(schema), value), path)
  return [...errors, ...(wrong.length > 0 ? wrong : broken(schema, value, path))]
}

/** Of a default, only what a schema of integers or strings spells out is looked at. */
function plainlyTyped(schema: JSONSchemaProps): JSONSchemaProps {
  if (!someSchema(schema, (each) => each['x-kubernetes-int-or-string'] === true)) return schema
  const copy = structuredClone(schema)
  visitSchemas(copy, (each) => delete each['x-kubernetes-int-or-string'])
  return copy
}

/** Rules hold for a default as for a value that stays, and as for a new one. */
function broken(schema: JSONSchemaProps, value: unknown, path: string): FieldError[] {
  const isResource = schema['x-kubernetes-embedded-resource'] ?? false
  const errors = validateRules(schema, value, value, isResource)
  const found = errors.length > 0 ? errors : validateRules(schema, value, undefined, isResource)
  return found.map((error) => ({ ...error, path: joined(path, error.path) }))
}

function joined(path: string, below: string): string {
  if (below === '<nil>') return path
  return below.startsWith('[') ? path + below : `${path}.${below}`
}

const ofEveryObject: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

/** A default with members that its schema does not name would lose them at once. `preserved`: those of lists around. */
function keepsAll(schema: JSONSchemaProps | undefined, value: unknown, preserved = false): boolean {
  const preserves = preserved || schema?.['x-kubernetes-preserve-unknown-fields'] === true
  if (Array.isArray(value)) {
    const items = schemaOf(schema?.items)
    return value.every((item) => (preserves && !items) || keepsAll(items, item, preserves))
  }
  if (!isObject(value)) return true
  return Object.entries(value).every(([name, member]) => {
    if (schema?.['x-kubernetes-embedded-resource'] && ofEveryObject.has(name)) return true
    const { properties, additionalProperties: others } = schema ?? {}
    if (properties && Object.hasOwn(properties, name)) return keepsAll(properties[name], member)
    if (others === undefined || others === null) return preserves
    return keepsAll(typeof others === 'object' ? others : undefined, member)
  })
}
