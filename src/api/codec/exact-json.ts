/**
 * JSON whose whole numbers of 64 bits stay what they are: beyond ±2^53, where JavaScript's numbers would change silently,
 * they become `bigint`. Nearly no document has any, so looking for 16 digits in a row comes first and costs next to
 * nothing. Larger numbers, fractions and exponents are floating-point numbers, as they are for Go.
 */
import { type JsonObject, setMember } from '../patch/json-value.ts'
import { closingQuote } from './json-scan.ts'

declare global {
  interface BigInt {
    toJSON?(): unknown
  }
}

interface RawJson {
  rawJSON(text: string): unknown
}

// `JSON.stringify` refuses a bigint unless it says how it is written: by its digits.
if (!BigInt.prototype.toJSON) {
  Object.defineProperty(BigInt.prototype, 'toJSON', {
    value(this: bigint) {
      return (JSON as unknown as RawJson).rawJSON(String(this))
    },
    configurable: true,
    writable: true,
  })
}

/** As `JSON.parse`, which it is for nearly all texts. Throws its `SyntaxError`. */
export function parseExactly(text: string): unknown {
  if (!hasDigits(text)) return JSON.parse(text)
  return parseInstead(text, largeNumber)
}

function largeNumber(number: string): bigint | undefined {
  // Else it would be written as null.
  if (number.length > 300 && !Number.isFinite(Number(number))) throw new SyntaxError('a number is too large')
  return isLarge(number) ? BigInt(number) : undefined
}

/**
 * As `JSON.parse`, with something else for some numbers. `instead` is called with each number's text; undefined: the
 * number stays. Throws `SyntaxError`.
 */
export function parseInstead(text: string, instead: (number: string) => unknown): unknown {
  if (text.includes(escapedMark)) return reviveNumbers(text, instead)
  const given: unknown[] = []
  const marked = markNumbers(text, (number) => {
    const value = instead(number)
    return value === undefined ? undefined : given.push(value) - 1
  })
  if (given.length === 0) return JSON.parse(text)
  return restore(JSON.parse(marked), (value) =>
    typeof value === 'string' && value.startsWith(mark) ? given[Number(value.slice(1))] : value,
  )
}

/**
 * For who reckons with numbers: those that `parseExactly` gives as `bigint` are the nearest numbers of JavaScript that 64
 * bits still hold, so that what is written back can be read.
 */
export function parseNearly(text: string): unknown {
  if (!hasDigits(text)) return JSON.parse(text)
  return restore(parseExactly(text), (value) => (typeof value === 'bigint' ? nearest(value) : value))
}

/** What a document has where a number of another size is wanted, as a number of JavaScript. */
export function isWhole64(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

/** The shortest number that may be too large: 9007199254740993. */
const digitsMin = 16

/**
 * Whether 16 digits stand in a row where a number may. Every run of so many digits has one at a multiple of that, so that
 * only each sixteenth character is looked at.
 */
export function hasDigits(text: string): boolean {
  for (let at = digitsMin - 1; at < text.length; at += digitsMin) {
    if (!isDigit(text.charCodeAt(at))) continue
    let start = at
    while (isDigit(text.charCodeAt(start - 1))) start--
    while (isDigit(text.charCodeAt(at + 1))) at++
    if (at - start >= digitsMin - 1 && mayPrecedeNumber(text.charCodeAt(start - 1))) return true
  }
  return false
}

/** The beginning of the text, white space, `-`, `:`, `,` and `[`, which a string may have too; not what hexadecimal numbers have. */
function mayPrecedeNumber(char: number): boolean {
  return Number.isNaN(char) || char <= 0x20 || char === 0x2c || char === code.minus || char === 0x3a || char === 0x5b
}

const code = { quote: 0x22, minus: 0x2d, zero: 0x30, nine: 0x39 }
/** No string of the text has it, so that one that begins with it is a number that was marked. */
const mark = '\u0000'
const escapedMark = '\\u0000'

function isDigit(char: number): boolean {
  return char >= code.zero && char <= code.nine
}

/** `place`: what a number is marked with; undefined leaves it. */
function markNumbers(text: string, place: (number: string) => number | undefined): string {
  let result = ''
  let copied = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === code.quote) at = closingQuote(text, at)
    else if (isDigit(char)) {
      const start = text.charCodeAt(at - 1) === code.minus ? at - 1 : at
      const end = endOfNumber(text, at)
      const index = place(text.slice(start, end))
      if (index !== undefined) {
        result += `${text.slice(copied, start)}"${escapedMark}${index}"`
        copied = end
      }
      at = end - 1
    }
  }
  return result + text.slice(copied)
}

function endOfNumber(text: string, start: number): number {
  let end = start
  while (isOfNumber(text.charCodeAt(end))) end++
  return end
}

/** Digits, and what makes a floating-point number. */
function isOfNumber(char: number): boolean {
  return isDigit(char) || char === 0x2e || char === 0x2b || char === code.minus || char === 0x65 || char === 0x45
}

/** Whether a whole number of 64 bits is too large for JavaScript's numbers. */
export function isLarge(number: string): boolean {
  if (number.length < digitsMin || number.length > '-9223372036854775808'.length) return false
  const value = Number(number)
  if (Number.isSafeInteger(value) || !/^-?[1-9][0-9]*$/.test(number)) return false
  if (Math.abs(value) < 2 ** 63) return true
  const whole = BigInt(number)
  return BigInt.asIntN(64, whole) === whole
}

/** The last doubles before ±2^63. */
const doubleMax = 2 ** 63 - 1024

export function nearest(value: bigint): number {
  return Math.max(-doubleMax, Math.min(doubleMax, Number(value)))
}

/** In place. */
function restore(value: unknown, change: (value: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return change(value)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = restore(value[index], change)
    return value
  }
  const members = value as JsonObject
  for (const name of Object.keys(members)) {
    const member = members[name]
    const restored = restore(member, change)
    if (restored !== member) setMember(members, name, restored)
  }
  return value
}

/** Slow, but right for every text. */
function reviveNumbers(text: string, instead: (number: string) => unknown): unknown {
  return JSON.parse(text, (_name, value: unknown, context?: { source?: string }) => {
    const source = context?.source
    return typeof value === 'number' && source !== undefined ? (instead(source) ?? value) : value
  })
}
