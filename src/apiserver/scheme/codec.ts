/** Between bytes and typed objects: the codecs of `api/codec` as the endpoints call them. */
import { DecodeError } from '../../api/codec/error.ts'
import { decodeDocument, encodeJson, type ParsedDocument, parseJson } from '../../api/codec/json.ts'
import { decodeProtobuf, ProtobufError } from '../../api/codec/protobuf.ts'
import { applySchemaDefaults } from '../../api/codec/schema-defaults.ts'
import { type ApiError, badRequest } from '../../api/errors.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { limits } from '../../limits.ts'

export type { ParsedDocument }

/** How many values a body of the type may have. */
export function valuesMaxOf({ custom, name }: StructNode): number {
  return custom || name === definition ? limits.largeBodyValuesMax : limits.bodyValuesMax
}

const definition = 'apiextensions/v1.CustomResourceDefinition'

/** At once but for YAML. `parse` is for JSON. Throws, or rejects with, a 400 when the bytes are not of the encoding, or more than can be worked on soon. */
export function parseDocument(
  encoding: 'json' | 'yaml' | 'protobuf',
  body: Uint8Array,
  type: StructNode,
  valuesMax = valuesMaxOf(type),
  parse: (body: Uint8Array, valuesMax: number) => ParsedDocument = parseJson,
): ParsedDocument | Promise<ParsedDocument> {
  try {
    if (encoding === 'protobuf') {
      return { value: decodeProtobuf(body, { type, fieldsMax: valuesMax }), duplicates: [] }
    }
    if (encoding === 'json') return parse(body, valuesMax)
    const json = jsonInYaml(body, valuesMax)
    return json ?? parseYaml(body, valuesMax).catch(refuse)
  } catch (error) {
    return refuse(error)
  }
}

function refuse(error: unknown): never {
  if (error instanceof DecodeError || error instanceof ProtobufError) throw badRequest(error.message)
  throw error
}

/** What takes the YAML parser long, it reads in a thread of its own. */
async function parseYaml(body: Uint8Array, valuesMax: number): Promise<ParsedDocument> {
  if (body.length > limits.yamlOwnThreadFromBytes) {
    const { parseYamlInThread } = await import('./yaml-thread.ts')
    return await parseYamlInThread(body, valuesMax)
  }
  const yaml = await import('../../api/codec/yaml.ts')
  return yaml.parseYaml(body)
}

const openingBrace = 0x7b

/** Clients send most `+yaml` bodies as JSON: reading them as such is ten times faster and needs no YAML parser. */
function jsonInYaml(body: Uint8Array, valuesMax: number): ParsedDocument | undefined {
  if (body[0] !== openingBrace) return undefined
  try {
    const document = parseJson(body, valuesMax)
    return document.duplicates.length === 0 ? document : undefined
  } catch {
    return undefined
  }
}

/**
 * The parsed value as an object of the type, with the schema's defaults; takes the value over. `strictErrors` are what
 * strict field validation refuses. Throws `refuse`'s error, given a text that names the field, when the value does not fit.
 */
export function decodeTyped(
  type: StructNode,
  document: ParsedDocument,
  refuse: (why: string) => ApiError,
): { object: object; strictErrors: string[] } {
  try {
    const decoded = decodeDocument(type, document)
    applySchemaDefaults(type, decoded.object)
    return decoded
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message)
    throw error
  }
}

const textEncoder = new TextEncoder()

/** In the schema's order, with what is always written even when empty. */
export function encodeTyped(type: StructNode, object: object): Uint8Array {
  return textEncoder.encode(encodeJson(type, object))
}
