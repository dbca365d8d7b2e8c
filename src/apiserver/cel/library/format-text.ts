/**
 * `'%s has %d'.format([...])`, as version 2 of the strings library does it: what stands in lists and maps is printed as
 * CEL would write it, numbers with a point as for American readers.
 * Source: https://pkg.go.dev/github.com/google/cel-go/ext#Strings
 */
import { isUtf8 } from 'node:buffer'
import { goQuoted } from '../../../api/errors.ts'
import type { Runtime } from '../runtime.ts'
import { CelError, CelList, CelMap, Duration, nameOfType, Timestamp, TypeValue, Uint, type Value } from '../values.ts'
import { type Clause, clausesOf, formatting, mismatch, type Verb } from './format-clauses.ts'
import { formatDouble } from './numbers.ts'
import { formatDuration, formatTimestamp } from './time-text.ts'

/** Digits or places that may be asked for. Ours. */
const precisionMax = 100
const precisionDefault = 6

/** Throws `CelError`. */
export function formatText(runtime: Runtime, template: string, args: CelList): string {
  const parts: string[] = []
  let size = 0
  for (const part of clausesOf(template, args.size)) {
    const text = typeof part === 'string' ? part : formatted(runtime, part, args.at(part.index))
    size += text.length
    runtime.make(size)
    parts.push(text)
  }
  return parts.join('')
}

function formatted(runtime: Runtime, { verb, precision }: Clause, value: Value): string {
  const digits = precision ?? precisionDefault
  if (digits > precisionMax) throw new CelError(`precision ${digits} is more than ${precisionMax}`)
  switch (verb) {
    case 's':
      return asText(runtime, value)
    case 'f':
      return fixed(value, digits)
    case 'e':
      return scientific(value, digits)
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : integer(value, verb).toString(2)
    case 'x':
      return hexadecimal(value)
    case 'X':
      return hexadecimal(value).toUpperCase()
    case 'o':
      return integer(value, verb).toString(8)
    case 'd':
      return String(integer(value, verb))
  }
}

function wrongType(verb: Verb, value: Value): CelError {
  return new CelError(`${formatting}: ${mismatch(verb, nameOfType(value))}`)
}

function integer(value: Value, verb: Verb): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  throw wrongType(verb, value)
}

const specials = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

function double(value: Value, verb: Verb): number {
  const number = typeof value === 'string' ? specials.get(value) : value
  if (typeof number === 'number') return number
  throw wrongType(verb, value)
}

function unending(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞'
}

function fixed(value: Value, digits: number): string {
  const number = double(value, 'f')
  return Number.isFinite(number) ? grouped(fixedDigits(number, digits)) : unending(number)
}

function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? apart : `${apart}.${fraction}`
}

/** Exact, with halves rounded to even, as Go does; `toFixed` rounds them up and turns to exponents from 10²¹ on. */
function fixedDigits(number: number, digits: number): string {
  let numerator = Math.abs(number)
  let denominator = 1n
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  const scaled = BigInt(numerator) * 10n ** BigInt(digits)
  const twice = (scaled % denominator) * 2n
  const down = scaled / denominator
  const rounded = twice > denominator || (twice === denominator && down % 2n === 1n) ? down + 1n : down
  const text = String(rounded).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  const sign = number < 0 || Object.is(number, -0) ? '-' : ''
  return `${sign}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** The precision is how wide it is at least, and there are always six digits: so upstream has it. */
function scientific(value: Value, width: number): string {
  const number = double(value, 'e')
  return (Number.isFinite(number) ? raised(number) : unending(number)).padStart(width)
}

function raised(number: number): string {
  const [mantissa = '', power = ''] = number.toExponential(precisionDefault).split('e')
  const sign = power.startsWith('-') ? '⁻' : ''
  const digits = [...power.replace(/^[+-]/, '').padStart(2, '0')].map((digit) => superscripts[Number(digit)])
  return `${mantissa}×10${sign}${digits.join('')}`
}

function hexadecimal(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return integer(value, 'x').toString(16)
}

function asText(runtime: Runtime, value: Value): string {
  runtime.work(1)
  if (value === null) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return formatDouble(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return bytesText(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof CelList) return `[${[...value].map((item) => asLiteral(runtime, item)).join(', ')}]`
  if (value instanceof CelMap) return mapText(runtime, value)
  throw wrongType('s', value)
}

function bytesText(value: Uint8Array): string {
  if (isUtf8(value)) return Buffer.from(value).toString('utf8')
  const why = 'invalid UTF-8 in bytes, cannot convert to string'
  throw new CelError(`${formatting}: could not convert argument "${why}" to string`)
}

/** Inside a list or a map. */
function asLiteral(runtime: Runtime, value: Value): string {
  if (typeof value === 'string') return goQuoted(value)
  if (typeof value === 'number') return Number.isFinite(value) ? fixedDigits(value, 6) : `"${formatDouble(value)}"`
  if (value instanceof Uint8Array) return `b${goQuoted(bytesText(value))}`
  if (value instanceof Duration) return `duration("${formatDuration(value)}")`
  if (value instanceof Timestamp) return `timestamp("${formatTimestamp(value)}")`
  const known = value === null || typeof value !== 'object' || value instanceof Uint || value instanceof TypeValue
  if (known || value instanceof CelList || value instanceof CelMap) return asText(runtime, value)
  throw new CelError(`${formatting}: no formatting function for ${nameOfType(value)}`)
}

/** By key, so that the same map always reads the same. */
function mapText(runtime: Runtime, map: CelMap): string {
  const entries = [...map.keys()].map((key) => {
    const plain = typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint' || key instanceof Uint
    if (!plain) throw new CelError(`${formatting}: no formatting function for map key of type ${nameOfType(key)}`)
    return `${asLiteral(runtime, key)}:${asLiteral(runtime, map.get(key)!)}`
  })
  return `{${entries.sort().join(', ')}}`
}
