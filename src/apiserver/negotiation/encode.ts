/** Whole documents as bytes. */
import { parseExactly } from '../../api/codec/exact-json.ts'
import { encodeJson } from '../../api/codec/json.ts'
import { encodeProtobuf, protobufWatchFrame as frameOf } from '../../api/codec/protobuf.ts'
import { encodeYaml } from '../../api/codec/yaml-write.ts'
import { kindType } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { ownTurn } from '../../platform/turn.ts'
import type { Encoding } from './accept.ts'

const textEncoder = new TextEncoder()

/** With a type, in its order and with what it always writes. Without one the document is written as it stands. */
export function encodeAs(encoding: Encoding, type: StructNode | undefined, document: object): Uint8Array {
  if (encoding === 'protobuf') return encodeProtobuf(document, type ?? metaTypeOf(document))
  const json = jsonOf(type, document)
  return textEncoder.encode(encoding === 'json' ? `${json}\n` : encodeYaml(parseExactly(json)))
}

/** As `encodeAs`, of a large document. */
export async function encodeInTurns(
  encoding: Encoding,
  type: StructNode | undefined,
  document: object,
): Promise<Uint8Array> {
  if (encoding !== 'yaml') return encodeAs(encoding, type, document)
  const json = jsonOf(type, document)
  await ownTurn()
  const value = parseExactly(json)
  await ownTurn()
  return textEncoder.encode(encodeYaml(value))
}

/** As `encodeAs` writes it, without the line break. */
export function jsonOf(type: StructNode | undefined, document: object): string {
  return type ? encodeJson(type, document) : JSON.stringify(document)
}

export function protobufWatchFrame(event: string, type: StructNode | undefined, object: object): Uint8Array {
  return frameOf(event, encodeProtobuf(object, type ?? metaTypeOf(object)))
}

/** Kinds of meta.k8s.io are declared with the core group's. */
export function metaTypeOf(document: { kind?: string }): StructNode | undefined {
  return kindType({ group: '', version: 'v1', kind: document.kind ?? '' })
}
