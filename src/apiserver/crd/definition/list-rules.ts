/** How lists and objects of a schema may be merged (`x-kubernetes-list-type` and the like). */
import type { FieldError } from '../../../api/errors.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { forbidden, invalid, notSupported, required } from '../../registry/validation/field.ts'
import { schemaOf } from '../schema/type.ts'
import { goItems } from './go-schema.ts'

export function mapErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const mapType = schema['x-kubernetes-map-type']
  if (mapType === undefined) return []
  const errors = mustBe(schema, path, 'object', 'must be object if x-kubernetes-map-type is specified')
  if (mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
  return errors
}

export function listErrors(schema: JSONSchemaProps, path: string, atomicSets: boolean): FieldError[] {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const at = `${path}.x-kubernetes-list-type`
  const errors: FieldError[] = []
  if (listType !== undefined) {
    const wrongType = mustBe(schema, path, 'array', 'must be array if x-kubernetes-list-type is specified')
    errors.push(...wrongType)
    if (wrongType.length === 0 && atomicSets && listType === 'set') errors.push(...setItemErrors(schema, path))
    if (!['atomic', 'set', 'map'].includes(listType)) errors.push(notSupported(at, listType, ['atomic', 'set', 'map']))
  }
  const why = 'must be map if x-kubernetes-list-map-keys is non-empty'
  if (keys.length > 0 && listType !== 'map')
    errors.push(listType === undefined ? required(at, why) : invalid(at, listType, why))
  return listType === 'map' ? [...errors, ...mapListErrors(schema, path, keys)] : errors
}

/** Items named by keys: which of their members are keys, and that each item has them. */
export function keyErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type']
  const items = schemaOf(schema.items)
  if (!items || (listType !== 'set' && listType !== 'map')) return []
  const errors: FieldError[] = []
  if (items.nullable)
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`))
  if (listType === 'set') return errors
  const required_ = new Set(items.required)
  const member = 'this property is in x-kubernetes-list-map-keys, so it'
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = propertyOf(items, key)
    const at = `${path}.items.properties[${key}]`
    if (!property) continue
    if (!required_.has(key) && (property.default === undefined || property.default === null))
      errors.push(required(`${at}.default`, `${member} must have a default or be a required property`))
    if (property.nullable) errors.push(forbidden(`${at}.nullable`, `${member} cannot be nullable`))
  }
  return errors
}

function mustBe({ type = '' }: JSONSchemaProps, path: string, wanted: string, why: string): FieldError[] {
  if (type === wanted) return []
  return type === '' ? [required(`${path}.type`, why)] : [invalid(`${path}.type`, type, why)]
}

function setItemErrors(schema: JSONSchemaProps, path: string): FieldError[] {
  const items = schemaOf(schema.items)
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items?.['x-kubernetes-list-type']
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalid(`${path}.items.x-kubernetes-list-type`, listType, why)]
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalid(`${path}.items.x-kubernetes-map-type`, listType ?? null, why)]
  return []
}

function mapListErrors(schema: JSONSchemaProps, path: string, keys: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  const items = schemaOf(schema.items)
  const at = `${path}.x-kubernetes-list-map-keys`
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'))
  if (schema.items === undefined)
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'))
  else if (!items)
    errors.push(
      invalid(
        `${path}.items`,
        goItems(schema.items),
        'must only have a single schema if x-kubernetes-list-type is map',
      ),
    )
  if (!items) return errors
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map"
    return [...errors, invalid(`${path}.items.type`, items.type ?? '', why)]
  }
  for (const [index, key] of keys.entries()) {
    const property = propertyOf(items, key)
    if (!property) errors.push(invalid(at, keys, 'entries must all be names of item properties'))
    else if (property.type === 'array' || property.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, why))
    }
    if (keys.indexOf(key) < index) errors.push(invalid(at, keys, 'must not contain duplicate entries'))
  }
  return errors
}

function propertyOf({ properties }: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined
}
