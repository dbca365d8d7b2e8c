/** Operators and the functions that every value has. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions */
import { compare, equal } from '../compare.ts'
import type { Estimated } from '../estimate.ts'
import { type Costs, declare, type Overload } from '../functions.ts'
import { addMerging } from '../merging.ts'
import type { Runtime } from '../runtime.ts'
import { add, exactly, type Range, scaled, textFactor } from '../sizes.ts'
import { sameType } from '../unify.ts'
import {
  CelError,
  type CelList,
  type CelMap,
  CelObject,
  codePoints,
  Duration,
  depthOf,
  Items,
  int64Max,
  int64Min,
  Joined,
  noSuchOverload,
  sizeOf,
  Timestamp,
  Uint,
  uint64Max,
  type Value,
} from '../values.ts'

function int(value: bigint): bigint {
  if (value > int64Max || value < int64Min) throw new CelError('integer overflow')
  return value
}

function uint(value: bigint): Uint {
  if (value > uint64Max || value < 0n) throw new CelError('unsigned integer overflow')
  return new Uint(value)
}

function nonZero(value: bigint, what: 'division' | 'modulus'): bigint {
  if (value === 0n) throw new CelError(`${what} by zero`)
  return value
}

const arithmetic: readonly Overload[] = [
  declare('_+_(int, int): int', (_, a: bigint, b: bigint) => int(a + b)),
  declare('_+_(uint, uint): uint', (_, a: Uint, b: Uint) => uint(a.value + b.value)),
  declare('_+_(double, double): double', (_, a: number, b: number) => a + b),
  declare('_+_(duration, duration): duration', (_, a: Duration, b: Duration) => new Duration(a.nanos + b.nanos)),
  declare(
    '_+_(timestamp, duration): timestamp',
    (_, a: Timestamp, b: Duration) => new Timestamp(a.nanos + b.nanos, a.offsetMinutes),
  ),
  declare(
    '_+_(duration, timestamp): timestamp',
    (_, a: Duration, b: Timestamp) => new Timestamp(a.nanos + b.nanos, b.offsetMinutes),
  ),
  declare('_-_(int, int): int', (_, a: bigint, b: bigint) => int(a - b)),
  declare('_-_(uint, uint): uint', (_, a: Uint, b: Uint) => uint(a.value - b.value)),
  declare('_-_(double, double): double', (_, a: number, b: number) => a - b),
  declare('_-_(duration, duration): duration', (_, a: Duration, b: Duration) => new Duration(a.nanos - b.nanos)),
  declare(
    '_-_(timestamp, duration): timestamp',
    (_, a: Timestamp, b: Duration) => new Timestamp(a.nanos - b.nanos, a.offsetMinutes),
  ),
  declare('_-_(timestamp, timestamp): duration', (_, a: Timestamp, b: Timestamp) => new Duration(a.nanos - b.nanos)),
  declare('_*_(int, int): int', (_, a: bigint, b: bigint) => int(a * b)),
  declare('_*_(uint, uint): uint', (_, a: Uint, b: Uint) => uint(a.value * b.value)),
  declare('_*_(double, double): double', (_, a: number, b: number) => a * b),
  declare('_/_(int, int): int', (_, a: bigint, b: bigint) => int(a / nonZero(b, 'division'))),
  declare('_/_(uint, uint): uint', (_, a: Uint, b: Uint) => uint(a.value / nonZero(b.value, 'division'))),
  declare('_/_(double, double): double', (_, a: number, b: number) => a / b),
  declare('_%_(int, int): int', (_, a: bigint, b: bigint) => {
    if (a === int64Min && b === -1n) throw new CelError('integer overflow')
    return a % nonZero(b, 'modulus')
  }),
  declare('_%_(uint, uint): uint', (_, a: Uint, b: Uint) => uint(a.value % nonZero(b.value, 'modulus'))),
  declare('-_(int): int', (_, a: bigint) => int(-a)),
  declare('-_(double): double', (_, a: number) => -a),
  declare('!_(bool): bool', (_, a: boolean) => !a),
]

const joining: Costs = {
  cost: ([a, b]) => Math.ceil((sizeOf(a!) + sizeOf(b!)) * textFactor),
  estimate: ({ args: [a, b] }) => {
    const size = add(a!.size, b!.size)
    return { cost: scaled(size, textFactor), size }
  },
}

const concatenation: readonly Overload[] = [
  declare(
    '_+_(string, string): string',
    (runtime, a: string, b: string) => {
      runtime.make(a.length + b.length)
      return a + b
    },
    joining,
  ),
  declare(
    '_+_(bytes, bytes): bytes',
    (runtime, a: Uint8Array, b: Uint8Array) => {
      runtime.make(a.length + b.length)
      return new Uint8Array(Buffer.concat([a, b]))
    },
    joining,
  ),
  declare('_+_(list<A>, list<A>): list<A>', joinLists, {
    estimate: ({ args: [a, b] }) => ({ cost: exactly(1), size: add(a!.size, b!.size) }),
  }),
]

/** Beyond this depth a joined list is copied. */
const joinedDepthMax = 16

function joinLists(runtime: Runtime, left: CelList, right: CelList): CelList {
  if (left.merge) {
    runtime.make(left.size + right.size)
    return addMerging(left.merge, left, right)
  }
  if (right.size === 0) return left
  if (left.size === 0 && right.size > 16) return right
  const appended = left instanceof Items && right.size <= 16 ? left.append(right) : undefined
  if (appended) return appended
  const joined = new Joined(left, right)
  if (joined.size > 64 && depthOf(joined) <= joinedDepthMax) return joined
  runtime.make(joined.size)
  return new Items([...joined])
}

/** Equality and order stop at the end of the shorter operand. */
const comparing: Costs = {
  cost: ([a, b]) => Math.ceil(smallerSize(a!, b!) * textFactor),
  estimate: ({ args: [a, b] }) => {
    const opaque = opaqueEquality(a!, b!)
    if (opaque) return { cost: opaque }
    const max = Math.min(a!.size.max, b!.size.max)
    return { cost: scaled({ min: max > 0 ? 1 : 0, max }, textFactor) }
  },
}

/** Without counting a text that is longer for certain: comparing it costs as little as the other is short. */
function smallerSize(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length * 2 < b.length) return codePoints(a)
    if (b.length * 2 < a.length) return codePoints(b)
  }
  return Math.min(sizeOf(a), sizeOf(b))
}

/** Values of a library's type take one step, but for those that are texts below. */
function opaqueEquality({ type }: Estimated, right: Estimated): Range | undefined {
  if (type.kind !== 'opaque' || !sameType(type, right.type) || type.name === 'optional_type') return undefined
  if (type.name === 'kubernetes.NamedFormat') return scaled({ min: 1, max: 64 }, textFactor)
  return type.name === 'kubernetes.URL' ? scaled({ min: 1, max: right.size.max }, textFactor) : exactly(1)
}

/** In every pair that has an order. */
const ordered: readonly (readonly [string, string])[] = [
  ...['bool', 'string', 'bytes', 'timestamp', 'duration'].map((type) => [type, type] as const),
  ...['int', 'uint', 'double'].flatMap((left) => ['int', 'uint', 'double'].map((right) => [left, right] as const)),
]

function order(name: string, holds: (sign: number) => boolean): readonly Overload[] {
  return ordered.map(([left, right]) =>
    declare(
      `${name}(${left}, ${right}): bool`,
      (_, a: Value, b: Value) => {
        const sign = compare(a, b)
        if (Number.isNaN(sign)) throw new CelError('NaN values cannot be ordered')
        return holds(sign)
      },
      left === 'string' || left === 'bytes' ? comparing : {},
    ),
  )
}

const relations: readonly Overload[] = [
  declare('_==_(A, A): bool', (runtime, a: Value, b: Value) => equal(a, b, runtime.tick), comparing),
  declare('_!=_(A, A): bool', (runtime, a: Value, b: Value) => !equal(a, b, runtime.tick), comparing),
  ...order('_<_', (sign) => sign < 0),
  ...order('_<=_', (sign) => sign <= 0),
  ...order('_>_', (sign) => sign > 0),
  ...order('_>=_', (sign) => sign >= 0),
]

const membership: readonly Overload[] = [
  declare('@in(A, list<A>): bool', (runtime, wanted: Value, list: CelList) => runtime.isIn(list, wanted, equal), {
    cost: ([, list]) => sizeOf(list!),
    estimate: ({ args: [, list] }) => ({ cost: list!.size }),
  }),
  declare('@in(A, map<A, B>): bool', (_, wanted: Value, map: CelMap | CelObject) => {
    if (map instanceof CelObject) return typeof wanted === 'string' && map.has(wanted)
    return map.get(wanted) !== undefined
  }),
]

/** Costs one, however long it takes to count. */
function length(runtime: Runtime, value: Value): bigint {
  const size = sizeOf(value)
  runtime.work(size)
  return BigInt(size)
}

const sizes: readonly Overload[] = ['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((type) => [
  declare(`size(${type}): int`, length),
  declare(`${type}.size(): int`, length),
])

function planned(): Value {
  throw new CelError(noSuchOverload)
}

/** Declared for the checker; the planner evaluates them itself. */
const lazy: readonly Overload[] = [
  declare('_&&_(bool, bool): bool', planned),
  declare('_||_(bool, bool): bool', planned),
  declare('_?_:_(bool, A, A): A', planned),
  declare('@not_strictly_false(bool): bool', planned),
  declare('_[_](list<A>, int): A', planned),
  declare('_[_](map<A, B>, A): B', planned),
]

export const operators: readonly Overload[] = [
  ...arithmetic,
  ...concatenation,
  ...relations,
  ...membership,
  ...sizes,
  ...lazy,
]
