/**
 * JSON for people: one member a line, each level two spaces further in. Works on encoded bytes, piece by piece, so that
 * long answers are never held twice and numbers stay as they were written.
 * Source: `pretty` at https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/
 */
import type { ApiResponse } from '../request.ts'
import { mediaTypes } from './accept.ts'

/** Programs behind which a person reads. Source: apiserver's `handlers/negotiation`. */
const readByPeople = /^(curl|Wget|Mozilla\/5\.0)/

/** What a client says of it decides, else what kind of client it is. */
export function wantsIndent({ query, headers }: { query: URLSearchParams; headers: Readonly<Record<string, string>> }) {
  const asked = query.get('pretty')
  if (asked) return parsesAsTrue.has(asked)
  if (headers.accept && /;\s*pretty=1\b/.test(headers.accept)) return true
  return readByPeople.test(headers['user-agent'] ?? '')
}

/** As Go's `strconv.ParseBool` reads it. */
const parsesAsTrue: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

/** Bytes of input that are indented before others have their turn. */
const stepBytes = 8 * 1024

/** Leaves alone what is no JSON document of this server's own. */
export function indented(response: ApiResponse): ApiResponse {
  const { headers, document, giveBack: _, ...rest } = response
  if (!document || !headers['content-type']?.startsWith(mediaTypes.json)) return response
  return { ...rest, headers, document, body: indentedJson(response.body) }
}

export function indentedJson(body: Uint8Array | AsyncIterable<Uint8Array>): Uint8Array | AsyncIterable<Uint8Array> {
  if (!(body instanceof Uint8Array)) return indentedPieces(body)
  return body.length > stepBytes ? indentedPieces([body]) : new Indenter().add(body)
}

async function* indentedPieces(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const indenter = new Indenter()
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += stepBytes) yield indenter.add(piece.subarray(at, at + stepBytes))
  }
}

const quote = 0x22
const backslash = 0x5c

/** Bytes pass as Latin-1, so that a piece may end within a character. */
class Indenter {
  #depth = 0
  #inText = false
  #escaped = false
  /** After a bracket that may be closed at once. */
  #opened = false

  add(bytes: Uint8Array): Uint8Array {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    let out = ''
    for (let at = 0; at < text.length; ) {
      if (!this.#inText) out += this.#spaced(text[at++]!)
      const end = this.#inText ? this.#textEnd(text, at) : at
      out += text.slice(at, end)
      at = end
    }
    return Buffer.from(out, 'latin1')
  }

  #spaced(char: string): string {
    if (char === ' ' || char === '\n') return ''
    const isEmpty = this.#opened
    if (char === '}' || char === ']') this.#depth -= 1
    this.#opened = char === '{' || char === '['
    const line = `\n${'  '.repeat(this.#depth)}`
    if (char === '}' || char === ']') return isEmpty ? char : line + char
    if (char === ',') return char + line
    if (char === ':') return ': '
    if (this.#opened) this.#depth += 1
    if (char === '"') this.#inText = true
    return isEmpty ? line + char : char
  }

  /** Behind the quote that ends a text, or the end of the piece. */
  #textEnd(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (this.#escaped) this.#escaped = false
      else if (code === backslash) this.#escaped = true
      else if (code === quote) {
        this.#inText = false
        return at + 1
      }
    }
    return text.length
  }
}
