/**
 * Lists: Kubernetes' own functions and CEL's lists library, version 3. What must compare every element with every other
 * is charged for that before it starts.
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library, https://pkg.go.dev/github.com/google/cel-go/ext#Lists
 */
import { compare, equal } from '../compare.ts'
import type { Estimated } from '../estimate.ts'
import { type Costs, declare, type Overload } from '../functions.ts'
import type { Runtime } from '../runtime.ts'
import { add, exactly, listCost, type Range, scaled, textFactor, times } from '../sizes.ts'
import {
  CelError,
  CelList,
  Duration,
  Items,
  int64Max,
  int64Min,
  nameOfType,
  none,
  Optional,
  Uint,
  uint64Max,
  type Value,
} from '../values.ts'
import { scanning } from './costs.ts'

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const summable: Readonly<Record<string, Value>> = { int: 0n, uint: new Uint(0n), double: 0, duration: new Duration(0n) }

function sum(_: Runtime, list: CelList, zero: Value): Value {
  let total = zero
  for (const item of list) total = plus(total, item)
  return total
}

function plus(left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    const value = left + right
    if (value > int64Max || value < int64Min) throw new CelError('integer overflow')
    return value
  }
  if (typeof left === 'number' && typeof right === 'number') return left + right
  if (left instanceof Uint && right instanceof Uint) {
    if (left.value + right.value > uint64Max) throw new CelError('unsigned integer overflow')
    return new Uint(left.value + right.value)
  }
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.nanos + right.nanos)
  throw new CelError('no such overload')
}

function isSorted(_: Runtime, list: CelList): boolean {
  for (let index = 1; index < list.size; index++) if (compare(list.at(index - 1), list.at(index)) > 0) return false
  return true
}

function extreme(sign: 1 | -1): (runtime: Runtime, list: CelList) => Value {
  return (_, list) => {
    if (list.size === 0) throw new CelError(`${sign === 1 ? 'max' : 'min'} called on empty list`)
    let found = list.at(0)
    for (const item of list) if (Math.sign(compare(item, found)) === sign) found = item
    return found
  }
}

function indexOf(runtime: Runtime, list: CelList, wanted: Value): bigint {
  for (let index = 0; index < list.size; index++) if (equal(list.at(index), wanted, runtime.tick)) return BigInt(index)
  return -1n
}

function lastIndexOf(runtime: Runtime, list: CelList, wanted: Value): bigint {
  for (let index = list.size - 1; index >= 0; index--)
    if (equal(list.at(index), wanted, runtime.tick)) return BigInt(index)
  return -1n
}

const kubernetes: readonly Overload[] = [
  ...Object.entries(summable).map(([type, zero]) =>
    declare(`list<${type}>.sum(): ${type}`, (runtime, list: CelList) => sum(runtime, list, zero), scanning),
  ),
  ...comparable.flatMap((type) => [
    declare(`list<${type}>.isSorted(): bool`, isSorted, scanning),
    declare(`list<${type}>.min(): ${type}`, extreme(-1), scanning),
    declare(`list<${type}>.max(): ${type}`, extreme(1), scanning),
  ]),
  declare('list<T>.indexOf(T): int', indexOf, scanning),
  declare('list<T>.lastIndexOf(T): int', lastIndexOf, scanning),
]

function slice(runtime: Runtime, list: CelList, start: bigint, end: bigint): CelList {
  const call = `cannot slice(${start}, ${end})`
  if (start < 0n || end < 0n) throw new CelError(`${call}, negative indexes not supported`)
  if (start > end) throw new CelError(`${call}, start index must be less than or equal to end index`)
  if (end > list.size) throw new CelError(`${call}, list is length ${list.size}`)
  runtime.make(Number(end - start))
  return new Items(Array.from({ length: Number(end - start) }, (_, index) => list.at(Number(start) + index)))
}

function flatten(runtime: Runtime, list: CelList, depth: bigint): CelList {
  if (depth < 0n) throw new CelError('level must be non-negative')
  const items: Value[] = []
  const collect = (from: CelList, left: bigint) => {
    for (const item of from) {
      if (item instanceof CelList && left > 0n) collect(item, left - 1n)
      else {
        runtime.make(1)
        items.push(item)
      }
    }
  }
  collect(list, depth)
  return new Items(items)
}

function sortBy(runtime: Runtime, list: CelList, keys: CelList): CelList {
  if (list.size !== keys.size)
    throw new CelError(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.size} and ${keys.size} elements respectively`,
    )
  if (list.size === 0) return list
  const pairs = Array.from({ length: list.size }, (_, index) => ({ key: keys.at(index), item: list.at(index) }))
  const type = nameOfType(pairs[0]!.key)
  if (pairs.some(({ key }) => nameOfType(key) !== type)) throw new CelError('list elements must have the same type')
  runtime.make(list.size)
  pairs.sort((left, right) => {
    runtime.work(1)
    return compare(left.key, right.key)
  })
  return new Items(pairs.map(({ item }) => item))
}

function range(runtime: Runtime, count: bigint): CelList {
  runtime.make(Number(count < 0n ? 0n : count))
  return new Items(Array.from({ length: Math.max(0, Number(count)) }, (_, index) => BigInt(index)))
}

function distinct(runtime: Runtime, list: CelList): CelList {
  const items: Value[] = []
  for (const item of list) if (!items.some((other) => equal(other, item, runtime.tick))) items.push(item)
  return new Items(items)
}

/** Of a call that makes a list. */
function making(size: Range, factor = 1): { cost: Range; size: Range } {
  return { cost: add(scaled(size, factor), exactly(1 + listCost)), size }
}

function written(argument: Estimated | undefined, otherwise: number): number {
  if (argument?.expr.kind !== 'literal' || typeof argument.expr.value !== 'bigint') return otherwise
  return Math.max(0, Number(argument.expr.value))
}

function charged(size: number, factor: number): number {
  return Math.floor(size * factor) + 1 + listCost
}

const listSize = (value: Value | undefined): number => (value instanceof CelList ? value.size : 0)

function pairwiseFactor(isText: boolean): number {
  return isText ? 2 + textFactor : 2
}

function pairwise(which: 'target' | 'argument', ofType?: string): Costs {
  return {
    cost: (args) => {
      const list = args[which === 'target' ? 0 : 1]
      const first = list instanceof CelList && list.size > 0 ? list.at(0) : null
      const isText = typeof first === 'string' || first instanceof Uint8Array
      return charged(listSize(list) ** 2, pairwiseFactor(isText))
    },
    estimate: ({ target, args }) => {
      const { size } = which === 'target' ? target! : args[0]!
      return making(times(size, size), pairwiseFactor(ofType === 'string' || ofType === 'bytes'))
    },
  }
}

const standard: readonly Overload[] = [
  declare('list<T>.slice(int, int): list<T>', slice, {
    cost: ([, start, end]) => charged(Math.max(0, Number((end as bigint) - (start as bigint))), 1),
    estimate: ({ target, args }) => making(exactly(written(args[1], target!.size.max) - written(args[0], 0))),
  }),
  declare('list<list<T>>.flatten(): list<T>', (runtime, list: CelList) => flatten(runtime, list, 1n), {
    cost: ([list]) => charged(listSize(list), 1),
    estimate: ({ target }) => making(target!.size),
  }),
  declare('list<dyn>.flatten(int): list<dyn>', flatten, {
    cost: ([list, depth]) => charged(listSize(list), Math.max(0, Number(depth))),
    estimate: ({ target, args }) => making(target!.size, written(args[0], Number.POSITIVE_INFINITY)),
  }),
  ...comparable.flatMap((type) => [
    declare(
      `list<${type}>.sort(): list<${type}>`,
      (runtime, list: CelList) => sortBy(runtime, list, list),
      pairwise('target', type),
    ),
    declare(`list<T>.@sortByAssociatedKeys(list<${type}>): list<T>`, sortBy, pairwise('argument', type)),
  ]),
  declare('lists.range(int): list<int>', range, {
    cost: ([count]) => charged(Math.max(0, Number(count)), 1),
    estimate: ({ args }) => making(exactly(written(args[0], Number.POSITIVE_INFINITY))),
  }),
  declare(
    'list<T>.reverse(): list<T>',
    (runtime, list: CelList) => {
      runtime.make(list.size)
      return new Items([...list].reverse())
    },
    { cost: ([list]) => charged(listSize(list), 1), estimate: ({ target }) => making(target!.size) },
  ),
  declare('list<T>.distinct(): list<T>', distinct, pairwise('target')),
  declare('list<T>.first(): optional_type<T>', (_, list: CelList) =>
    list.size === 0 ? none : new Optional(list.at(0)),
  ),
  declare('list<T>.last(): optional_type<T>', (_, list: CelList) =>
    list.size === 0 ? none : new Optional(list.at(list.size - 1)),
  ),
]

export const lists: readonly Overload[] = [...kubernetes, ...standard]
