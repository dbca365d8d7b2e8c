/**
 * Defaults fit their own schema.
 * Source: apiextensions-apiserver's `schema/defaulting/validation.go`.
 */
import { decodeDocument } from '../../../api/codec/json.ts'
import type { FieldError } from '../../../api/errors.ts'
import { jsonEqual } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { invalid } from '../../registry/validation/field.ts'
import { schemaOf, typeOfSchema } from '../schema/type.ts'
import { validateEmbedded } from '../value/embedded.ts'
import { fieldErrors } from '../value/result.ts'
import { validateRules } from '../value/rules.ts'
import { validateValue } from '../value/validate.ts'

/** The rules of the schema's own defaults, of those of its properties and its items. */
export function defaultErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors = ownErrors(schema, `${path}.default`)
  const items = schemaOf(schema.items)
  if (items) errors.push(...defaultErrors(items, `${path}.items`))
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...defaultErrors(property, `${path}.properties[${name}]`))
  return errors
}

function ownErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const { default: value } = schema
  if (value === undefined || value === null) return []
  const errors = isPruned(schema, value) ? [] : [invalid(path, value, 'must not have unknown fields')]
  const embedded = validateEmbedded(schema, value, path)
  if (embedded.length > 0) return [...errors, ...embedded]
  const wrong = fieldErrors(validateValue(schema, value), path)
  return [...errors, ...(wrong.length > 0 ? wrong : broken(schema, value, path))]
}

/** Rules hold for a default as for a value that stays, and as for a new one. */
function broken(schema: JSONSchemaProps, value: unknown, path: string): FieldError[] {
  const isResource = schema['x-kubernetes-embedded-resource'] ?? false
  const errors = validateRules(schema, value, value, isResource)
  const found = errors.length > 0 ? errors : validateRules(schema, value, undefined, isResource)
  return found.map((error) => ({ ...error, path: error.path === '<nil>' ? path : `${path}.${error.path}` }))
}

/** A default with members that its schema does not name would lose them at once. */
function isPruned(schema: JSONSchemaProps, value: unknown): boolean {
  const wrapped = { default: structuredClone(value) }
  const type = typeOfSchema(
    { group: 'default', version: 'v1', kind: 'Default' },
    { type: 'object', properties: { default: schema } },
  )
  decodeDocument(type, { value: wrapped, duplicates: [] })
  return jsonEqual(wrapped.default, value)
}
