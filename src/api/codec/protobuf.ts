/**
 * Kubernetes' protobuf form of objects (`application/vnd.kubernetes.protobuf`): four magic bytes, then an envelope that
 * names the kind and holds the kind's own message. Bytes equal those of the Go code, which clients' caches rely on
 * nowhere but which makes this easy to check.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import type { KubeObject } from '../meta.ts'
import { objectType } from '../schema/registry.ts'
import type { StructNode } from '../schema/type-node.ts'
import { DecodeError } from './error.ts'
import { parseJson } from './json.ts'
import { decodeMessage } from './protobuf-decode.ts'
import { encodeMessage, writeFields } from './protobuf-encode.ts'
import { ProtobufError, ProtobufReader, ProtobufWriter, wireType } from './wire.ts'

export { type Message, type MessageCodec, type MessageField, type MessageFile, messageCodec } from './message.ts'
export { decodeMessage } from './protobuf-decode.ts'
export { encodeMessage } from './protobuf-encode.ts'
export { ProtobufError } from './wire.ts'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

const magic = Buffer.from('k8s\0', 'latin1')

/** What the envelope says, with the inner message still encoded. */
export interface ProtobufEnvelope {
  apiVersion: string
  kind: string
  raw: Buffer
  /** Empty for protobuf; else the media type of `raw`. */
  contentType: string
}

/** What upstream says of other data. */
export const notProtobuf = `provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`

export function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte)
}

/**
 * With envelope. The type is looked up by the object's kind unless given. Throws TypeError for a kind without one: such
 * objects (custom resources) have no protobuf form.
 */
export function encodeProtobuf(object: object, type: StructNode | undefined = objectType(object)): Buffer {
  const { apiVersion = '', kind = '' } = object as Partial<KubeObject>
  if (!type) throw new TypeError(`encode protobuf: kind "${kind}" of "${apiVersion}" has no protobuf form`)
  const writer = new ProtobufWriter()
  writeEnvelope(writer, { apiVersion, kind }, () => writeFields(writer, type, object as Record<string, unknown>))
  return writer.finish()
}

/** With envelope, from a message encoded before: what a store or cache of messages answers with. */
export function wrapProtobuf({ apiVersion, kind }: { apiVersion: string; kind: string }, raw: Uint8Array): Buffer {
  const writer = new ProtobufWriter()
  writeEnvelope(writer, { apiVersion, kind }, () => writer.raw(raw))
  return writer.finish()
}

/** One element of a list's items, from its message. */
export function protobufListItem(message: Uint8Array): Buffer {
  const header = new ProtobufWriter()
  header.varint(message.length)
  header.tag(listItemsNumber, wireType.delimited)
  // Memory of its own: a writer's is several times as large, and lists keep their items.
  const item = Buffer.allocUnsafeSlow(header.length + message.length)
  item.set(message, header.finish().copy(item))
  return item
}

/**
 * What stands around the items of a list whose items were encoded before, each by `protobufListItem`.
 *
 * @param itemsBytes the length of all of them
 */
export function protobufListEnvelope(
  list: { apiVersion: string; kind: string; metadata: object },
  type: StructNode,
  itemsBytes: number,
): { before: Buffer; after: Buffer } {
  const whole = new ProtobufWriter()
  const before = encodeMessage(type, { metadata: list.metadata })
  whole.stringField(4, '')
  whole.stringField(3, '')
  const after = Buffer.from(whole.finish())
  const opening = new ProtobufWriter()
  opening.raw(before)
  opening.varint(before.length + itemsBytes)
  opening.tag(2, wireType.delimited)
  writeName(opening, list)
  opening.raw(magic)
  return { before: opening.finish(), after }
}

const listItemsNumber = 2

/** Throws `ProtobufError`. */
export function decodeEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (!isProtobuf(bytes)) {
    throw new ProtobufError(notProtobuf)
  }
  const envelope: ProtobufEnvelope = { apiVersion: '', kind: '', raw: Buffer.alloc(0), contentType: '' }
  const reader = new ProtobufReader(bytes, magic.length)
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === delimitedTag(1)) readTypeMeta(reader.message(), envelope)
    else if (tag === delimitedTag(2)) envelope.raw = reader.bytes()
    else if (tag === delimitedTag(4)) envelope.contentType = reader.string()
    else reader.skip(tag & 7)
  }
  return envelope
}

export interface DecodeProtobufOptions {
  /** Stands in for an envelope of unknown kind. */
  type?: StructNode
  /** Default: any number. */
  fieldsMax?: number
}

/** With envelope; a list always has its `items`. Throws `ProtobufError`. */
export function decodeProtobuf(bytes: Uint8Array, { type, fieldsMax }: DecodeProtobufOptions = {}): KubeObject {
  const { apiVersion, kind, raw, contentType } = decodeEnvelope(bytes)
  if (contentType === 'application/json') return jsonWithin(raw, fieldsMax)
  const known = objectType({ apiVersion, kind }) ?? type
  if (!known) throw new ProtobufError(`kind "${kind}" of "${apiVersion}" has no protobuf form`)
  const object: Record<string, unknown> = {}
  if (kind !== '') object.kind = kind
  if (apiVersion !== '') object.apiVersion = apiVersion
  Object.assign(object, decodeMessage(known, raw, fieldsMax === undefined ? undefined : { left: fieldsMax }))
  if (object.items === undefined && known.fields.get('items')?.type.kind === 'list') object.items = []
  return object as unknown as KubeObject
}

/** Kinds without a protobuf form travel as JSON in the envelope. */
function jsonWithin(raw: Buffer, valuesMax: number | undefined): KubeObject {
  try {
    return parseJson(raw, valuesMax).value as KubeObject
  } catch (error) {
    if (error instanceof DecodeError) throw new ProtobufError(error.message)
    throw error
  }
}

/** One event of a watch, with the length that stands before it. `object` is in its envelope. */
export function protobufWatchFrame(type: string, object: Uint8Array): Buffer {
  const writer = new ProtobufWriter()
  const before = writer.length
  writer.bytesField(1, object)
  writer.messageHeader(2, before)
  writer.stringField(1, type)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(writer.length)
  writer.raw(size)
  return writer.finish()
}

/** The event of a frame, without its length. Throws `ProtobufError`. */
export function decodeWatchEvent(bytes: Uint8Array): { type: string; object: KubeObject } {
  const reader = new ProtobufReader(bytes)
  let type = ''
  let object: Uint8Array = new Uint8Array()
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === delimitedTag(1)) type = reader.string()
    else if (tag === delimitedTag(2)) object = rawOf(reader.message())
    else reader.skip(tag & 7)
  }
  return { type, object: decodeProtobuf(object) }
}

function rawOf(extension: ProtobufReader): Uint8Array {
  let raw: Uint8Array = new Uint8Array()
  while (!extension.done) {
    const tag = extension.tag()
    if (tag === delimitedTag(1)) raw = extension.bytes()
    else extension.skip(tag & 7)
  }
  return raw
}

function writeEnvelope(writer: ProtobufWriter, name: { apiVersion: string; kind: string }, body: () => void): void {
  writer.stringField(4, '')
  writer.stringField(3, '')
  const beforeBody = writer.length
  body()
  writer.messageHeader(2, beforeBody)
  writeName(writer, name)
  writer.raw(magic)
}

function writeName(writer: ProtobufWriter, { apiVersion, kind }: { apiVersion: string; kind: string }): void {
  const before = writer.length
  writer.stringField(2, kind)
  writer.stringField(1, apiVersion)
  writer.messageHeader(1, before)
}

function readTypeMeta(reader: ProtobufReader, envelope: ProtobufEnvelope): void {
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === delimitedTag(1)) envelope.apiVersion = reader.string()
    else if (tag === delimitedTag(2)) envelope.kind = reader.string()
    else reader.skip(tag & 7)
  }
}

function delimitedTag(number: number): number {
  return number * 8 + wireType.delimited
}
