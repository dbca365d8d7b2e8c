/**
 * Reads over JSON text before it is parsed, in one pass: refuses what would take too much time or stack to work on, and
 * finds names that stand twice in one object, which `JSON.parse` passes over in silence but strict field validation must
 * name. The text may be broken: `JSON.parse` will say so.
 */
import { DecodeError } from './error.ts'

/** Deeper documents are refused; the API's own deepest objects, JSON schemas, stay far below. */
export const nestingMax = 1000

interface Frame {
  isObject: boolean
  /** Last name, or position in the array; undefined before the first name. */
  at: string | number | undefined
  /** Names before the last one; made when there are two. */
  names: Set<string> | undefined
}

const code = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  open: 0x5b,
  point: 0x2e,
  backslash: 0x5c,
  close: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
  zero: 0x30,
  nine: 0x39,
  exponent: 0x65,
  largeExponent: 0x45,
}

/** Names that stand twice are listed up to here. Source: upstream's strict decoder. */
const duplicatesMax = 100

export interface ScannedJson {
  /** Paths like `spec.containers[0].name` of names that stand twice. */
  duplicates: string[]
  /** What the oddest number is written with: digits alone, a fraction or an exponent, more than any number holds. */
  numbers: 'whole' | 'fractions' | 'infinite'
}

/** Members, elements, lists and objects count as values. Throws `DecodeError`. */
export function scanJson(text: string, valuesMax: number): ScannedJson {
  const found: string[] = []
  let numbers: ScannedJson['numbers'] = 'whole'
  const frames: Frame[] = []
  let frame: Frame | undefined
  let values = 0
  for (let position = 0; position < text.length; position++) {
    const char = text.charCodeAt(position)
    if (char === code.quote) {
      const end = closingQuote(text, position)
      if (frame?.isObject && isName(text, end)) noteName(frame, nameOf(text, position, end), frames, found)
      position = end
    } else if (char === code.comma) {
      if (++values > valuesMax) throw tooManyValues(valuesMax)
      if (frame && !frame.isObject) frame.at = (frame.at as number) + 1
    } else if (char === code.openObject || char === code.open) {
      if (++values > valuesMax) throw tooManyValues(valuesMax)
      const isObject = char === code.openObject
      frame = { isObject, at: isObject ? undefined : 0, names: undefined }
      if (frames.push(frame) > nestingMax)
        throw new DecodeError(`json: the document is nested deeper than ${nestingMax}`)
    } else if (char === code.closeObject || char === code.close) {
      frames.pop()
      frame = frames[frames.length - 1]
    } else if (isPointOrExponent(char) && isDigit(text.charCodeAt(position - 1)) && numbers !== 'infinite') {
      numbers = isInfinite(text, position) ? 'infinite' : 'fractions'
    }
  }
  return { duplicates: found, numbers }
}

function isPointOrExponent(char: number): boolean {
  return char === code.point || char === code.exponent || char === code.largeExponent
}

/** What is larger than any number would be read as infinite, and written as null. */
function isInfinite(text: string, exponent: number): boolean {
  if (text.charCodeAt(exponent) === code.point) return false
  let start = exponent - 1
  while (start > 0 && /[0-9.-]/.test(text.charAt(start - 1))) start--
  const number = /^[eE][-+]?\d+/.exec(text.slice(exponent, exponent + exponentLengthMax))
  return !Number.isFinite(Number(text.slice(start, exponent) + (number?.[0] ?? '')))
}

const exponentLengthMax = 400

function isDigit(char: number): boolean {
  return char >= code.zero && char <= code.nine
}

function tooManyValues(valuesMax: number): DecodeError {
  return new DecodeError(`json: the document has more than ${valuesMax} values`)
}

/** Where the string that opens at `start` closes; the end of the text when it does not. */
export function closingQuote(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && text.charCodeAt(end - 1) === code.backslash && isEscaped(text, start, end)) {
    end = text.indexOf('"', end + 1)
  }
  return end < 0 ? text.length : end
}

function isEscaped(text: string, start: number, end: number): boolean {
  let before = end - 1
  while (before > start && text.charCodeAt(before) === code.backslash) before--
  return (end - 1 - before) % 2 === 1
}

/** A string before a colon. */
function isName(text: string, end: number): boolean {
  let next = end + 1
  while (text.charCodeAt(next) <= 0x20) next++
  return text.charCodeAt(next) === code.colon
}

function nameOf(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end)
  if (!name.includes('\\')) return name
  try {
    return JSON.parse(`"${name}"`) as string
  } catch {
    return name
  }
}

function noteName(frame: Frame, name: string, frames: readonly Frame[], found: string[]): void {
  if (typeof frame.at === 'string') {
    frame.names ??= new Set()
    frame.names.add(frame.at)
  }
  frame.at = name
  if (frame.names?.has(name) && found.length < duplicatesMax) found.push(pathOf(frames))
}

function pathOf(frames: readonly Frame[]): string {
  const parts = frames.map(({ at }) => (typeof at === 'number' ? `[${at}]` : `.${at}`))
  return parts.join('').slice(1)
}
