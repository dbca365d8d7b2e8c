/** `'%s has %d'.format([...])`. Source: https://pkg.go.dev/github.com/google/cel-go/ext#Strings */
import type { Runtime } from '../runtime.ts'
import { CelError, CelList, CelMap, Duration, nameOfType, Timestamp, TypeValue, Uint, type Value } from '../values.ts'
import { formatDouble, plainDecimal } from './numbers.ts'
import { formatDuration, formatTimestamp } from './time-text.ts'

/** Digits after the point that may be asked for. */
const precisionMax = 100

/** Throws `CelError`. */
export function formatText(runtime: Runtime, template: string, args: CelList): string {
  const parts: string[] = []
  let size = 0
  let next = 0
  let end = 0
  for (const match of template.matchAll(/%(%|(?:\.(\d+))?([a-zA-Z])?)/g)) {
    if (match.index < end) continue
    parts.push(template.slice(end, match.index))
    end = match.index + match[0].length
    const [, all, precision, verb] = match
    if (all === '%') {
      parts.push('%')
      continue
    }
    if (next >= args.size) throw new CelError(`index ${next} out of range`)
    const text = formatted(runtime, { verb, precision }, args.at(next++))
    size += text.length
    runtime.make(size)
    parts.push(text)
  }
  parts.push(template.slice(end))
  return parts.join('')
}

interface Clause {
  readonly verb: string | undefined
  readonly precision: string | undefined
}

function formatted(runtime: Runtime, { verb, precision }: Clause, value: Value): string {
  const digits = precision === undefined ? 6 : Number(precision)
  if (digits > precisionMax) throw new CelError(`precision ${digits} is more than ${precisionMax}`)
  switch (verb) {
    case 's':
      return asText(runtime, value)
    case 'd':
      return decimal(value)
    case 'f':
      return fixed(value, digits)
    case 'e':
      return scientific(value, digits)
    case 'b':
      return binary(value)
    case 'x':
      return hexadecimal(value)
    case 'X':
      return hexadecimal(value).toUpperCase()
    case 'o':
      return integer(value, 'octal').toString(8)
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb ?? ''}"`)
  }
}

function wrongType(clause: string, value: Value): CelError {
  return new CelError(`error during formatting: ${clause} was given ${nameOfType(value)}`)
}

function integer(value: Value, clause: string): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  throw wrongType(`${clause} clause can only be used on integers,`, value)
}

function decimal(value: Value): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return special(value)
    return plainDecimal(value)
  }
  return String(integer(value, 'decimal'))
}

function special(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}

function double(value: Value, clause: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (value === 'NaN') return Number.NaN
  if (value === 'Infinity') return Number.POSITIVE_INFINITY
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY
  throw wrongType(`${clause} clause can only be used on doubles,`, value)
}

function fixed(value: Value, digits: number): string {
  const number = double(value, 'fixed-point')
  return Number.isFinite(number) ? grouped(fixedDigits(number, digits)) : special(number)
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Thousands apart, as in American English: version 2 of the library writes numbers for readers. */
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

function scientific(value: Value, digits: number): string {
  const number = double(value, 'scientific')
  if (!Number.isFinite(number)) return special(number)
  const [mantissa = '', power = ''] = number.toExponential(digits).split('e')
  const sign = power.startsWith('-') ? '⁻' : ''
  const raised = [...power.replace(/^[+-]/, '').padStart(2, '0')].map((digit) => superscripts[Number(digit)])
  return `${mantissa}×10${sign}${raised.join('')}`
}

function binary(value: Value): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return integer(value, 'binary').toString(2)
}

function hexadecimal(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return integer(value, 'hexadecimal').toString(16)
}

function asText(runtime: Runtime, value: Value): string {
  runtime.work(1)
  if (value === null) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? formatDouble(value) : special(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof CelList) return `[${[...value].map((item) => asText(runtime, item)).join(', ')}]`
  if (value instanceof CelMap) return mapText(runtime, value)
  throw wrongType(
    'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps,',
    value,
  )
}

/** By key, so that the same map always reads the same. */
function mapText(runtime: Runtime, map: CelMap): string {
  const entries = [...map.keys()].map((key) => {
    const plain = typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint' || key instanceof Uint
    if (!plain) throw wrongType('no formatting function for map key,', key)
    return `${asText(runtime, key)}: ${asText(runtime, map.get(key)!)}`
  })
  return `{${entries.sort().join(', ')}}`
}
