/** Splits an expression into tokens. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax */
import { IssueError } from './issues.ts'
import { unescapeBytes, unescapeText } from './unescape.ts'
import { int64Max, Uint, uint64Max, type Value } from './values.ts'

export type Token =
  | { readonly kind: 'identifier' | 'operator' | 'end'; readonly text: string; readonly at: number }
  | { readonly kind: 'literal'; readonly text: string; readonly at: number; readonly value: Value }
  /** The least integer has no positive counterpart, so its sign must be known first. */
  | { readonly kind: 'integer'; readonly text: string; readonly at: number; readonly value: bigint }

const space = /(?:[\t\n\f\r ]+|\/\/[^\n]*)+/y
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?/y
const text = /([rRbB]{0,2})("""|'''|"|')/y
const operator = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}=&|]/y

const constants = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** Throws `IssueError`. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(space, source, at)?.[0].length ?? 0
    if (at >= source.length) break
    const token = tokenAt(source, at)
    tokens.push(token)
    at += token.text.length
  }
  tokens.push({ kind: 'end', text: '<EOF>', at })
  return tokens
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(source)
}

function tokenAt(source: string, at: number): Token {
  const opening = matchAt(text, source, at)
  if (opening) return textToken(source, at, opening)
  const word = matchAt(identifier, source, at)?.[0]
  if (word !== undefined) {
    const value = constants.get(word)
    if (value !== undefined) return { kind: 'literal', text: word, at, value }
    return word === 'in' ? { kind: 'operator', text: word, at } : { kind: 'identifier', text: word, at }
  }
  const digits = matchAt(number, source, at)?.[0]
  if (digits !== undefined) return numberToken(digits, at)
  const sign = matchAt(operator, source, at)?.[0]
  if (sign === undefined || sign === '=' || sign === '&' || sign === '|') {
    const shown = sign ?? String.fromCodePoint(source.codePointAt(at)!)
    throw new IssueError(at, `Syntax error: token recognition error at: '${shown}'`)
  }
  return { kind: 'operator', text: sign, at }
}

function numberToken(digits: string, at: number): Token {
  const hex = /^0[xX]/.test(digits)
  if (!hex && /[.eE]/.test(digits)) {
    if (/[uU]$/.test(digits))
      throw new IssueError(at + digits.length - 1, "Syntax error: extraneous input 'u' expecting <EOF>")
    const value = Number(digits)
    if (!Number.isFinite(value)) throw new IssueError(at, 'invalid double literal')
    return { kind: 'literal', text: digits, at, value }
  }
  if (/[uU]$/.test(digits)) {
    const value = BigInt(digits.slice(0, -1))
    if (value > uint64Max) throw new IssueError(at, 'invalid uint literal')
    return { kind: 'literal', text: digits, at, value: new Uint(value) }
  }
  const value = BigInt(digits)
  if (value > int64Max + 1n) throw new IssueError(at, 'invalid int literal')
  return { kind: 'integer', text: digits, at, value }
}

function textToken(source: string, at: number, [whole, prefix = '', quote = '']: RegExpExecArray): Token {
  const lower = prefix.toLowerCase()
  const raw = lower.includes('r')
  const from = at + whole.length
  let end = from
  for (; ; end++) {
    if (end >= source.length || (quote.length === 1 && (source[end] === '\n' || source[end] === '\r')))
      throw new IssueError(at, `Syntax error: token recognition error at: '${source.slice(at, end)}'`)
    if (source.startsWith(quote, end)) break
    if (!raw && source[end] === '\\') end++
  }
  const body = source.slice(from, end)
  const token = source.slice(at, end + quote.length)
  if (lower.includes('b')) return { kind: 'literal', text: token, at, value: unescapeBytes(body, raw, at) }
  return { kind: 'literal', text: token, at, value: raw ? body : unescapeText(body, at) }
}
