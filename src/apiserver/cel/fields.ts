/** Fields and elements of values, as `.`, `[]`, `has` and their optional forms reach them. */
import {
  CelError,
  CelList,
  CelMap,
  CelObject,
  Duration,
  nameOfType,
  none,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from './values.ts'

/** Throws `CelError`. */
export function selectField(value: Value, field: string): Value {
  if (value instanceof Optional) return optionally(value, field)
  const found = find(value, field)
  if (found !== undefined) return found
  throw new CelError(`no such key: ${field}`)
}

/** Throws `CelError`. */
export function selectIndex(value: Value, index: Value): Value {
  if (value instanceof Optional) return optionally(value, index)
  const found = find(value, index)
  if (found !== undefined) return found
  if (value instanceof CelList) {
    if (indexOf(index) === undefined) throw new CelError(`unsupported index type '${nameOfType(index)}' in list`)
    throw new CelError(`index out of bounds: ${describe(index)}`)
  }
  throw new CelError(`no such key: ${describe(index)}`)
}

/** `value.?field` and `value[?index]`. */
export function selectOptional(value: Value, index: Value): Value {
  if (value instanceof Optional) return optionally(value, index)
  const found = find(value, index)
  return found === undefined ? none : new Optional(found)
}

export function testField(value: Value, field: string): boolean {
  if (value instanceof Optional) return value.value !== undefined && testField(value.value, field)
  if (value instanceof CelObject) return value.has(field)
  return value instanceof CelMap && value.get(field) !== undefined
}

function optionally(optional: Optional, index: Value): Value {
  if (optional.value === undefined) return none
  if (!isContainer(optional.value) && !(optional.value instanceof Optional))
    throw new CelError(`no such key: ${describe(index)}`)
  return selectOptional(optional.value, index)
}

function isContainer(value: Value): boolean {
  return value instanceof CelMap || value instanceof CelObject || value instanceof CelList
}

function find(value: Value, key: Value): Value | undefined {
  if (value instanceof CelMap) return value.get(key)
  if (value instanceof CelObject) return typeof key === 'string' ? value.get(key) : undefined
  if (!(value instanceof CelList)) return undefined
  const index = indexOf(key)
  return index !== undefined && index >= 0 && index < value.size ? value.at(index) : undefined
}

function indexOf(key: Value): number | undefined {
  if (typeof key === 'bigint') return Number(key)
  if (key instanceof Uint) return Number(key.value)
  return typeof key === 'number' && Number.isInteger(key) ? key : undefined
}

/** A value as error messages show it. */
export function describe(value: Value): string {
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Duration || value instanceof Timestamp) return String(value.nanos)
  return typeof value === 'object' && value !== null ? '<value>' : String(value)
}
