/** Small questions about plain JSON data that every kind of patch asks. */

import { limits } from '../../limits.ts'
import { badRequest } from '../errors.ts'

export type JsonObject = { [key: string]: unknown }

/** Stands where a number stood whose text says more than JavaScript's number of it (see `codec/written-number.ts`). */
export class WrittenNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.text)
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
}

/** Equality of JSON values: key order does not matter, order in lists does. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]))
  }
  if (a instanceof WrittenNumber) return b instanceof WrittenNumber && a.text === b.text
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
}

/**
 * Sets a member as data: `__proto__` becomes an ordinary key instead of changing the object's prototype.
 */
export function setMember(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[key] = value
  }
}

/** The own member, never one inherited from Object.prototype. */
export function member(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** A Go-like name of a JSON type, for messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

/** Refuses (400) values nested deeper than `limits.jsonDepthMax`, so that the recursive walks below can't overflow. */
export function assertDepth(value: unknown): void {
  if (isDeeper(value, limits.jsonDepthMax)) throw badRequest('error decoding patch: exceeded max depth')
}

function isDeeper(value: unknown, levels: number): boolean {
  if (levels < 0) return true
  if (typeof value !== 'object' || value === null) return false
  const members = Array.isArray(value) ? value : Object.values(value)
  for (const each of members) if (isDeeper(each, levels - 1)) return true
  return false
}
