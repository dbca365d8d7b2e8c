/**
 * The JSON form of objects, both ways, driven by the schema: the same code for built-in types and, with nodes made from
 * their own schema, for custom resources.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
import type { StructNode } from '../schema/type-node.ts'
import { DecodeError } from './error.ts'
import { parseExactly } from './exact-json.ts'
import { type DecodeState, decodeValue } from './json-decode.ts'
import { encodeValue } from './json-encode.ts'
import { scanJson } from './json-scan.ts'

export { DecodeError } from './error.ts'
export { encodeValue } from './json-encode.ts'

/** A body, parsed but of no type yet. */
export interface ParsedDocument {
  value: unknown
  /** `duplicate field "data.a"`, for each name that stands twice in one object; the last one counts. */
  duplicates: string[]
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
 * Throws `DecodeError` when the text is no JSON, with the runtime's own words about where, and for what has more than
 * `valuesMax` values (default: any number) or nests deeper than a thousand levels.
 */
export function parseJson(body: Uint8Array | string, valuesMax = Number.POSITIVE_INFINITY): ParsedDocument {
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  const duplicates = scanJson(text, valuesMax).map((path) => `duplicate field "${path}"`)
  try {
    return { value: parseExactly(text), duplicates }
  } catch (error) {
    throw new DecodeError(`json parse error: ${(error as Error).message}`)
  }
}

/** Takes the document's value over: it becomes the object. Throws `DecodeError`. */
export function decodeDocument(type: StructNode, document: ParsedDocument): DecodedObject {
  const state: DecodeState = { root: type, strictErrors: [], path: [] }
  const object = (decodeValue(type, document.value, state) ?? {}) as Record<string, unknown>
  return { object, strictErrors: [...state.strictErrors, ...document.duplicates] }
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
