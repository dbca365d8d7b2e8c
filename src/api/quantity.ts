/**
 * Resource quantities: `100m`, `1.5Gi`, `12e6`. Exact, as counts of 10⁻⁹ in a bigint, because requests are added up and
 * compared with capacities. The canonical form is what clients see in every answer: no fraction, the largest suffix
 * that keeps the value, the writer's family of suffixes.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

export interface Quantity {
  /** The value times 10⁹. Smaller fractions were rounded away from zero. */
  readonly nanos: bigint
  readonly format: QuantityFormat
  /** The text as written, where it stands for itself in answers (`1.500` does, `1000m` becomes `1`). */
  readonly text?: string
}

/** The message is upstream's own. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'QuantityError'
  }
}

const formatRule = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const suffixRule = "unable to parse quantity's suffix"

const nanosPerUnit = 1_000_000_000n
const nanosPerMilli = 1_000_000n
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const int64Max = 2n ** 63n - 1n
/** Decimal digits that upstream's quick path holds. */
const digitsMax = 18
/** A power of ten beyond this is refused, since its value would be too long to add or compare. */
const exponentMax = 1000

/** Longer texts are refused: what their digits say takes time by the square of their length. */
const lengthMax = 1000
/** No text matches in two ways, so that matching takes time by its length. */
const syntax = /^([+-]?)(\d*)(?:(\.)(\d*))?((?:[eEinumkKMGTP]+[-+]?\d*|[-+]\d*)?)$/

/** The same few texts come again and again: in every pod of a workload, on every node. */
const known = new Map<string, Quantity>()
const knownMax = 1_000

/** Throws `QuantityError`. */
export function parseQuantity(text: string): Quantity {
  const found = known.get(text)
  if (found) return found
  const quantity = parsed(text)
  if (known.size >= knownMax) known.clear()
  known.set(text, quantity)
  return quantity
}

function parsed(text: string): Quantity {
  const match = text.length <= lengthMax && syntax.exec(text)
  if (!match || text === '') throw new QuantityError(formatRule)
  const [, sign = '', integer = '', , fraction = '', suffixText = ''] = match
  const suffix = parseSuffix(suffixText)
  const written: Written = { text, negative: sign === '-', integer: integer.replace(/^0+/, '') || '0', fraction }
  return suffix.format === 'BinarySI' ? binaryQuantity(written, suffix.exponent) : decimalQuantity(written, suffix)
}

export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch (error) {
    if (error instanceof QuantityError) return false
    throw error
  }
}

/** As it stands in answers. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text
  const { nanos, format } = quantity
  if (nanos === 0n) return '0'
  const kibi = 1024n * nanosPerUnit
  if (format === 'BinarySI' && nanos % nanosPerUnit === 0n && (nanos >= kibi || nanos <= -kibi)) {
    return binaryText(nanos / nanosPerUnit)
  }
  return decimalText(nanos, format === 'BinarySI' ? 'DecimalSI' : format)
}

/** `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`. Throws `QuantityError`. */
export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text))
}

/** Negative, 0 or positive, as for `Array.sort`. Throws `QuantityError`. */
export function compareQuantities(left: string, right: string): number {
  const difference = parseQuantity(left).nanos - parseQuantity(right).nanos
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The canonical sum, in the suffixes of the first that is not zero. Throws `QuantityError`. */
export function addQuantities(left: string, right: string): string {
  const first = parseQuantity(left)
  const second = parseQuantity(right)
  const format = first.nanos === 0n ? second.format : first.format
  return formatQuantity({ nanos: first.nanos + second.nanos, format })
}

/** As `addQuantities`, of `left - right`. */
export function subtractQuantities(left: string, right: string): string {
  const first = parseQuantity(left)
  const second = parseQuantity(right)
  const format = first.nanos === 0n ? second.format : first.format
  return formatQuantity({ nanos: first.nanos - second.nanos, format })
}

/** Whole units (bytes, counts), fractions rounded away from zero; exact up to 2⁵³. Throws `QuantityError`. */
export function wholeValue(text: string): number {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : Number(divideAway(parseQuantity(text).nanos, nanosPerUnit))
}

/** Thousandths (millicores), fractions rounded away from zero; exact up to 2⁵³. Throws `QuantityError`. */
export function milliValue(text: string): number {
  return /^[0-9]{1,12}m$/.test(text)
    ? Number(text.slice(0, -1))
    : Number(divideAway(parseQuantity(text).nanos, nanosPerMilli))
}

/** The quantity itself, or the next thousandth away from zero. Throws `QuantityError`. */
export function roundedUpToMilli(text: string): string {
  const { nanos, format } = parseQuantity(text)
  if (nanos % nanosPerMilli === 0n) return text
  return formatQuantity({ nanos: divideAway(nanos, nanosPerMilli) * nanosPerMilli, format })
}

/** The canonical text of a whole number; refuses fractions. */
export function quantityOfWhole(value: number | bigint, format: QuantityFormat = 'DecimalSI'): string {
  return formatQuantity({ nanos: BigInt(value) * nanosPerUnit, format })
}

/** The canonical text of thousandths; refuses fractions. */
export function quantityOfMilli(value: number | bigint, format: QuantityFormat = 'DecimalSI'): string {
  return formatQuantity({ nanos: BigInt(value) * nanosPerMilli, format })
}

interface Written {
  text: string
  negative: boolean
  /** Without leading zeros. */
  integer: string
  fraction: string
}

interface Suffix {
  format: QuantityFormat
  /** Of ten, or of two for BinarySI. */
  exponent: number
}

function parseSuffix(text: string): Suffix {
  const decimal = decimalSuffixes.indexOf(text)
  if (decimal >= 0) return { format: 'DecimalSI', exponent: (decimal - 3) * 3 }
  const binary = binarySuffixes.indexOf(text)
  if (binary > 0) return { format: 'BinarySI', exponent: binary * 10 }
  const exponent = /^[eE]([-+]?\d+)$/.exec(text)
  if (!exponent || Math.abs(Number(exponent[1])) > exponentMax) throw new QuantityError(suffixRule)
  return { format: 'DecimalExponent', exponent: Number(exponent[1]) }
}

function decimalQuantity({ text, negative, integer, fraction }: Written, { format, exponent }: Suffix): Quantity {
  const digits = integer + fraction
  const scale = exponent - fraction.length
  const nanos = signed(scaleToNanos(BigInt(digits), scale), negative)
  const standsForItself =
    digits.length <= digitsMax && scale >= -9 && scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
  return standsForItself ? { nanos, format, text } : { nanos, format }
}

function binaryQuantity({ text, negative, integer, fraction }: Written, exponent: number): Quantity {
  const digits = BigInt(integer + fraction)
  const multiplied = digits << BigInt(exponent)
  const quick = fraction === '' && 14 - integer.length - Math.trunc((exponent * 3) / 10) >= 0
  if (quick && multiplied <= int64Max) {
    const nanos = signed(multiplied * nanosPerUnit, negative)
    return (digits & 7n) === 0n ? { nanos, format: 'BinarySI' } : { nanos, format: 'BinarySI', text }
  }
  const exact = scaleToNanos(multiplied, -fraction.length)
  const capped = exact > int64Max * nanosPerUnit ? int64Max * nanosPerUnit : exact
  return { nanos: signed(capped, negative), format: capped < nanosPerUnit ? 'DecimalSI' : 'BinarySI' }
}

function scaleToNanos(digits: bigint, scale: number): bigint {
  const power = scale + 9
  return power >= 0 ? digits * 10n ** BigInt(power) : divideAway(digits, 10n ** BigInt(-power))
}

function signed(value: bigint, negative: boolean): bigint {
  return negative ? -value : value
}

function divideAway(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  if (value % divisor === 0n) return quotient
  return value < 0n ? quotient - 1n : quotient + 1n
}

function decimalText(nanos: bigint, format: 'DecimalSI' | 'DecimalExponent'): string {
  let number = nanos
  let exponent = -9
  while (number % 1000n === 0n && (format === 'DecimalExponent' || exponent < 18)) {
    number /= 1000n
    exponent += 3
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${number}` : `${number}e${exponent}`
  return `${number}${decimalSuffixes[exponent / 3 + 3]}`
}

function binaryText(whole: bigint): string {
  let number = whole
  let index = 0
  while (number % 1024n === 0n && index < binarySuffixes.length - 1) {
    number /= 1024n
    index++
  }
  return `${number}${binarySuffixes[index]}`
}
