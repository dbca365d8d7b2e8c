/** From plain objects to the bytes of their protobuf message. */
import { canonicalQuantity } from '../quantity.ts'
import { typeByName } from '../schema/registry.ts'
import type { ScalarNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { encodeAny } from './json-encode.ts'
import { type FieldPlan, planOf } from './protobuf-plan.ts'
import { isZeroTime, parseDuration, parseTime } from './time.ts'
import { ProtobufWriter, wireType } from './wire.ts'

type Plain = Readonly<Record<string, unknown>>

const nothing: Plain = {}

/** The message alone, without the envelope. The value must be of the type (decoded or validated before). */
export function encodeMessage(type: StructNode, value: object): Buffer {
  const writer = new ProtobufWriter()
  writeFields(writer, type, value as Plain)
  return writer.finish()
}

export function writeFields(writer: ProtobufWriter, type: StructNode, value: Plain): void {
  for (const field of planOf(type).fields) {
    if (field.name === '') writeValue(writer, field.number, field.type, value)
    else if (field.container === 'list') writeList(writer, field, value[field.name])
    else if (field.container === 'map') writeMap(writer, field, value[field.name])
    else {
      const member = value[field.name]
      if (field.always || (member !== undefined && member !== null)) {
        writeValue(writer, field.number, field.type, member)
      }
    }
  }
}

function writeList(writer: ProtobufWriter, field: FieldPlan, list: unknown): void {
  if (!Array.isArray(list)) return
  for (let index = list.length - 1; index >= 0; index--) writeValue(writer, field.number, field.element, list[index])
}

function writeMap(writer: ProtobufWriter, field: FieldPlan, map: unknown): void {
  if (map === undefined || map === null) return
  const entries = map as Plain
  for (const key of Object.keys(entries).sort().reverse()) {
    const before = writer.length
    writeValue(writer, 2, field.element, entries[key])
    writer.stringField(1, key)
    writer.messageHeader(field.number, before)
  }
}

/** A whole field; absent values are written as zero. */
function writeValue(writer: ProtobufWriter, number: number, type: TypeNode, value: unknown): void {
  if (type.kind === 'scalar') {
    writeScalar(writer, number, type, value)
    return
  }
  const before = writer.length
  if (type.kind === 'struct') writeFields(writer, type, (value ?? nothing) as Plain)
  else if (type.kind === 'list') {
    const list = (value ?? []) as readonly unknown[]
    for (let index = list.length - 1; index >= 0; index--) writeValue(writer, 1, type.element, list[index])
  } else throw new TypeError('encode protobuf: a map stands where protobuf has none')
  writer.messageHeader(number, before)
}

function writeScalar(writer: ProtobufWriter, number: number, type: ScalarNode, value: unknown): void {
  switch (type.scalar) {
    case 'string':
      writer.stringField(number, (value ?? '') as string)
      return
    case 'bytes':
      writer.bytesField(number, Buffer.from((value ?? '') as string, 'base64'))
      return
    case 'bool':
      writer.varint(value === true ? 1 : 0)
      writer.tag(number, wireType.varint)
      return
    case 'int32':
    case 'int64':
      writer.signedVarint((value ?? 0) as number)
      writer.tag(number, wireType.varint)
      return
    case 'double':
      writer.double((value ?? 0) as number)
      writer.tag(number, wireType.fixed64)
      return
    default:
      writeScalarMessage(writer, number, type, value)
  }
}

/** Values that are one string or number in JSON and a message in protobuf. */
function writeScalarMessage(writer: ProtobufWriter, number: number, type: ScalarNode, value: unknown): void {
  const before = writer.length
  if (type.alternative) writeAlternative(writer, type.alternative, value)
  else if (type.scalar === 'time' || type.scalar === 'microTime') writeTime(writer, type.scalar, value)
  else if (type.scalar === 'quantity') writer.stringField(1, canonicalQuantity(String(value ?? '0')))
  else if (type.scalar === 'intOrString') writeIntOrString(writer, value)
  else if (type.scalar === 'duration') {
    writer.signedVarint((typeof value === 'string' ? parseDuration(value) : undefined) ?? 0)
    writer.tag(1, wireType.varint)
  } else if (value !== undefined && value !== null) writer.bytesField(1, Buffer.from(encodeAny(value)))
  writer.messageHeader(number, before)
}

function writeTime(writer: ProtobufWriter, scalar: 'time' | 'microTime', value: unknown): void {
  const instant = typeof value === 'string' ? parseTime(value) : undefined
  if (!instant || isZeroTime(instant)) return
  writer.varint(scalar === 'time' ? 0 : Math.floor(instant.nanos / 1000) * 1000)
  writer.tag(2, wireType.varint)
  writer.signedVarint(instant.seconds)
  writer.tag(1, wireType.varint)
}

function writeIntOrString(writer: ProtobufWriter, value: unknown): void {
  const isText = typeof value === 'string'
  writer.stringField(3, isText ? value : '')
  writer.signedVarint(isText ? 0 : ((value ?? 0) as number))
  writer.tag(2, wireType.varint)
  writer.varint(isText ? 1 : 0)
  writer.tag(1, wireType.varint)
}

function writeAlternative(
  writer: ProtobufWriter,
  alternative: NonNullable<ScalarNode['alternative']>,
  value: unknown,
): void {
  const schema = value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined
  if (alternative === 'boolean') {
    if (schema) writeValue(writer, 2, jsonSchema(), schema)
    writer.varint(schema || value === true ? 1 : 0)
    writer.tag(1, wireType.varint)
    return
  }
  const list = Array.isArray(value) ? value : []
  for (let index = list.length - 1; index >= 0; index--) {
    if (alternative === 'schemas') writeValue(writer, 2, jsonSchema(), list[index])
    else writer.stringField(2, String(list[index]))
  }
  if (schema) writeValue(writer, 1, jsonSchema(), schema)
}

function jsonSchema(): StructNode {
  return typeByName('apiextensions/v1.JSONSchemaProps')
}
