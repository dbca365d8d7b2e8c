/**
 * Parses an expression by recursive descent. Source: the grammar of
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax, the limits of cel-go's parser.
 */

import { limits } from '../../limits.ts'
import type { Entry, Expr, FieldInit } from './ast.ts'
import { IssueError } from './issues.ts'
import { type Token, tokenize } from './lexer.ts'
import { expandMacro, Factory, type Macros } from './macros.ts'
import { int64Max } from './values.ts'

/** May be fields, but not variables or functions. */
const reserved = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
)

const relations: Readonly<Record<string, string>> = {
  '<': '_<_',
  '<=': '_<=_',
  '>': '_>_',
  '>=': '_>=_',
  '==': '_==_',
  '!=': '_!=_',
  in: '@in',
}
const sums: Readonly<Record<string, string>> = { '+': '_+_', '-': '_-_' }
const products: Readonly<Record<string, string>> = { '*': '_*_', '/': '_/_', '%': '_%_' }

/** Throws `IssueError`. */
export function parse(source: string, macros: Macros = { bind: false }): Expr {
  if (source.length > limits.celExpressionCodePointsMax) {
    const size = [...source].length
    if (size > limits.celExpressionCodePointsMax) {
      const limit = limits.celExpressionCodePointsMax
      throw new IssueError(0, `expression code point size exceeds limit: size: ${size}, limit ${limit}`)
    }
  }
  return new Parser(tokenize(source), macros).whole()
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #macros: Macros
  readonly #make = new Factory()
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], macros: Macros) {
    this.#tokens = tokens
    this.#macros = macros
  }

  whole(): Expr {
    const expr = this.#expression()
    const token = this.#peek()
    if (token.kind !== 'end') {
      const isOnlyOne = this.#tokens[this.#next + 1]?.kind === 'end'
      throw this.#unexpected(token, isOnlyOne ? 'extraneous input' : 'mismatched input', '<EOF>')
    }
    return expr
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }

  #take(): Token {
    return this.#tokens[this.#next++]!
  }

  #is(text: string): boolean {
    const token = this.#peek()
    return token.kind === 'operator' && token.text === text
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false
    this.#next++
    return true
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected(this.#peek(), 'mismatched input', `'${text}'`)
  }

  #unexpected(token: Token, how: string, expected: string): IssueError {
    return new IssueError(token.at, `Syntax error: ${how} '${token.text}' expecting ${expected}`)
  }

  #deeper<T>(parse: () => T): T {
    if (++this.#depth > limits.celExpressionDepthMax) {
      const limit = limits.celExpressionDepthMax
      throw new IssueError(this.#peek().at, `expression recursion limit exceeded: ${limit}`)
    }
    const result = parse()
    this.#depth--
    return result
  }

  #expression(): Expr {
    return this.#deeper(() => {
      const condition = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()))
      const { at } = this.#peek()
      if (!this.#accept('?')) return condition
      const whenTrue = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()))
      this.#expect(':')
      return this.#make.call(at, '_?_:_', [condition, whenTrue, this.#expression()])
    })
  }

  /** A long chain becomes a balanced tree, so that it is not deep. */
  #logical(sign: string, name: string, operand: () => Expr): Expr {
    const terms = [operand()]
    const places: number[] = []
    while (this.#is(sign)) {
      places.push(this.#take().at)
      terms.push(operand())
    }
    const balanced = (from: number, to: number): Expr => {
      if (to - from === 1) return terms[from]!
      const middle = Math.floor((from + to) / 2)
      return this.#make.call(places[middle - 1]!, name, [balanced(from, middle), balanced(middle, to)])
    }
    return balanced(0, terms.length)
  }

  #relation(): Expr {
    return this.#leftToRight(relations, () =>
      this.#leftToRight(sums, () => this.#leftToRight(products, () => this.#unary())),
    )
  }

  #leftToRight(operators: Readonly<Record<string, string>>, operand: () => Expr): Expr {
    let left = operand()
    for (let depth = 0; ; depth++) {
      const token = this.#peek()
      const name = token.kind === 'operator' && Object.hasOwn(operators, token.text) ? operators[token.text] : undefined
      if (name === undefined) return left
      if (depth > limits.celExpressionDepthMax) {
        throw new IssueError(token.at, `expression recursion limit exceeded: ${limits.celExpressionDepthMax}`)
      }
      this.#next++
      left = this.#make.call(token.at, name, [left, operand()])
    }
  }

  #unary(): Expr {
    const { at, text } = this.#peek()
    if (!this.#is('!') && !this.#is('-')) return this.#member()
    const name = text === '!' ? '!_' : '-_'
    let count = 0
    while (this.#is(text)) {
      this.#next++
      count++
    }
    const token = this.#peek()
    const signed =
      text === '-' && (token.kind === 'integer' || (token.kind === 'literal' && typeof token.value === 'number'))
    if (!signed) {
      const operand = this.#member()
      return count % 2 === 0 ? operand : this.#make.call(at, name, [operand])
    }
    this.#next++
    const value = this.#literal(token, true)
    const literal = this.#suffixes({ id: this.#make.id(), at: at + count - 1, kind: 'literal', value })
    return count % 2 === 1 ? literal : this.#make.call(at, name, [literal])
  }

  #literal(token: Token, negative: boolean): bigint | number {
    const value = (token as { value: bigint | number }).value
    if (typeof value === 'bigint' && value > int64Max && !negative)
      throw new IssueError(token.at, 'invalid int literal')
    return negative ? -value : value
  }

  #member(): Expr {
    return this.#suffixes(this.#primary())
  }

  #suffixes(operand: Expr): Expr {
    let left = operand
    for (let depth = 0; ; depth++) {
      const { at } = this.#peek()
      if (depth > limits.celExpressionDepthMax) {
        throw new IssueError(at, `expression recursion limit exceeded: ${limits.celExpressionDepthMax}`)
      }
      if (this.#accept('.')) left = this.#selection(left, at)
      else if (this.#accept('[')) {
        const optional = this.#accept('?')
        const index = this.#expression()
        this.#expect(']')
        left = this.#make.call(at, optional ? '_[?_]' : '_[_]', [left, index])
      } else if (this.#is('{') && typeNameOf(left) !== undefined) left = this.#struct(typeNameOf(left)!, at)
      else return left
    }
  }

  #selection(operand: Expr, at: number): Expr {
    const optional = this.#accept('?')
    const token = this.#take()
    if (token.kind !== 'identifier') throw this.#unexpected(token, 'mismatched input', 'IDENTIFIER')
    if (optional) {
      const field = { id: this.#make.id(), at: token.at, kind: 'literal', value: token.text } as const
      return this.#make.call(at, '_?._', [operand, field])
    }
    const open = this.#peek().at
    if (!this.#accept('(')) return this.#make.select(at, operand, token.text)
    return this.#called(open, token.text, operand, this.#list(')'))
  }

  #called(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    const call = { at, name, target, args }
    return expandMacro(this.#make, call, this.#macros) ?? this.#make.call(at, name, args, target)
  }

  #primary(): Expr {
    const token = this.#take()
    const { at } = token
    if (token.kind === 'literal') return { id: this.#make.id(), at, kind: 'literal', value: token.value }
    if (token.kind === 'integer')
      return { id: this.#make.id(), at, kind: 'literal', value: this.#literal(token, false) }
    if (token.kind === 'identifier') return this.#named(token, '')
    if (token.text === '(' && token.kind === 'operator') {
      const inner = this.#expression()
      this.#expect(')')
      return inner
    }
    if (token.text === '[') return this.#listLiteral(at)
    if (token.text === '{') return this.#mapLiteral(at)
    if (token.text === '.' && this.#peek().kind === 'identifier') return this.#named(this.#take(), '.')
    throw new IssueError(
      at,
      `Syntax error: mismatched input '${token.text}' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`,
    )
  }

  #named({ text, at }: Token, dot: string): Expr {
    if (reserved.has(text)) throw new IssueError(at, `reserved identifier: ${text}`)
    const open = this.#peek().at
    if (this.#accept('(')) return this.#called(open, text, undefined, this.#list(')'))
    return { id: this.#make.id(), at, kind: 'identifier', name: dot + text }
  }

  #list(end: string): Expr[] {
    const items: Expr[] = []
    while (!this.#accept(end)) {
      if (items.length > 0) this.#expect(',')
      items.push(this.#expression())
    }
    return items
  }

  #listLiteral(at: number): Expr {
    const elements: Expr[] = []
    const optional = new Set<number>()
    while (!this.#accept(']')) {
      if (elements.length > 0) {
        this.#expect(',')
        if (this.#accept(']')) break
      }
      if (this.#accept('?')) optional.add(elements.length)
      elements.push(this.#expression())
    }
    return { id: this.#make.id(), at, kind: 'list', elements, optional }
  }

  #mapLiteral(at: number): Expr {
    const entries: Entry[] = []
    while (!this.#accept('}')) {
      if (entries.length > 0) {
        this.#expect(',')
        if (this.#accept('}')) break
      }
      const optional = this.#accept('?')
      const key = this.#expression()
      this.#expect(':')
      entries.push({ key, value: this.#expression(), optional })
    }
    return { id: this.#make.id(), at, kind: 'map', entries }
  }

  #struct(type: string, at: number): Expr {
    this.#expect('{')
    const fields: FieldInit[] = []
    while (!this.#accept('}')) {
      if (fields.length > 0) {
        this.#expect(',')
        if (this.#accept('}')) break
      }
      const optional = this.#accept('?')
      const token = this.#take()
      if (token.kind !== 'identifier') throw this.#unexpected(token, 'mismatched input', 'IDENTIFIER')
      this.#expect(':')
      fields.push({ at: token.at, field: token.text, value: this.#expression(), optional })
    }
    return { id: this.#make.id(), at, kind: 'struct', type, fields }
  }
}

/** `Object.spec` when the node is nothing but names. */
export function typeNameOf(expr: Expr): string | undefined {
  if (expr.kind === 'identifier') return expr.name
  if (expr.kind !== 'select' || expr.test) return undefined
  const base = typeNameOf(expr.operand)
  return base === undefined ? undefined : `${base}.${expr.field}`
}
