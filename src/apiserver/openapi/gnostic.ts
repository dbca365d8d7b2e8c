/**
 * OpenAPI in protobuf, `application/com.github.proto-openapi.spec.v2@v1.0+protobuf` and the same of v3, which client-go
 * asks for. Values of any kind travel as YAML text, for which JSON serves.
 */
import { ProtobufWriter, wireType } from '../../api/codec/wire.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import type { Field, Message, SingleKind } from './gnostic-fields.ts'
import { documentMessageV2 } from './gnostic-v2.ts'
import { documentMessageV3 } from './gnostic-v3.ts'

/** From the document's JSON form. Members that the messages do not have are left out. */
export function encodeGnostic(document: JsonObject): Buffer {
  const writer = new ProtobufWriter()
  writeMessage(writer, document.openapi === undefined ? documentMessageV2 : documentMessageV3, document)
  return writer.finish()
}

/** Fields, and values of one field, last to first: the writer fills its buffer from the end. */
function writeMessage(writer: ProtobufWriter, message: Message, source: JsonObject): void {
  for (const field of message.toReversed()) {
    const value = field.read(source)
    if (value !== undefined && value !== null) writeField(writer, field, value)
  }
}

function writeField(writer: ProtobufWriter, { number, kind, repeated }: Field, value: unknown): void {
  if (kind.is === 'named') {
    for (const [name, item] of Object.entries(value as JsonObject).toReversed()) {
      const before = writer.length
      writeValue(writer, 2, kind.value, item)
      writer.stringField(1, name)
      writer.messageHeader(number, before)
    }
  } else {
    for (const item of repeated ? (value as unknown[]).toReversed() : [value]) writeValue(writer, number, kind, item)
  }
}

function writeValue(writer: ProtobufWriter, number: number, kind: SingleKind, value: unknown): void {
  const before = writer.length
  switch (kind.is) {
    case 'string':
      writer.stringField(number, String(value))
      break
    case 'bool':
      if (value === true) writeBool(writer, number, true)
      break
    case 'choice':
      writeBool(writer, number, value === true)
      break
    case 'int':
      writer.signedVarint(Number(value))
      writer.tag(number, wireType.varint)
      break
    case 'double':
      writer.double(Number(value))
      writer.tag(number, wireType.fixed64)
      break
    case 'any':
      writer.stringField(2, JSON.stringify(value))
      writer.messageHeader(number, before)
      break
    case 'message':
      writeMessage(writer, kind.message(), isObject(value) ? value : { value })
      writer.messageHeader(number, before)
  }
}

function writeBool(writer: ProtobufWriter, number: number, value: boolean): void {
  writer.varint(value ? 1 : 0)
  writer.tag(number, wireType.varint)
}
