/**
 * Texts: CEL's own functions and the strings library, version 2. Positions count code points.
 * Source: https://pkg.go.dev/github.com/google/cel-go/ext#Strings
 */
import { type Costs, declare, type Overload } from '../functions.ts'
import type { Runtime } from '../runtime.ts'
import { add, exactly, scaled, textFactor, times, unknownSize } from '../sizes.ts'
import { CelError, type CelList, codePoints, Items, sizeOf, type Value } from '../values.ts'
import { reading, scanning } from './costs.ts'
import { formatText } from './format-text.ts'
import { indexOfText, lastIndexOfText, occurrences } from './search.ts'

/** A text by its code points. Most have no surrogates and are their own. */
class Points {
  readonly text: string
  readonly #points: readonly string[] | undefined

  constructor(text: string) {
    this.text = text
    this.#points = /[\ud800-\udfff]/.test(text) ? [...text] : undefined
  }

  get size(): number {
    return this.#points?.length ?? this.text.length
  }

  slice(from: number, to: number): string {
    return this.#points ? this.#points.slice(from, to).join('') : this.text.slice(from, to)
  }

  /** The UTF-16 position of a code point. */
  unit(point: number): number {
    return this.#points ? this.#points.slice(0, point).join('').length : point
  }

  /** The code point at a UTF-16 position. */
  point(unit: number): number {
    return unit === -1 || !this.#points ? unit : codePoints(this.text.slice(0, unit))
  }
}

function outOfRange(index: bigint): CelError {
  return new CelError(`index out of range: ${index}`)
}

function charAt(_: Runtime, text: string, index: bigint): string {
  const points = new Points(text)
  if (index < 0n || index > points.size) throw outOfRange(index)
  return points.slice(Number(index), Number(index) + 1)
}

function indexOf(_: Runtime, text: string, wanted: string, offset = 0n): bigint {
  if (offset < 0n) throw outOfRange(offset)
  const points = new Points(text)
  if (wanted === '') return offset > points.size ? BigInt(points.size) : offset
  if (offset >= points.size) return -1n
  return BigInt(points.point(indexOfText(text, wanted, points.unit(Number(offset)))))
}

function lastIndexOf(_: Runtime, text: string, wanted: string, offset?: bigint): bigint {
  if (offset !== undefined && offset < 0n) throw outOfRange(offset)
  const points = new Points(text)
  if (wanted === '') return offset === undefined || offset > points.size ? BigInt(points.size) : offset
  if (offset !== undefined && offset >= points.size) return -1n
  const from = offset === undefined ? text.length : points.unit(Number(offset))
  return BigInt(points.point(lastIndexOfText(text, wanted, from)))
}

function substring(_: Runtime, text: string, start: bigint, end?: bigint): string {
  const points = new Points(text)
  if (end !== undefined && start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  if (start < 0n || start > points.size) throw outOfRange(start)
  if (end !== undefined && (end < 0n || end > points.size)) throw outOfRange(end)
  return points.slice(Number(start), end === undefined ? points.size : Number(end))
}

/** A negative limit is none. */
function replace(runtime: Runtime, text: string, old: string, by: string, limit = -1n): string {
  if (limit === 0n || old === by) return text
  const places = old === '' ? gaps(text) : occurrences(text, old)
  const parts: string[] = []
  let size = 0
  let end = 0
  let left = limit
  for (const at of places) {
    if (left-- === 0n) break
    const part = text.slice(end, at)
    size += part.length + by.length
    runtime.make(0)
    if (size > text.length + by.length) runtime.make(size - text.length)
    parts.push(part, by)
    end = at + old.length
  }
  parts.push(text.slice(end))
  return parts.join('')
}

/** Before every code point, and at the end. */
function* gaps(text: string): Iterable<number> {
  let at = 0
  for (const point of text) {
    yield at
    at += point.length
  }
  yield at
}

function split(runtime: Runtime, text: string, separator: string, limit = -1n): Items {
  if (limit === 0n) return new Items([])
  const parts: string[] = []
  if (separator === '') {
    const points = [...text]
    const whole = limit < 0n || points.length <= limit
    const kept = whole ? points.length : Number(limit) - 1
    runtime.make(points.length)
    return new Items(whole ? points : [...points.slice(0, kept), points.slice(kept).join('')])
  }
  let end = 0
  for (const at of occurrences(text, separator)) {
    if (limit > 0n && BigInt(parts.length) + 1n >= limit) break
    parts.push(text.slice(end, at))
    end = at + separator.length
  }
  parts.push(text.slice(end))
  runtime.make(parts.length)
  return new Items(parts)
}

function join(runtime: Runtime, list: CelList, separator = ''): string {
  const parts: string[] = []
  let size = 0
  for (const item of list) {
    if (typeof item !== 'string') throw new CelError('join: invalid input: not a string')
    size += item.length + separator.length
    runtime.make(size > 100_000 ? size : 0)
    parts.push(item)
  }
  return parts.join(separator)
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

export function quote(text: string): string {
  const escaped = text.toWellFormed().replace(/[\p{Cc}"\\]/gu, (character) => escapes[character] ?? character)
  return `"${escaped}"`
}

const ascii = (text: string, pattern: RegExp, by: number): string =>
  text.replace(pattern, (letter) => String.fromCharCode(letter.charCodeAt(0) + by))

/** As in Go's `unicode.IsSpace`. */
const spaces = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const leading = new RegExp(`^${spaces}`, 'u')

function trim(text: string): string {
  const start = leading.exec(text)?.[0].length ?? 0
  let end = text.length
  const one = new RegExp(spaces, 'u')
  while (end > start && one.test(text[end - 1]!)) end--
  return text.slice(start, end)
}

const prefixed: Costs = {
  cost: ([text]) => Math.ceil(sizeOf(text!) * textFactor),
  estimate: ({ args: [part] }) => ({ cost: scaled(part!.size, textFactor) }),
}

const containing: Costs = {
  cost: ([text, part]) => Math.ceil(sizeOf(text!) * textFactor) * Math.ceil(sizeOf(part!) * textFactor),
  estimate: ({ target, args: [part] }) => ({
    cost: times(scaled(target!.size, textFactor), scaled(part!.size, textFactor)),
  }),
}

const replacing: Costs = {
  cost: reading(2).cost,
  estimate: ({ target, args: [old, by] }) => {
    const { size } = target!
    const max =
      old!.size.min === 0
        ? (size.max + 1) * by!.size.max + size.max
        : by!.size.max <= old!.size.min
          ? size.max
          : Math.ceil(size.max / old!.size.min) * by!.size.max
    const min =
      old!.size.max === 0
        ? (size.min + 1) * by!.size.min + size.min
        : old!.size.max <= by!.size.min
          ? size.min
          : Math.ceil(size.min / old!.size.max) * by!.size.min
    return { cost: scaled(size, 2 * textFactor), size: { min: min || 0, max: Number.isNaN(max) ? 0 : max } }
  },
}

const splitting: Costs = {
  cost: reading(2).cost,
  estimate: ({ target, args: [, limit] }) => {
    const { size } = target!
    const written = limit?.expr.kind === 'literal' ? limit.expr.value : undefined
    const max = typeof written === 'bigint' && written >= 0n ? Number(written) : size.max
    return { cost: scaled(size, 2 * textFactor), size: { min: 0, max } }
  },
}

const joiningCosts: Costs = {
  cost: () => 0,
  costAfter: (result) => Math.ceil(sizeOf(result) * 2 * textFactor),
  estimate: ({ target, args: [separator] }) => {
    const list = target!.size
    let size = target!.element ? times(list, target!.element.size) : exactly(0)
    if (separator) {
      const gaps = { min: Math.max(list.min - 1, 0), max: Math.max(list.max - 1, 0) }
      size = add(size, times(separator.size, gaps))
    }
    return { cost: scaled(size, textFactor), size }
  },
}

const quoting: Costs = {
  cost: ([text]) => Math.ceil(sizeOf(text!) * textFactor),
  estimate: ({ args: [text] }) => {
    const { min, max } = text!.size
    return { cost: scaled(text!.size, textFactor), size: { min: min + 2, max: max * 2 + 2 } }
  },
}

const formatting: Costs = {
  cost: ([text]) => Math.ceil(sizeOf(text!) * textFactor),
  estimate: ({ target }) => ({ cost: scaled(target?.size ?? unknownSize, textFactor) }),
}

export const text: readonly Overload[] = [
  declare('string.contains(string): bool', (_, a: string, b: string) => indexOfText(a, b) !== -1, containing),
  declare('string.startsWith(string): bool', (_, a: string, b: string) => a.startsWith(b), prefixed),
  declare('string.endsWith(string): bool', (_, a: string, b: string) => a.endsWith(b), prefixed),
  declare('string.charAt(int): string', charAt),
  declare('string.indexOf(string): int', indexOf, scanningText()),
  declare('string.indexOf(string, int): int', indexOf, scanningText()),
  declare('string.lastIndexOf(string): int', lastIndexOf, scanningText()),
  declare('string.lastIndexOf(string, int): int', lastIndexOf, scanningText()),
  declare('string.lowerAscii(): string', (_, a: string) => ascii(a, /[A-Z]/g, 32), reading(1, 'same')),
  declare('string.upperAscii(): string', (_, a: string) => ascii(a, /[a-z]/g, -32), reading(1, 'same')),
  declare('string.replace(string, string): string', replace, replacing),
  declare('string.replace(string, string, int): string', replace, replacing),
  declare('string.split(string): list<string>', split, splitting),
  declare('string.split(string, int): list<string>', split, splitting),
  declare('string.substring(int): string', substring, reading(1, 'same')),
  declare('string.substring(int, int): string', substring, reading(1, 'same')),
  declare('string.trim(): string', (_, a: string) => trim(a), reading(1, 'same')),
  declare('list<string>.join(): string', join, joiningCosts),
  declare('list<string>.join(string): string', join, joiningCosts),
  declare(
    'string.format(list<dyn>): string',
    (runtime, a: string, b: CelList) => formatText(runtime, a, b),
    formatting,
  ),
  declare('strings.quote(string): string', (_, a: string) => quote(a), quoting),
]

function scanningText(): Costs {
  return { cost: ([value]: readonly Value[]) => scanning.cost!([value!]), estimate: scanning.estimate }
}
