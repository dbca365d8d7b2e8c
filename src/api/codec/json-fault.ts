/**
 * What is wrong with a text that is no JSON, in the words of Go's parser, which clients of the API know. Only asked about
 * texts that `JSON.parse` has refused.
 */
import { limits } from '../../limits.ts'
import { goQuoted } from '../errors.ts'
import { DecodeError } from './error.ts'

/** A body that is no JSON at all. */
export class JsonSyntaxError extends DecodeError {
  override name = 'JsonSyntaxError'
}

/** The first fault; undefined when there is none, or when the text is too long to look for it. */
export function jsonFault(text: string): string | undefined {
  if (text.length > limits.jsonFaultLengthMax) return undefined
  const reader = new FaultReader(text)
  try {
    reader.document()
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

class Fault extends Error {}

const code = { space: 0x20, quote: 0x22, backslash: 0x5c }
const plainEscapes: ReadonlySet<number> = new Set(Array.from('bfnrt\\/"', (char) => char.charCodeAt(0)))

class FaultReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    this.#value()
    this.#skipSpace()
    if (this.#at < this.#text.length) this.#refuse('after top-level value')
  }

  #value(): void {
    this.#skipSpace()
    const char = this.#char()
    if (char === '{') this.#object()
    else if (char === '[') this.#array()
    else if (char === '"') this.#string()
    else if (char === '-' || isDigit(char)) this.#number()
    else if (char === 't' || char === 'f' || char === 'n') this.#word({ t: 'true', f: 'false', n: 'null' }[char])
    else this.#refuse('looking for beginning of value')
  }

  #object(): void {
    this.#at++
    this.#skipSpace()
    if (this.#takes('}')) return
    do {
      this.#skipSpace()
      if (this.#char() !== '"') this.#refuse('looking for beginning of object key string')
      this.#string()
      this.#skipSpace()
      if (!this.#takes(':')) this.#refuse('after object key')
      this.#value()
      this.#skipSpace()
    } while (this.#takes(','))
    if (!this.#takes('}')) this.#refuse('after object key:value pair')
  }

  #array(): void {
    this.#at++
    this.#skipSpace()
    if (this.#takes(']')) return
    do {
      this.#value()
      this.#skipSpace()
    } while (this.#takes(','))
    if (!this.#takes(']')) this.#refuse('after array element')
  }

  #string(): void {
    this.#at++
    while (!this.#endsString()) {
      if (this.#char() < ' ') this.#refuse('in string literal')
      this.#at++
      if (this.#takes('u')) this.#hexadecimal()
      else this.#refuseAny('in string escape code')
    }
  }

  /** Goes over the end, or to what is neither plain text nor a plain escape. */
  #endsString(): boolean {
    const text = this.#text
    let at = this.#at
    for (let char = text.charCodeAt(at); char >= code.space && char !== code.quote; char = text.charCodeAt(at)) {
      if (char !== code.backslash) at++
      else if (plainEscapes.has(text.charCodeAt(at + 1))) at += 2
      else break
    }
    this.#at = at
    return this.#takes('"')
  }

  #hexadecimal(): void {
    for (let count = 0; count < 4; count++) {
      if (!/^[0-9a-fA-F]$/.test(this.#char())) this.#refuseAny('in \\u hexadecimal character escape')
      this.#at++
    }
  }

  #number(): void {
    this.#takes('-')
    if (!this.#takes('0')) this.#digits('in numeric literal')
    if (this.#takes('.')) this.#digits('after decimal point in numeric literal')
    if (!this.#takes('e') && !this.#takes('E')) return
    if (!this.#takes('+')) this.#takes('-')
    this.#digits('in exponent of numeric literal')
  }

  #digits(where: string): void {
    if (!isDigit(this.#char())) this.#refuseAny(where)
    while (isDigit(this.#char())) this.#at++
  }

  #word(word: string): void {
    for (const letter of word) if (!this.#takes(letter)) this.#refuseAny(`in literal ${word} (expecting '${letter}')`)
  }

  #char(): string {
    return this.#text.charAt(this.#at)
  }

  #takes(char: string): boolean {
    if (this.#char() !== char) return false
    this.#at++
    return true
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#char())) this.#at++
  }

  /** Where space may stand, or where more of the same follows. */
  #refuse(where: string): never {
    if (this.#at >= this.#text.length) throw new Fault('unexpected end of JSON input')
    return this.#refuseAny(where)
  }

  /** The end counts as a space. */
  #refuseAny(where: string): never {
    throw new Fault(`invalid character ${quoted(this.#char() || ' ')} ${where}`)
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9'
}

/** Go looks at bytes. */
function quoted(char: string): string {
  if (char === "'") return "'\\''"
  if (char === '"') return `'"'`
  const byte = String.fromCharCode(Buffer.from(char)[0] ?? 0)
  return `'${goQuoted(byte).slice(1, -1)}'`
}
