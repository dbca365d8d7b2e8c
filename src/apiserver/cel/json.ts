/** From JSON to what expressions compute with, and back. Only what an expression touches is converted. */
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './library/time-text.ts'
import { type CelType, dynType, type ListMerge, type ObjectType } from './types.ts'
import {
  CelError,
  CelList,
  CelMap,
  CelObject,
  Duration,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** `json` must not change while the value is in use. Throws `CelError` for a text that is not of the declared format. */
export function toCel(json: unknown, type: CelType = dynType): Value {
  if (json === null || json === undefined) return null
  if (typeof json === 'boolean') return json
  if (typeof json === 'number') return numberOf(json, type)
  if (typeof json === 'bigint') return json
  if (typeof json === 'string') return textOf(json, type)
  if (Array.isArray(json))
    return type.kind === 'list' ? new JsonList(json, type.element, type.merge) : new JsonList(json, dynType)
  if (type.kind === 'object') return new JsonObjectValue(json as JsonObject, type)
  return new JsonMap(json as JsonObject, type.kind === 'map' ? type.value : dynType)
}

function numberOf(json: number, { kind }: CelType): Value {
  if (kind === 'double') return json
  if (kind === 'uint') return new Uint(BigInt(json))
  return Number.isInteger(json) ? BigInt(json) : json
}

function textOf(json: string, { kind }: CelType): Value {
  if (kind === 'bytes') return new Uint8Array(Buffer.from(json, 'base64'))
  if (kind === 'duration') return parseDuration(json)
  if (kind === 'timestamp') return parseTimestamp(/^\d{4}-\d{2}-\d{2}$/.test(json) ? `${json}T00:00:00Z` : json)
  return json
}

class JsonList extends CelList {
  readonly #items: readonly unknown[]
  readonly #type: CelType
  override readonly merge: ListMerge | undefined

  constructor(items: readonly unknown[], type: CelType, merge?: ListMerge) {
    super()
    this.#items = items
    this.#type = type
    this.merge = merge
  }

  get size(): number {
    return this.#items.length
  }

  override at(index: number): Value {
    return toCel(this.#items[index], this.#type)
  }
}

class JsonMap extends CelMap {
  readonly #json: JsonObject
  readonly #type: CelType
  #size: number | undefined

  constructor(json: JsonObject, type: CelType) {
    super()
    this.#json = json
    this.#type = type
  }

  get size(): number {
    this.#size ??= Object.keys(this.#json).length
    return this.#size
  }

  override get(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#json, key) || this.#json[key] === undefined) return undefined
    return toCel(this.#json[key], this.#type)
  }

  override keys(): Iterable<Value> {
    return Object.keys(this.#json)
  }
}

class JsonObjectValue extends CelObject {
  readonly typeName: string
  readonly #json: JsonObject
  readonly #type: ObjectType

  constructor(json: JsonObject, type: ObjectType) {
    super()
    this.typeName = type.name
    this.#json = json
    this.#type = type
  }

  get size(): number {
    return [...this.fields()].length
  }

  override get(field: string): Value | undefined {
    const declared = this.#type.fields.get(field)
    const property = declared?.property ?? field
    if ((!declared && !this.#type.open) || !Object.hasOwn(this.#json, property) || this.#json[property] === undefined)
      return declared?.absent as Value | undefined
    return toCel(this.#json[property], declared?.type)
  }

  override has(field: string): boolean {
    const declared = this.#type.fields.get(field)
    if (!declared && !this.#type.open) return false
    const property = declared?.property ?? field
    return Object.hasOwn(this.#json, property) && this.#json[property] !== undefined
  }

  override *fields(): Iterable<string> {
    if (this.#type.open) yield* Object.keys(this.#json)
    else for (const field of this.#type.fields.keys()) if (this.has(field)) yield field
  }
}

/** Throws `CelError` for what JSON has no form of. Whole numbers beyond ±2^53 are `bigint`. */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') return exactNumber(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new CelError('JSON has no form of NaN and infinite numbers')
    return value
  }
  if (value instanceof Uint) return exactNumber(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof CelList) return [...value].map(toJson)
  if (value instanceof CelMap) return mapJson(value)
  if (value instanceof CelObject) return objectJson(value)
  const shown =
    value instanceof Opaque
      ? value.typeName
      : value instanceof Optional
        ? 'optional_type'
        : value instanceof TypeValue
          ? 'type'
          : 'value'
  throw new CelError(`JSON has no form of a ${shown}`)
}

function exactNumber(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function mapJson(map: CelMap): JsonObject {
  const entries: [string, unknown][] = []
  for (const key of map.keys()) {
    if (typeof key !== 'string') throw new CelError('JSON has no form of a map whose keys are no strings')
    entries.push([key, toJson(map.get(key)!)])
  }
  return plainObject(entries)
}

function objectJson(object: CelObject): JsonObject {
  return plainObject([...object.fields()].map((field) => [field, toJson(object.get(field)!)]))
}

/** Also a key `__proto__` becomes an entry. */
function plainObject(entries: readonly (readonly [string, unknown])[]): JsonObject {
  return Object.fromEntries(entries)
}
