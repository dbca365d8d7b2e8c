/**
 * Label selectors, as text (`app=web,tier in (a,b),!old`) and as objects (`matchLabels`, `matchExpressions`): parsed to
 * requirements, matched, and written back in the canonical form. Error texts are upstream's.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import { badRequest } from '../errors.ts'
import { isLabelValue, isQualifiedName } from '../names.ts'
import type { LabelSelector, LabelSelectorRequirement } from '../types/meta/v1.ts'
import { type Token, tokenize } from './label-tokens.ts'

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

/** All must hold; the empty list selects everything. */
export type LabelRequirements = readonly LabelRequirement[]

export type Labels = Readonly<Record<string, string>> | undefined

export class SelectorError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SelectorError'
  }
}

/** Sorted by key. Throws `SelectorError`. */
export function parseLabelSelector(text: string): LabelRequirements {
  const parser = new Parser(tokenize(text))
  return parser.parse().sort(byKey)
}

/** As `parseLabelSelector`, for query parameters: throws the 400 that the API answers. */
export function labelSelectorParameter(text: string): LabelRequirements {
  try {
    return parseLabelSelector(text)
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

/** Absent selects nothing, empty selects everything. Throws `SelectorError` on an unknown operator or broken values. */
export function labelSelectorRequirements(selector: LabelSelector | undefined): LabelRequirements | 'nothing' {
  if (!selector) return 'nothing'
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => requirement(key, '=', [value]))
  for (const expression of selector.matchExpressions ?? []) requirements.push(expressionRequirement(expression))
  return requirements.sort(byKey)
}

export function matchesLabels(requirements: LabelRequirements, labels: Labels): boolean {
  return requirements.every((each) => matchesRequirement(each, labels))
}

/** An absent or broken selector matches nothing, an empty one everything. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false
  for (const key in selector.matchLabels) {
    if (labelOf(labels, key) !== selector.matchLabels[key]) return false
  }
  return (selector.matchExpressions ?? []).every((expression) => matchesExpression(expression, labels))
}

/** A plain map selector (Service, ReplicationController): an absent or empty one matches nothing. */
export function matchesLabelMap(selector: Readonly<Record<string, string>> | undefined, labels: Labels): boolean {
  const keys = Object.keys(selector ?? {})
  return keys.length > 0 && keys.every((key) => labelOf(labels, key) === selector?.[key])
}

/** The canonical text, as scale subresources and `kubectl` show it. */
export function formatLabelSelector(requirements: LabelRequirements): string {
  return requirements.map(formatRequirement).join(',')
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const list = [...values].sort().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    default:
      return `${key}${operator}${list}`
  }
}

function matchesRequirement({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labelOf(labels, key)
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt':
      return value !== undefined && comparesAs(operator, value, values[0] ?? '')
  }
}

/** Labels that aren't integers match neither. */
function comparesAs(operator: 'gt' | 'lt', value: string, bound: string): boolean {
  if (!isInteger(value) || !isInteger(bound)) return false
  return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
}

function isInteger(text: string): boolean {
  return /^[-+]?[0-9]{1,19}$/.test(text) && BigInt.asIntN(64, toBigInt(text)) === toBigInt(text)
}

function toBigInt(text: string): bigint {
  return BigInt(text.startsWith('+') ? text.slice(1) : text)
}

function labelOf(labels: Labels, key: string): string | undefined {
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined
}

const expressionOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

function matchesExpression({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean {
  const known = Object.hasOwn(expressionOperators, operator) ? expressionOperators[operator] : undefined
  return known !== undefined && matchesRequirement({ key, operator: known, values: values ?? [] }, labels)
}

function expressionRequirement({ key, operator, values }: LabelSelectorRequirement): LabelRequirement {
  const known = Object.hasOwn(expressionOperators, operator) ? expressionOperators[operator] : undefined
  if (!known) throw new SelectorError(`"${operator}" is not a valid label selector operator`)
  return requirement(key, known, values ?? [])
}

function byKey(left: LabelRequirement, right: LabelRequirement): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0
}

/** Checks key and values as upstream does; several errors read `[a, b]`. */
function requirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors = keyErrors(key, 'key')
  errors.push(...countErrors(operator, values))
  values.forEach((value, index) => {
    if (operator === 'gt' || operator === 'lt') {
      if (!isInteger(value)) {
        const rule = "for 'Gt', 'Lt' operators, the value must be an integer"
        errors.push(`values[${index}]: Invalid value: ${JSON.stringify(value)}: ${rule}`)
      }
    }
    const broken = isLabelValue(value)
    if (broken.length > 0) {
      errors.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${broken.join('; ')}`)
    }
  })
  if (errors.length > 0) throw new SelectorError(errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`)
  return { key, operator, values }
}

function keyErrors(key: string, path: string): string[] {
  const broken = isQualifiedName(key)
  return broken.length === 0 ? [] : [`${path}: Invalid value: ${JSON.stringify(key)}: ${broken.join('; ')}`]
}

function countErrors(operator: LabelOperator, values: readonly string[]): string[] {
  const shown = JSON.stringify(values)
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length > 0) return []
      return [`values: Invalid value: ${shown}: for 'in', 'notin' operators, values set can't be empty`]
    case 'exists':
    case '!':
      if (values.length === 0) return []
      return [`values: Invalid value: ${shown}: values set must be empty for exists and does not exist`]
    case 'gt':
    case 'lt':
      if (values.length === 1) return []
      return [`values: Invalid value: ${shown}: for 'Gt', 'Lt' operators, exactly one value is required`]
    default:
      if (values.length === 1) return []
      return [`values: Invalid value: ${shown}: exact-match compatibility requires one single value`]
  }
}

const operatorTokens: Readonly<Partial<Record<Token['kind'], LabelOperator>>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}

/** One left-to-right pass; where a value may stand, the words `in` and `notin` are values. */
class Parser {
  readonly #tokens: readonly Token[]
  #position = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const token = this.#peekValue()
      if (token.kind === 'end') return requirements
      if (token.kind !== 'identifier' && token.kind !== '!') {
        throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`)
      }
      requirements.push(this.#requirementOrError())
      const next = this.#takeValue()
      if (next.kind === 'end') return requirements
      if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peekValue()
      if (after.kind !== 'identifier' && after.kind !== '!') {
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`)
      }
    }
  }

  #requirementOrError(): LabelRequirement {
    try {
      return this.#requirement()
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`)
      throw error
    }
  }

  #requirement(): LabelRequirement {
    let token = this.#takeValue()
    const negated = token.kind === '!'
    if (negated) token = this.#takeValue()
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`)
    const key = token.text
    const errors = keyErrors(key, '<nil>')
    if (errors.length > 0) throw new SelectorError(errors[0] ?? '')
    if (negated) return requirement(key, '!', [])
    const next = this.#peekValue().kind
    if (next === 'end' || next === ',') return requirement(key, 'exists', [])
    const operator = this.#operator()
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]
    return requirement(key, operator, [...new Set(values)].sort())
  }

  #operator(): LabelOperator {
    const token = this.#take()
    const operator = operatorTokens[token.kind]
    if (!operator) throw new SelectorError(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`)
    return operator
  }

  #exactValue(): string {
    const next = this.#peekValue()
    if (next.kind === 'end' || next.kind === ',') return ''
    const token = this.#takeValue()
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`)
    return token.text
  }

  #values(): string[] {
    const open = this.#takeValue()
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`)
    const values: string[] = []
    let previous: Token['kind'] = ','
    for (;;) {
      const token = this.#takeValue()
      if (token.kind === 'identifier' && previous === ',') values.push(token.text)
      else if (token.kind === ',' || token.kind === ')') {
        if (previous === ',') values.push('')
        if (token.kind === ')') return values
      } else throw new SelectorError(valueListError(token, previous, values.length))
      previous = token.kind
    }
  }

  #take(): Token {
    const token = this.#tokens[this.#position] ?? { kind: 'end', text: '' }
    this.#position++
    return token
  }

  #takeValue(): Token {
    return asValue(this.#take())
  }

  #peekValue(): Token {
    return asValue(this.#tokens[this.#position] ?? { kind: 'end', text: '' })
  }
}

function asValue(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
}

function valueListError(token: Token, previous: Token['kind'], count: number): string {
  if (previous === 'identifier') return `found '${token.text}', expected: ',' or ')'`
  return count === 0
    ? `found '${token.text}', expected: ',', ')' or identifier`
    : `found '${token.text}', expected: ',', or identifier`
}
