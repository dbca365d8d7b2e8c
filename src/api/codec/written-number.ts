/**
 * Numbers whose text says more than JavaScript's number of it: `1.0` is no whole number, `1e5` is a quantity with an
 * exponent, `1e400` is larger than any. Go's decoder reads each number by the type of its field, so that the text is kept
 * until the type is known. Nearly no document has such a number.
 */
import { WrittenNumber } from '../patch/json-value.ts'
import { DecodeError } from './error.ts'
import { isLarge, parseInstead } from './exact-json.ts'

/** As `parseExactly`, with such numbers as `WrittenNumber`. Throws `SyntaxError`. */
export function parseAsWritten(text: string): unknown {
  return parseInstead(text, (number) => {
    if (isLarge(number)) return BigInt(number)
    return number === String(Number(number)) || !isNumber.test(number) ? undefined : new WrittenNumber(number)
  })
}

/** What else looks like one is no JSON, and the parser shall say so. */
const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/

/** The whole number that the text is: neither fraction nor exponent. Undefined: it is none, or not one of 64 bits. */
export function wholeNumber({ text }: WrittenNumber): number | undefined {
  const value = Number(text)
  return /^-?\d+$/.test(text) && Number.isSafeInteger(value) ? value + 0 : undefined
}

/**
 * For places without a type: the numbers as JavaScript has them. In place where it can be. Throws `DecodeError` for one
 * that is too large.
 */
export function withPlainNumbers(value: unknown): unknown {
  if (value instanceof WrittenNumber) return plainNumber(value)
  if (typeof value !== 'object' || value === null) return value
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'object' || member === null) continue
    const plain = withPlainNumbers(member)
    if (plain === member) continue
    Object.defineProperty(value, name, { value: plain, enumerable: true, configurable: true, writable: true })
  }
  return value
}

/** Longer numbers are cut in messages. */
export const shownLengthMax = 100

/** Throws `DecodeError`. */
export function plainNumber({ text }: WrittenNumber): number {
  const number = Number(text)
  if (Number.isFinite(number)) return number
  throw new DecodeError(`json: cannot unmarshal number ${text.slice(0, shownLengthMax)} into Go value of type float64`)
}
