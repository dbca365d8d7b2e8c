/** `int(x)`, `string(x)` and their like. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#type-conversions */
import { isUtf8 } from 'node:buffer'
import { type Costs, declare, type Overload } from '../functions.ts'
import { scaled, textFactor } from '../sizes.ts'
import {
  CelError,
  type Duration,
  int64Max,
  int64Min,
  nameOfType,
  sizeOf,
  Timestamp,
  TypeValue,
  Uint,
  uint64Max,
  type Value,
} from '../values.ts'
import { formatDouble } from './numbers.ts'
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time-text.ts'

function same<T extends Value>(_: unknown, value: T): T {
  return value
}

/** The least double from which on nothing fits into an int. */
const intLimit = 2 ** 63

function intFromDouble(value: number): bigint {
  if (Number.isNaN(value) || value <= -intLimit || value >= intLimit) throw new CelError('integer overflow')
  return BigInt(Math.trunc(value))
}

function uintFromDouble(value: number): Uint {
  if (Number.isNaN(value) || value < 0 || value >= 2 ** 64) throw new CelError('unsigned integer overflow')
  return new Uint(BigInt(Math.trunc(value)))
}

function notConverted(type: string): CelError {
  return new CelError(`type conversion error from 'string' to '${type}'`)
}

function parseInteger(text: string, type: 'int' | 'uint'): bigint {
  const pattern = type === 'int' ? /^[+-]?[0-9]+$/ : /^[0-9]+$/
  if (!pattern.test(text)) throw notConverted(type)
  const value = text.length > 30 ? uint64Max + 1n : BigInt(text.replace('+', ''))
  const outside = type === 'int' ? value > int64Max || value < int64Min : value > uint64Max
  if (outside) throw notConverted(type)
  return value
}

/** Go reads underscores between digits. */
const decimal = /^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)([eE][+-]?\d+)?$/

function parseDouble(text: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special) {
    if (special[2]?.toLowerCase() === 'nan') return Number.NaN
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  if (!decimal.test(text)) throw notConverted('double')
  const value = Number(text.replaceAll('_', ''))
  if (Number.isFinite(value)) return value
  throw notConverted('double')
}

/** What the parser finds wrong is not told, as upstream. */
function parsed<T>(text: string, parse: (text: string) => T, type: string): T {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof CelError) throw notConverted(type)
    throw error
  }
}

const truths = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
])

function parseBool(text: string): boolean {
  const value = truths.get(text)
  if (value === undefined) throw notConverted('bool')
  return value
}

function encoding(sizeMin: number, sizeMax: number): Costs {
  return {
    cost: ([value]) => Math.ceil(sizeOf(value!) * textFactor),
    estimate: ({ args: [value] }) => {
      const { size } = value!
      return { cost: scaled(size, textFactor), size: { min: Math.floor(size.min * sizeMin), max: size.max * sizeMax } }
    },
  }
}

const numbers: readonly Overload[] = [
  declare('int(int): int', same),
  declare('int(double): int', (_, value: number) => intFromDouble(value)),
  declare('int(duration): int', (_, value: Duration) => value.nanos),
  declare('int(string): int', (_, value: string) => parseInteger(value, 'int')),
  declare('int(timestamp): int', (_, value: Timestamp) => floorDivide(value.nanos, 1_000_000_000n)),
  declare('int(uint): int', (_, { value }: Uint) => {
    if (value > int64Max) throw new CelError('integer overflow')
    return value
  }),
  declare('uint(uint): uint', same),
  declare('uint(double): uint', (_, value: number) => uintFromDouble(value)),
  declare('uint(int): uint', (_, value: bigint) => {
    if (value < 0n) throw new CelError('unsigned integer overflow')
    return new Uint(value)
  }),
  declare('uint(string): uint', (_, value: string) => new Uint(parseInteger(value, 'uint'))),
  declare('double(double): double', same),
  declare('double(int): double', (_, value: bigint) => Number(value)),
  declare('double(uint): double', (_, { value }: Uint) => Number(value)),
  declare('double(string): double', (_, value: string) => parseDouble(value)),
]

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

const texts: readonly Overload[] = [
  declare('string(string): string', same),
  declare('string(bool): string', (_, value: boolean) => String(value)),
  declare(
    'string(bytes): string',
    (_, value: Uint8Array) => {
      if (!isUtf8(value)) throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
      return Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8')
    },
    encoding(1 / 4, 1),
  ),
  declare('string(double): string', (_, value: number) => formatDouble(value)),
  declare('string(duration): string', (_, value: Duration) => formatDuration(value)),
  declare('string(int): string', (_, value: bigint) => String(value)),
  declare('string(timestamp): string', (_, value: Timestamp) => formatTimestamp(value)),
  declare('string(uint): string', (_, { value }: Uint) => String(value)),
  declare('bytes(bytes): bytes', same),
  declare('bytes(string): bytes', (_, value: string) => new Uint8Array(Buffer.from(value, 'utf8')), encoding(1, 4)),
]

const others: readonly Overload[] = [
  declare('bool(bool): bool', same),
  declare('bool(string): bool', (_, value: string) => parseBool(value)),
  declare('duration(duration): duration', same),
  declare('duration(string): duration', (_, value: string) => parsed(value, parseDuration, 'google.protobuf.Duration')),
  declare('timestamp(timestamp): timestamp', same),
  declare('timestamp(int): timestamp', (_, value: bigint) => new Timestamp(value * 1_000_000_000n)),
  declare('timestamp(string): timestamp', (_, value: string) =>
    parsed(value, parseTimestamp, 'google.protobuf.Timestamp'),
  ),
  declare('dyn(A): dyn', same),
  declare('type(A): type<A>', (_, value: Value) => new TypeValue(nameOfType(value))),
]

export const conversions: readonly Overload[] = [...numbers, ...texts, ...others]
