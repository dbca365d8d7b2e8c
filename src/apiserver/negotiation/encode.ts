/** Whole documents as bytes. */
import { parseExactly } from '../../api/codec/exact-json.ts'
import { encodeJson } from '../../api/codec/json.ts'
import { encodeProtobuf, protobufWatchFrame as frameOf } from '../../api/codec/protobuf.ts'
import { kindType } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import type { Encoding } from './accept.ts'

const textEncoder = new TextEncoder()

/** With a type, in its order and with what it always writes. Without one the document is written as it stands. */
export async function encodeAs(
  encoding: Encoding,
  type: StructNode | undefined,
  document: object,
): Promise<Uint8Array> {
  if (encoding === 'protobuf') return encodeProtobuf(document, type ?? metaTypeOf(document))
  const json = type ? encodeJson(type, document) : JSON.stringify(document)
  if (encoding === 'json') return textEncoder.encode(`${json}\n`)
  const { encodeYaml } = await import('../../api/codec/yaml.ts')
  return textEncoder.encode(encodeYaml(parseExactly(json)))
}

export function protobufWatchFrame(event: string, type: StructNode | undefined, object: object): Uint8Array {
  return frameOf(event, encodeProtobuf(object, type ?? metaTypeOf(object)))
}

/** Kinds of meta.k8s.io are declared with the core group's. */
function metaTypeOf(document: { kind?: string }): StructNode | undefined {
  return kindType({ group: '', version: 'v1', kind: document.kind ?? '' })
}
