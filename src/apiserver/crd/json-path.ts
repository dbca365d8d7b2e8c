/**
 * JSONPath as printer columns and selectable fields use it: members (`.spec.replicas`, `['a.b']`, `.a\.b`), indexes,
 * slices, `[*]`, `..name` and comparisons (`[?(@.type=="Ready")]`). A path is read once; what is missing finds nothing.
 *
 * Source: https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
import { isObject, member } from '../../api/patch/json-value.ts'

export interface JsonPath {
  find(value: unknown): unknown[]
}

/** A text that is no path. */
export class JsonPathError extends Error {
  override name = 'JsonPathError'
}

type Step = (value: unknown, found: unknown[]) => void

/** More results than this are not looked for: the first ones are what is shown. */
const resultsMax = 1_000

/** The braces around it may be left out. Throws `JsonPathError`. */
export function parseJsonPath(text: string): JsonPath {
  const body = /^\{(.*)\}$/s.exec(text)?.[1] ?? text
  const steps = new PathParser(body).steps()
  return { find: (value) => follow(steps, value) }
}

function follow(steps: readonly Step[], value: unknown): unknown[] {
  let values: unknown[] = [value]
  for (const step of steps) {
    const found: unknown[] = []
    for (const each of values) {
      step(each, found)
      if (found.length >= resultsMax) break
    }
    values = found
  }
  return values
}

class PathParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text.startsWith('$') ? text.slice(1) : text
  }

  steps(): Step[] {
    const steps: Step[] = []
    while (this.#at < this.#text.length) {
      const step = this.#step()
      if (step) steps.push(step)
    }
    return steps
  }

  #step(): Step | undefined {
    if (this.#text.startsWith('..', this.#at)) {
      this.#at += 2
      const name = this.#name()
      return (value, found) => descend(value, name, found)
    }
    if (this.#text[this.#at] === '[') return this.#brackets()
    if (this.#text[this.#at] !== '.') throw new JsonPathError(`"${this.#text}" is no path: expected "." or "["`)
    this.#at += 1
    if (this.#at === this.#text.length || this.#text[this.#at] === '[') return undefined
    return named(this.#name())
  }

  #name(): string {
    let name = ''
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!
      if (char === '\\' && this.#at + 1 < this.#text.length) name += this.#text[++this.#at]
      else if (char === '.' || char === '[') break
      else name += char
    }
    return name
  }

  #brackets(): Step {
    const end = closingBracket(this.#text, this.#at)
    const inside = this.#text.slice(this.#at + 1, end).trim()
    this.#at = end + 1
    const filter = /^\?\s*\((.*)\)$/s.exec(inside)?.[1]
    if (filter !== undefined) return filtered(filter)
    const alternatives = splitOutsideQuotes(inside, ',').map(selection)
    return (value, found) => {
      for (const select of alternatives) select(value, found)
    }
  }
}

function closingBracket(text: string, start: number): number {
  let depth = 0
  let quote = ''
  for (let index = start; index < text.length; index++) {
    const char = text[index]!
    if (quote !== '') {
      if (char === '\\') index += 1
      else if (char === quote) quote = ''
    } else if (char === "'" || char === '"') quote = char
    else if (char === '[') depth += 1
    else if (char === ']' && --depth === 0) return index
  }
  throw new JsonPathError(`"${text}" is no path: unterminated array`)
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts = ['']
  let quote = ''
  for (const char of text) {
    if (quote === '' && (char === "'" || char === '"')) quote = char
    else if (char === quote) quote = ''
    if (char === separator && quote === '') parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts.map((part) => part.trim())
}

function selection(text: string): Step {
  const quoted = /^(['"])(.*)\1$/s.exec(text)?.[2]
  if (quoted !== undefined) return named(quoted.replace(/\\(.)/g, '$1'))
  if (text === '*') return named('*')
  const slice = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(text)
  if (slice) return sliced(slice[1] ?? '', slice[2] ?? '', Number(slice[3] ?? '1') || 1)
  if (!/^-?\d+$/.test(text)) throw new JsonPathError(`"[${text}]" is no part of a path`)
  const index = Number(text)
  return (value, found) => {
    const item = Array.isArray(value) ? value.at(index) : undefined
    if (item !== undefined) found.push(item)
  }
}

function sliced(from: string, to: string, step: number): Step {
  return (value, found) => {
    if (!Array.isArray(value)) return
    const part = value.slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to))
    for (let index = 0; index < part.length; index += step) found.push(part[index])
  }
}

function named(name: string): Step {
  if (name === '*') return (value, found) => found.push(...membersOf(value))
  return (value, found) => {
    const item = isObject(value) ? member(value, name) : undefined
    if (item !== undefined) found.push(item)
  }
}

function membersOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.slice(0, resultsMax)
  return isObject(value) ? Object.values(value).slice(0, resultsMax) : []
}

function descend(value: unknown, name: string, found: unknown[]): void {
  if (found.length >= resultsMax) return
  if (name === '' || name === '*') found.push(...membersOf(value))
  else named(name)(value, found)
  for (const item of membersOf(value)) descend(item, name, found)
}

const comparison = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s

function filtered(text: string): Step {
  const match = comparison.exec(text.trim())
  const [left, operator, right] = match
    ? [operand(match[1] ?? ''), match[2] ?? '', operand(match[3] ?? '')]
    : [operand(text), '', undefined]
  return (value, found) => {
    for (const item of membersOf(value)) {
      const a = left(item)
      if (right === undefined ? a !== undefined : compares(a, operator, right(item))) found.push(item)
    }
  }
}

function operand(text: string): (item: unknown) => unknown {
  const trimmed = text.trim()
  if (trimmed.startsWith('@')) {
    const path = parseJsonPath(trimmed.slice(1))
    return (item) => path.find(item)[0]
  }
  const quoted = /^(['"])(.*)\1$/s.exec(trimmed)?.[2]
  const constant = quoted ?? literal(trimmed)
  return () => constant
}

function literal(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text !== '' && Number.isFinite(Number(text))) return Number(text)
  throw new JsonPathError(`"${text}" is no value to compare with`)
}

function compares(a: unknown, operator: string, b: unknown): boolean {
  if (a === undefined || b === undefined) return operator === '!=' && a !== b
  if (operator === '==') return a === b
  if (operator === '!=') return a !== b
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false
  const [left, right] = [a, b as typeof a]
  if (operator === '<') return left < right
  if (operator === '>') return left > right
  return operator === '<=' ? left <= right : left >= right
}
