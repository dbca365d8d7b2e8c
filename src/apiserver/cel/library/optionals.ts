/** Values that may be missing. Source: https://pkg.go.dev/github.com/google/cel-go/cel#OptionalTypes */
import { declare, type Overload } from '../functions.ts'
import {
  CelError,
  CelList,
  CelMap,
  CelObject,
  Duration,
  Entries,
  Items,
  none,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from '../values.ts'

/** Empty, zero or false. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Uint8Array) return value.length === 0
  if (value instanceof CelList || value instanceof CelMap || value instanceof CelObject) return value.size === 0
  if (value instanceof Duration) return value.nanos === 0n
  if (value instanceof Timestamp) return value.nanos === -62_135_596_800_000_000_000n
  return value instanceof Optional && (value.value === undefined || isZero(value.value))
}

function dereference(_: unknown, { value }: Optional): Value {
  if (value === undefined) throw new CelError('optional.none() dereference')
  return value
}

function unwrap(_: unknown, list: CelList): CelList {
  const items: Value[] = []
  for (const item of list) {
    if (!(item instanceof Optional)) throw new CelError('value is not an optional')
    if (item.value !== undefined) items.push(item.value)
  }
  return new Items(items)
}

/** Makes a map from one with an entry more. Maps of a fold grow in place: nobody else sees them before it ends. */
function insert(_: unknown, map: CelMap, key: Value, value: Value): CelMap {
  const grown = new Grown(map)
  grown.insert(key, value, (taken) => `insert failed: key ${String(taken)} already exists`)
  return grown
}

function insertAll(_: unknown, map: CelMap, more: CelMap): CelMap {
  const grown = new Grown(map)
  for (const key of more.keys())
    grown.insert(key, more.get(key)!, (taken) => `insert failed: key ${String(taken)} already exists`)
  return grown
}

class Grown extends Entries {
  constructor(from: CelMap) {
    super(from instanceof Grown ? from.entries : undefined)
    if (!(from instanceof Grown)) for (const key of from.keys()) this.insert(key, from.get(key)!, String)
  }
}

function planned(): Value {
  throw new CelError('no such overload')
}

export const optionals: readonly Overload[] = [
  declare('optional.of(V): optional_type<V>', (_, value: Value) => new Optional(value)),
  declare('optional.ofNonZeroValue(V): optional_type<V>', (_, value: Value) =>
    isZero(value) ? none : new Optional(value),
  ),
  declare('optional.none(): optional_type<V>', () => none),
  declare('optional_type<V>.value(): V', dereference),
  declare('optional_type<V>.hasValue(): bool', (_, { value }: Optional) => value !== undefined),
  declare('optional_type<V>.or(optional_type<V>): optional_type<V>', planned),
  declare('optional_type<V>.orValue(V): V', planned),
  declare('optional.unwrap(list<optional_type<V>>): list<V>', unwrap),
  declare('list<optional_type<V>>.unwrapOpt(): list<V>', unwrap),
  declare('_[?_](list<V>, int): optional_type<V>', planned),
  declare('_[?_](optional_type<list<V>>, int): optional_type<V>', planned),
  declare('_[?_](map<K, V>, K): optional_type<V>', planned),
  declare('_[?_](optional_type<map<K, V>>, K): optional_type<V>', planned),
  declare('_[_](optional_type<list<V>>, int): optional_type<V>', planned),
  declare('_[_](optional_type<map<K, V>>, K): optional_type<V>', planned),
  declare('cel.@mapInsert(map<K, V>, K, V): map<K, V>', insert),
  declare('cel.@mapInsert(map<K, V>, map<K, V>): map<K, V>', insertAll),
]
