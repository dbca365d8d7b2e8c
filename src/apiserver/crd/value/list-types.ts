/**
 * Lists of type set have no equal items, lists of type map no items with equal keys.
 * Source: apiextensions-apiserver's `schema/listtype`.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isObject, type JsonObject, member } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { part } from '../../../platform/turn.ts'
import { duplicate, invalid } from '../../registry/validation/field.ts'
import { schemaOf } from '../schema/type.ts'
import { sortedMembers } from './result.ts'

export function validateListTypes(schema: JSONSchemaProps, value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = []
  visit(schema, value, path, errors)
  return errors
}

function visit(schema: JSONSchemaProps, value: unknown, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) visitList(schema, value, path, errors)
  else if (isObject(value)) visitObject(schema, value, path, errors)
}

function visitObject(schema: JSONSchemaProps, object: JsonObject, path: string, errors: FieldError[]): void {
  const { properties, additionalProperties: others } = schema
  for (const key of Object.keys(object)) {
    if (typeof others === 'object' && others !== null) visit(others, object[key], `${path}[${key}]`, errors)
    const property = properties && Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property) visit(property, object[key], path === '' ? key : `${path}.${key}`, errors)
  }
}

function visitList(schema: JSONSchemaProps, items: unknown[], path: string, errors: FieldError[]): void {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') for (const index of repeated(items)) errors.push(duplicate(`${path}[${index}]`, items[index]))
  else if (type === 'map') errors.push(...repeatedKeys(schema, items, path))
  const element = schemaOf(schema.items)
  if (element) for (const [index, item] of items.entries()) visit(element, item, `${path}[${index}]`, errors)
}

function repeatedKeys(schema: JSONSchemaProps, items: unknown[], path: string): FieldError[] {
  for (const [index, item] of items.entries()) {
    if (item === null || isObject(item)) continue
    return [invalid(`${path}[${index}]`, item, 'must be an object for an array of list-type map')]
  }
  const keys = items.map((item) => keysOf(item, schema['x-kubernetes-list-map-keys'] ?? []))
  return repeated(keys).map((index) => duplicate(`${path}[${index}]`, keys[index]))
}

function keysOf(item: unknown, names: readonly string[]): JsonObject {
  const keys: JsonObject = {}
  if (!isObject(item)) return keys
  for (const name of names) {
    const value = member(item, name)
    if (value !== undefined) keys[name] = value
  }
  return keys
}

/** Where values stand for the second time; further repetitions of the same one are not named. */
function repeated(values: readonly unknown[]): number[] {
  return part(values.length * comparedMicroseconds, () => {
    const times = new Map<unknown, number>()
    const found: number[] = []
    for (const [index, value] of values.entries()) {
      const compared = typeof value === 'object' ? JSON.stringify(sortedMembers(value)) : JSON.stringify(value)
      const count = (times.get(compared) ?? 0) + 1
      times.set(compared, count)
      if (count === 2) found.push(index)
    }
    return found
  })
}

const comparedMicroseconds = 1
