/** The text of label selectors: `app=web,tier in (a,b),!old,n>3`. Error texts are upstream's. */
import { badRequest } from '../errors.ts'
import {
  byKey,
  keyErrors,
  type LabelOperator,
  type LabelRequirement,
  type LabelRequirements,
  requirement,
  SelectorError,
} from './label-requirement.ts'
import { type Token, tokenize } from './label-tokens.ts'

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
