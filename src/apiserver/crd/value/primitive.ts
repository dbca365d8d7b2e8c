/** Checks of single values: type, format, range, length, pattern, enumeration. Texts are upstream's. */
import { jsonEqual } from '../../../api/patch/json-value.ts'
import { compilePattern, PatternError } from '../../../api/pattern.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { isKnownFormat, matchesFormat } from './formats.ts'
import { goNumber } from './go-number.ts'
import { failed, Result } from './result.ts'
import { type At, isLimit } from './validate.ts'

export function checkTypeOfNull(at: At): Result {
  const types = typesOf(at.schema)
  if (types.length > 0 && !at.schema.nullable) return wrongType(at, types.join(','), 'null')
  return passed()
}

export function checkType(at: At, value: unknown): Result {
  const types = typesOf(at.schema)
  const format = formatOf(at.schema)
  const [type, valueFormat] = jsonType(value)
  const isTextOrList = typeof value === 'string' || Array.isArray(value)
  const fits = types.includes(type) || (type === 'integer' && types.includes('number'))
  if (!isTextOrList && format !== '' && !fits && valueFormat !== format) return wrongType(at, format, valueFormat)
  const numeric = types.includes('number') || types.includes('integer')
  if (!numeric && format !== '' && isTextOrList) return passed()
  return fits ? passed() : wrongType(at, types.join(','), type)
}

export function checkText({ schema, path }: At, text: string): Result | undefined {
  const { maxLength, minLength, pattern } = schema
  const length = isLimit(maxLength) || isLimit(minLength) ? codePoints(text) : 0
  if (isLimit(maxLength) && length > maxLength) {
    const message = `${path} in body should be at most ${maxLength} chars long`
    return failed({ kind: 'tooLong', path, value: text, max: maxLength, message })
  }
  if (isLimit(minLength) && length < minLength) {
    const message = `${path} in body should be at least ${minLength} chars long`
    return failed({ kind: 'other', path, value: text, message })
  }
  const problem = pattern ? patternProblem(pattern, text) : undefined
  return problem === undefined
    ? undefined
    : failed({ kind: 'other', path, value: text, message: `${path} in body should match '${problem}'` })
}

function patternProblem(pattern: string, text: string): string | undefined {
  try {
    return compilePattern(pattern).test(text) ? undefined : pattern
  } catch (error) {
    if (error instanceof PatternError) return `${pattern}, but pattern is invalid: ${error.message}`
    throw error
  }
}

export function checkFormat(at: At, text: string): Result | undefined {
  const format = formatOf(at.schema)
  if (format === '' || matchesFormat(format, text) !== false) return undefined
  return wrongType(at, format, text)
}

export function checkNumber(at: At, exact: number | bigint): Result {
  const value = Number(exact)
  const { schema, path } = at
  const types = typesOf(schema)
  const type = types.length === 1 && (types[0] === 'integer' || types[0] === 'number') ? types[0] : ''
  const range: Range = { type, format: type === '' ? '' : formatOf(schema), path }
  const result = new Result()
  const add = (message: string, shown: unknown = exact) => result.add({ kind: 'other', path, value: shown, message })
  const outside = outOfRange(range, exact, 'Checked')
  if (outside) result.add({ kind: 'other', message: outside })
  const { multipleOf, maximum, minimum, exclusiveMaximum = false, exclusiveMinimum = false } = schema
  if (isLimit(multipleOf)) checkMultiple(range, value, multipleOf, result)
  if (isLimit(maximum)) {
    const limit = boundary(range, value, maximum, 'Maximum boundary', result)
    if (exclusiveMaximum ? value >= limit : value > limit)
      add(`${path} in body should be less than ${exclusiveMaximum ? '' : 'or equal to '}${goNumber(limit)}`)
  }
  if (isLimit(minimum)) {
    const limit = boundary(range, value, minimum, 'Minimum boundary', result)
    if (exclusiveMinimum ? value <= limit : value < limit)
      add(`${path} in body should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${goNumber(limit)}`)
  }
  result.matches += 1
  return result
}

interface Range {
  type: string
  format: string
  path: string
}

/** Whole numbers are compared with the whole part of a limit. */
function boundary(range: Range, value: number, limit: number, what: string, result: Result): number {
  const outside = outOfRange(range, limit, what)
  if (outside) {
    result.add({ kind: 'other', message: outside })
    return limit
  }
  return Number.isSafeInteger(value) ? Math.trunc(limit) : limit
}

function checkMultiple(range: Range, value: number, multipleOf: number, result: Result): void {
  const outside = outOfRange(range, multipleOf, 'MultipleOf')
  if (outside) result.add({ kind: 'other', message: outside })
  const factor = !outside && Number.isSafeInteger(value) ? Math.trunc(multipleOf) : multipleOf
  const { path } = range
  if (factor <= 0) {
    const message = `factor MultipleOf declared for ${path} must be positive: ${goNumber(factor)}`
    result.add({ kind: 'other', path, value: factor, message })
    return
  }
  const quotient = factor < 1 ? (1 / factor) * value : value / factor
  if (Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient))) return
  result.add({ kind: 'other', path, value, message: `${path} in body should be a multiple of ${goNumber(factor)}` })
}

const int32Max = 2_147_483_647
const float32Max = 3.402_823_466_385_288_6e38

function outOfRange({ type, format, path }: Range, exact: number | bigint, prefix: string): string | undefined {
  const value = Number(exact)
  if (type === 'integer') {
    const isWhole = typeof exact === 'bigint' || (Number.isInteger(value) && Math.abs(value) < 2 ** 63)
    if (isWhole && (format !== 'int32' || (value <= int32Max && value >= -int32Max - 1))) return undefined
  } else if (type !== 'number' || format !== 'float' || Math.abs(value) <= float32Max) return undefined
  const what = format === '' ? `type ${type} (default format)` : `type ${type} with format ${format}`
  return `${prefix} value must be of ${what} in ${path}`
}

const enumTexts = new WeakMap<readonly unknown[], ReadonlySet<string>>()

/** Null is no value of an enumeration, even one that lists it. */
export function checkEnum({ schema, path }: At, value: unknown): Result | undefined {
  const values = schema.enum
  if (!values || values.length === 0) return undefined
  if (
    value !== null &&
    (typeof value === 'object' ? values.some((each) => jsonEqual(each, value)) : has(values, value))
  )
    return undefined
  return failed({ kind: 'enum', path, value, supported: values, message: `${path} in body should be one of the enum` })
}

/** Large enumerations are looked up, not searched. */
function has(values: readonly unknown[], value: unknown): boolean {
  let texts = enumTexts.get(values)
  if (!texts) {
    texts = new Set(values.filter((each) => typeof each !== 'object').map((each) => JSON.stringify(each)))
    enumTexts.set(values, texts)
  }
  return texts.has(JSON.stringify(value))
}

/** JSON schema's type and the format that Go's own type has. */
function jsonType(value: unknown): [string, string] {
  if (typeof value === 'bigint') return ['integer', 'int64']
  if (typeof value === 'number') return Number.isSafeInteger(value) ? ['integer', 'int64'] : ['number', 'float64']
  if (Array.isArray(value)) return ['array', '']
  return [typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'object', '']
}

function typesOf(schema: JSONSchemaProps): readonly string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string']
  return schema.type ? [schema.type] : []
}

/** Formats that are not known, or not for the type, count as not given. */
function formatOf(schema: JSONSchemaProps): string {
  const { format } = schema
  const type = schema['x-kubernetes-int-or-string'] ? '' : schema.type
  return format && isKnownFormat(type, format) ? format : ''
}

function codePoints(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0xdc00 || unit > 0xdfff) count += 1
  }
  return count
}

function wrongType({ path }: At, wanted: string, shown: string): Result {
  const message = `${path} in body must be of type ${wanted}: ${JSON.stringify(shown)}`
  return failed({ kind: 'type', path, value: shown, message })
}

function passed(): Result {
  const result = new Result()
  result.matches = 1
  return result
}
