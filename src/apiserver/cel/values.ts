/**
 * What an expression computes with: int is a bigint, double a number, string and bool are JavaScript's own, everything
 * else a class below. Lists and maps over JSON convert what is touched and nothing else.
 */
import { type CelType, type ListMerge, typeName } from './types.ts'

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint
  | Uint8Array
  | Duration
  | Timestamp
  | CelList
  | CelMap
  | CelObject
  | TypeValue
  | Optional
  | Opaque

/** Why an expression has no value. Logical operators may make up for it, nothing else does. */
export class CelError {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

export const noSuchOverload = 'no such overload'

export const int64Max = 2n ** 63n - 1n
export const int64Min = -(2n ** 63n)
export const uint64Max = 2n ** 64n - 1n

export class Uint {
  readonly value: bigint

  constructor(value: bigint) {
    this.value = value
  }
}

export class Duration {
  readonly nanos: bigint

  /** Throws `CelError` beyond what 64 bits of nanoseconds hold. */
  constructor(nanos: bigint) {
    if (nanos > int64Max || nanos < int64Min) throw new CelError('integer overflow')
    this.nanos = nanos
  }
}

const earliestSecond = -62135596800n
const latestSecond = 253402300799n

export class Timestamp {
  /** Since 1970. */
  readonly nanos: bigint
  /** East of UTC, as it was written. */
  readonly offsetMinutes: number

  /** Throws `CelError` outside the years 1 to 9999. */
  constructor(nanos: bigint, offsetMinutes = 0) {
    if (nanos < earliestSecond * 1_000_000_000n || nanos >= (latestSecond + 1n) * 1_000_000_000n)
      throw new CelError('timestamp overflow')
    this.nanos = nanos
    this.offsetMinutes = offsetMinutes
  }
}

export class TypeValue {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export class Optional {
  readonly value: Value | undefined

  constructor(value?: Value) {
    this.value = value
  }
}

export const none = new Optional()

export abstract class CelList {
  abstract readonly size: number
  /** Of lists whose order means nothing. */
  readonly merge: ListMerge | undefined
  abstract at(index: number): Value

  *[Symbol.iterator](): IterableIterator<Value> {
    for (let index = 0; index < this.size; index++) yield this.at(index)
  }
}

/** Several lists may share one array, each seeing its own first part of it: appending to the longest costs no copy. */
export class Items extends CelList {
  readonly #items: Value[]
  readonly size: number

  override readonly merge: ListMerge | undefined

  /** The array becomes the list's own. */
  constructor(items: Value[], merge?: ListMerge) {
    super()
    this.#items = items
    this.size = items.length
    this.merge = merge
  }

  override at(index: number): Value {
    return this.#items[index]!
  }

  /** Undefined when others have appended before. */
  append(more: CelList): Items | undefined {
    if (this.#items.length !== this.size) return undefined
    for (const item of more) this.#items.push(item)
    return new Items(this.#items)
  }
}

export class Joined extends CelList {
  readonly #left: CelList
  readonly #right: CelList
  readonly size: number
  readonly depth: number

  constructor(left: CelList, right: CelList) {
    super()
    this.#left = left
    this.#right = right
    this.size = left.size + right.size
    this.depth = 1 + Math.max(depthOf(left), depthOf(right))
  }

  override at(index: number): Value {
    return index < this.#left.size ? this.#left.at(index) : this.#right.at(index - this.#left.size)
  }
}

export function depthOf(list: CelList): number {
  return list instanceof Joined ? list.depth : 0
}

export type MapKey = string | bigint | boolean | Uint | number

export abstract class CelMap {
  abstract readonly size: number
  abstract get(key: Value): Value | undefined
  abstract keys(): Iterable<Value>
}

/** A map that an expression made. */
export class Entries extends CelMap {
  protected readonly entries: Map<string | bigint | boolean, { key: Value; value: Value }>

  constructor(entries: Map<string | bigint | boolean, { key: Value; value: Value }> = new Map()) {
    super()
    this.entries = entries
  }

  get size(): number {
    return this.entries.size
  }

  override get(key: Value): Value | undefined {
    const plain = plainKey(key)
    return plain === undefined ? undefined : this.entries.get(plain)?.value
  }

  override *keys(): Iterable<Value> {
    for (const { key } of this.entries.values()) yield key
  }

  /**
   * To be called only by who made it and has not handed it on. Throws `CelError` for a key that can't be, and for one
   * that is there when `duplicate` says what is wrong with that; else the last value stays.
   */
  insert(key: Value, value: Value, duplicate?: (key: Value) => string): void {
    const plain = typeof key === 'number' ? undefined : plainKey(key)
    if (plain === undefined) throw new CelError(`unsupported key type`)
    if (duplicate && this.entries.has(plain)) throw new CelError(duplicate(key))
    this.entries.set(plain, { key, value })
  }
}

/** Numbers that are equal are the same key. */
function plainKey(key: Value): string | bigint | boolean | undefined {
  if (typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean') return key
  if (key instanceof Uint) return key.value
  if (typeof key === 'number' && Number.isInteger(key)) return BigInt(key)
  return undefined
}

/** A value with named fields. */
export abstract class CelObject {
  abstract readonly typeName: string
  /** How many fields it has. */
  abstract readonly size: number
  /** Undefined when there is no such field, or it is not set. Throws `CelError`. */
  abstract get(field: string): Value | undefined
  abstract has(field: string): boolean
  /** Names of the fields that are set. */
  abstract fields(): Iterable<string>
}

/** A value of a type that a library brings. */
export abstract class Opaque {
  abstract readonly typeName: string
  abstract equals(other: Value): boolean
  /** For the cost of working on it. */
  readonly size: number = 1
}

const namesOfTypes = new Map<unknown, string>([
  [Uint, 'uint'],
  [Duration, 'google.protobuf.Duration'],
  [Timestamp, 'google.protobuf.Timestamp'],
  [TypeValue, 'type'],
  [Optional, 'optional_type'],
])

/** The name of a value's type at run time: lists and maps do not say of what. */
export function nameOfType(value: Value): string {
  if (value === null) return 'null_type'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
  }
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof CelList) return 'list'
  if (value instanceof CelMap) return 'map'
  if (value instanceof CelObject || value instanceof Opaque) return value.typeName
  return namesOfTypes.get(value.constructor) ?? 'unknown'
}

/** The run-time name of a declared type. */
export function nameOfDeclared(type: CelType): string {
  switch (type.kind) {
    case 'list':
    case 'map':
    case 'type':
      return type.kind
    case 'null':
      return 'null_type'
    case 'opaque':
      return type.name
    default:
      return typeName(type)
  }
}

/** Code points of a string, bytes, items, entries, fields; 1 for what has no length. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return codePoints(value)
  if (value instanceof Uint8Array) return value.length
  if (value instanceof CelList || value instanceof CelMap || value instanceof CelObject || value instanceof Opaque)
    return value.size
  if (value instanceof Optional && value.value !== undefined) return sizeOf(value.value)
  return 1
}

export function codePoints(text: string): number {
  let pairs = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0xd800 && unit < 0xdc00) pairs++
  }
  return text.length - pairs
}
