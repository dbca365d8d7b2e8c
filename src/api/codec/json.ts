/**
 * The JSON form of objects, both ways, driven by the schema: the same code for built-in types and, with nodes made from
 * their own schema, for custom resources.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
import type { StructNode } from '../schema/type-node.ts'
import { hasDigits, parseExactly } from './exact-json.ts'
import { type DecodeState, decodeValue } from './json-decode.ts'
import { encodeValue } from './json-encode.ts'
import { JsonSyntaxError, jsonFault } from './json-fault.ts'
import { type ScannedJson, scanJson } from './json-scan.ts'
import { parseAsWritten, withPlainNumbers } from './written-number.ts'

export { DecodeError } from './error.ts'
export { encodeValue } from './json-encode.ts'
export { JsonSyntaxError } from './json-fault.ts'

/** A body, parsed but of no type yet. */
export interface ParsedDocument {
  value: unknown
  /** `duplicate field "data.a"`, for each name that stands twice in one object; the last one counts. */
  duplicates: string[]
  /** Some number may be a `WrittenNumber`. Default false. */
  asWritten?: boolean
}

export interface DecodedObject {
  object: Record<string, unknown>
  /**
   * What strict field validation refuses and the ignoring one passes over: `unknown field "spec.foo"`,
   * `duplicate field "data.a"`. At most 100 unknown fields are named.
   */
  strictErrors: string[]
}

/**
 * Throws `DecodeError` when the text is no JSON, in the words of Go's parser (`JsonSyntaxError`), for what has more than
 * `valuesMax` values (default: any number) or nests deeper than a thousand levels, and for numbers that are too large.
 */
export function parseJson(body: Uint8Array | string, valuesMax = Number.POSITIVE_INFINITY): ParsedDocument {
  return parsed(body, valuesMax, (text, numbers) =>
    numbers === 'infinite' ? withPlainNumbers(parseAsWritten(text)) : parseExactly(text),
  )
}

/**
 * As `parseJson`, for who decodes the document by its type: numbers are as they were written (`WrittenNumber`) where
 * JavaScript's would say less.
 */
export function parseWrittenJson(body: Uint8Array | string, valuesMax = Number.POSITIVE_INFINITY): ParsedDocument {
  let asWritten = false
  const document = parsed(body, valuesMax, (text, numbers) => {
    asWritten = numbers !== 'whole' || hasDigits(text)
    return asWritten ? parseAsWritten(text) : JSON.parse(text)
  })
  return { ...document, asWritten }
}

function parsed(
  body: Uint8Array | string,
  valuesMax: number,
  parse: (text: string, numbers: ScannedJson['numbers']) => unknown,
): ParsedDocument {
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  const { duplicates, numbers } = scanJson(text, valuesMax)
  try {
    return { value: parse(text, numbers), duplicates: duplicates.map((path) => `duplicate field "${path}"`) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new JsonSyntaxError(`json parse error: ${jsonFault(text) ?? error.message}`)
  }
}

/** Takes the document's value over: it becomes the object. Throws `DecodeError`. */
export function decodeDocument(type: StructNode, document: ParsedDocument): DecodedObject {
  const state: DecodeState = { root: type, strictErrors: [], path: [] }
  // The fields of custom types are read without them: numbers are Go's floating-point ones there.
  const value = document.asWritten && type.custom ? withPlainNumbers(document.value) : document.value
  const object = (decodeValue(type, value, state) ?? {}) as Record<string, unknown>
  // What is not known is not looked at twice.
  const unknown = new Set(state.strictErrors.map((text) => text.replace(/^unknown/, 'duplicate')))
  const duplicates = document.duplicates.filter((text) => !unknown.has(text))
  return { object, strictErrors: [...state.strictErrors, ...duplicates] }
}

/** `parseJson` and `decodeDocument` in one. */
export function decodeJson(type: StructNode, body: Uint8Array | string): DecodedObject {
  return decodeDocument(type, parseJson(body))
}

/** Upstream's sentence for what strict field validation refuses. */
export function strictDecodingMessage(strictErrors: readonly string[]): string {
  return `strict decoding error: ${strictErrors.join(', ')}`
}

/** Without a newline at the end. Fields that the type does not know are left out. */
export function encodeJson(type: StructNode, object: object): string {
  return encodeValue(type, object)
}
