/**
 * Equality and order. Numbers of different types compare by value; values of types that have nothing in common are
 * unequal, never an error. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#equality
 */
import { equalMerging } from './merging.ts'
import {
  CelError,
  CelList,
  CelMap,
  CelObject,
  Duration,
  noSuchOverload,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.ts'

/** Told of every element that is looked at, so that comparing two large values can be interrupted. */
export type Tick = () => void

const noTick: Tick = () => {}

export function equal(left: Value, right: Value, tick: Tick = noTick): boolean {
  tick()
  if (left === right) return true
  if (left === null || right === null) return false
  const number = compareNumbers(left, right)
  if (number !== undefined) return number === 0
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0
  if (left instanceof Duration) return right instanceof Duration && left.nanos === right.nanos
  if (left instanceof Timestamp) return right instanceof Timestamp && left.nanos === right.nanos
  if (left instanceof TypeValue) return right instanceof TypeValue && left.name === right.name
  if (left instanceof CelList) {
    if (!(right instanceof CelList)) return false
    return left.merge ? equalMerging(left.merge, left, right, tick) : equalLists(left, right, tick)
  }
  if (left instanceof CelMap || left instanceof CelObject) return equalRecords(left, right, tick)
  if (left instanceof Optional) return right instanceof Optional && equalOptionals(left, right, tick)
  return left instanceof Opaque && left.equals(right)
}

function equalOptionals(left: Optional, right: Optional, tick: Tick): boolean {
  if (left.value === undefined || right.value === undefined) return left.value === right.value
  return equal(left.value, right.value, tick)
}

function equalLists(left: CelList, right: CelList, tick: Tick): boolean {
  if (left.size !== right.size) return false
  for (let index = 0; index < left.size; index++) if (!equal(left.at(index), right.at(index), tick)) return false
  return true
}

function equalRecords(left: CelMap | CelObject, right: Value, tick: Tick): boolean {
  if (left instanceof CelObject) {
    if (!(right instanceof CelObject)) return false
    const names = [...left.fields()]
    if (names.length !== [...right.fields()].length) return false
    return names.every((name) => right.has(name) && equal(left.get(name)!, right.get(name)!, tick))
  }
  if (!(right instanceof CelMap) || left.size !== right.size) return false
  for (const key of left.keys()) {
    const other = right.get(key)
    if (other === undefined || !equal(left.get(key)!, other, tick)) return false
  }
  return true
}

/** Undefined unless both are numbers; NaN for one that has no order. */
function compareNumbers(left: Value, right: Value): number | undefined {
  let one = left instanceof Uint ? left.value : left
  let other = right instanceof Uint ? right.value : right
  if ((typeof one !== 'bigint' && typeof one !== 'number') || (typeof other !== 'bigint' && typeof other !== 'number'))
    return undefined
  // An integer is compared with a double as the double next to it.
  if (typeof one === 'number') other = Number(other)
  else if (typeof other === 'number') one = Number(one)
  if (one < other) return -1
  if (one > other) return 1
  return Number.isNaN(one) || Number.isNaN(other) ? Number.NaN : 0
}

/** Negative, 0, positive, or NaN where neither is greater. Throws `CelError` for what has no order. */
export function compare(left: Value, right: Value): number {
  const number = compareNumbers(left, right)
  if (number !== undefined) return number
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right)
  const times =
    (left instanceof Duration && right instanceof Duration) || (left instanceof Timestamp && right instanceof Timestamp)
  if (times) return left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0
  throw new CelError(noSuchOverload)
}

/** By code point, which differs from JavaScript's order only where surrogates are. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  let at = 0
  while (at < length && left.charCodeAt(at) === right.charCodeAt(at)) at++
  if (at === length) return left.length - right.length
  const isPair = (text: string) => text.charCodeAt(at) >= 0xd800 && text.charCodeAt(at) < 0xe000
  if (isPair(left) !== isPair(right)) return isPair(left) ? 1 : -1
  return left.charCodeAt(at) - right.charCodeAt(at)
}
