/**
 * A codec for plain protobuf messages (proto3) described by data, for gRPC: CRI, CSI, device plugins, DRA, KMS, etcd.
 * Field names stay as described; absent fields stay absent; unknown fields are skipped.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import {
  type FieldShape,
  type MessageFile,
  type MessageShape,
  type Scalar,
  shapesOf,
  type Value,
} from './message-shapes.ts'
import { ProtobufError, ProtobufReader, ProtobufWriter, wireType } from './wire.ts'

export type { MessageField, MessageFile } from './message-shapes.ts'

/**
 * `bytes` are Uint8Array, 64-bit numbers are numbers while exact and bigint beyond, enum values are names (or numbers
 * when unknown), maps are objects. Encoding takes numbers, bigint and names alike.
 */
export type Message = Record<string, unknown>

export interface MessageCodec {
  /** Fields that are undefined or null are left out. Throws TypeError on a value that the field cannot hold. */
  encode(message: object): Uint8Array
  /** Throws `ProtobufError`. */
  decode(bytes: Uint8Array): Message
}

export interface MessageCodecOptions {
  /** Files whose messages are used as `package.Message`. */
  imports?: readonly MessageFile[]
}

const nestingMax = 100

/** Throws when the file names a type that nothing declares; checked when a message is first used. */
export function messageCodec(file: MessageFile, name: string, options: MessageCodecOptions = {}): MessageCodec {
  const shape = shapesOf(file, options.imports ?? []).message(file, name)
  return {
    encode(message) {
      const writer = new ProtobufWriter()
      writeMessage(writer, shape, message as Message)
      return writer.finish()
    },
    decode: (bytes) => readMessage(new ProtobufReader(bytes), shape, 0),
  }
}

function writeMessage(writer: ProtobufWriter, shape: MessageShape, message: Message): void {
  for (const field of shape.fields) {
    const value = message[field.name]
    if (value === undefined || value === null) continue
    if (field.container === 'list') writeList(writer, field, value as readonly unknown[])
    else if (field.container === 'map') writeMap(writer, field, value as Message)
    else writeValue(writer, field.number, field.value, value, field.explicit)
  }
}

/** Numbers are packed, as proto3 does. */
function writeList(writer: ProtobufWriter, field: FieldShape, list: readonly unknown[]): void {
  const { number, value } = field
  const packed =
    value.kind === 'enum' || (value.kind === 'scalar' && value.scalar !== 'string' && value.scalar !== 'bytes')
  const before = writer.length
  for (let index = list.length - 1; index >= 0; index--) {
    if (packed) writeNumber(writer, value, list[index])
    else writeValue(writer, number, value, list[index], true)
  }
  if (packed && list.length > 0) writer.messageHeader(number, before)
}

function writeMap(writer: ProtobufWriter, field: FieldShape, map: Message): void {
  for (const key of Object.keys(map).sort().reverse()) {
    const before = writer.length
    writeValue(writer, 2, field.value, map[key], true)
    writeValue(writer, 1, field.key, mapKey(field.key, key), true)
    writer.messageHeader(field.number, before)
  }
}

function mapKey(type: Value, key: string): unknown {
  if (type.kind !== 'scalar' || type.scalar === 'string') return key
  return type.scalar === 'bool' ? key === 'true' : BigInt(key)
}

function writeValue(writer: ProtobufWriter, number: number, type: Value, value: unknown, explicit: boolean): void {
  if (type.kind === 'message') {
    const before = writer.length
    writeMessage(writer, type.shape, value as Message)
    writer.messageHeader(number, before)
    return
  }
  if (type.kind === 'scalar' && type.scalar === 'string') {
    if (explicit || value !== '') writer.stringField(number, asString(value))
  } else if (type.kind === 'scalar' && type.scalar === 'bytes') {
    if (!(value instanceof Uint8Array)) throw new TypeError('encode protobuf: bytes must be a Uint8Array')
    if (explicit || value.length > 0) writer.bytesField(number, value)
  } else {
    if (!explicit && isZero(type, value)) return
    writeNumber(writer, type, value)
    writer.tag(number, numberWireType(type))
  }
}

function isZero(type: Value, value: unknown): boolean {
  if (type.kind === 'enum') return value === 0 || (typeof value === 'string' && type.numbers.get(value) === 0)
  return value === 0 || value === 0n || value === false
}

function numberWireType(type: Value): number {
  if (type.kind === 'scalar' && type.scalar === 'double') return wireType.fixed64
  if (type.kind === 'scalar' && type.scalar === 'float') return wireType.fixed32
  return wireType.varint
}

function writeNumber(writer: ProtobufWriter, type: Value, value: unknown): void {
  if (type.kind === 'enum') writer.signedVarint(enumNumber(type.numbers, value))
  else if (type.kind !== 'scalar') throw new TypeError('encode protobuf: a message is no number')
  else if (type.scalar === 'bool') writer.varint(value === true ? 1 : 0)
  else if (type.scalar === 'double') writer.double(Number(value))
  else if (type.scalar === 'float') writer.float(Number(value))
  else if (type.scalar.startsWith('sint')) {
    const big = asInteger(value)
    writer.bigVarint(BigInt.asUintN(64, (big << 1n) ^ (big >> 63n)))
  } else writer.signedVarint(typeof value === 'number' && Number.isSafeInteger(value) ? value : asInteger(value))
}

function enumNumber(numbers: ReadonlyMap<string, number>, value: unknown): number {
  if (typeof value === 'number') return value
  const number = numbers.get(String(value))
  if (number === undefined) throw new TypeError(`encode protobuf: no enum value is named "${String(value)}"`)
  return number
}

function asInteger(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'string' && /^-?[0-9]+$/.test(value)) return BigInt(value)
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  throw new TypeError(`encode protobuf: "${String(value)}" is no whole number`)
}

function asString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`encode protobuf: a ${typeof value} stands where a string belongs`)
  return value
}

function readMessage(reader: ProtobufReader, shape: MessageShape, depth: number): Message {
  if (depth > nestingMax) throw new ProtobufError(`messages are nested deeper than ${nestingMax}`)
  const message: Message = {}
  while (!reader.done) {
    const tag = reader.tag()
    const type = tag & 7
    const field = shape.byNumber.get(Math.floor(tag / 8))
    if (!field) reader.skip(type)
    else if (field.container === 'map') readEntry(reader, field, message, depth)
    else if (field.container === 'list') readElements(reader, field, type, message, depth)
    else message[field.name] = readValue(reader, field.value, type, depth)
  }
  return message
}

function readElements(reader: ProtobufReader, field: FieldShape, type: number, message: Message, depth: number): void {
  const list = (message[field.name] ?? []) as unknown[]
  message[field.name] = list
  const number = field.value.kind === 'enum' || (field.value.kind === 'scalar' && !isDelimited(field.value.scalar))
  if (!number || type !== wireType.delimited) {
    list.push(readValue(reader, field.value, type, depth))
    return
  }
  const packed = reader.message()
  while (!packed.done) list.push(readValue(packed, field.value, numberWireType(field.value), depth))
}

function isDelimited(scalar: Scalar): boolean {
  return scalar === 'string' || scalar === 'bytes'
}

function readEntry(reader: ProtobufReader, field: FieldShape, message: Message, depth: number): void {
  const entry = reader.message()
  let key: unknown = ''
  let value: unknown = zeroOf(field.value)
  while (!entry.done) {
    const tag = entry.tag()
    if (tag >> 3 === 1) key = readValue(entry, field.key, tag & 7, depth)
    else if (tag >> 3 === 2) value = readValue(entry, field.value, tag & 7, depth)
    else entry.skip(tag & 7)
  }
  const map = (message[field.name] ?? {}) as Message
  message[field.name] = map
  Object.defineProperty(map, String(key), { value, enumerable: true, configurable: true, writable: true })
}

function zeroOf(type: Value): unknown {
  if (type.kind === 'message') return {}
  if (type.kind === 'enum') return type.names.get(0) ?? 0
  if (type.scalar === 'string') return ''
  if (type.scalar === 'bytes') return new Uint8Array()
  return type.scalar === 'bool' ? false : 0
}

function readValue(reader: ProtobufReader, value: Value, type: number, depth: number): unknown {
  const delimited = value.kind === 'message' || (value.kind === 'scalar' && isDelimited(value.scalar))
  const expected = delimited ? wireType.delimited : numberWireType(value)
  if (type !== expected) throw new ProtobufError(`a field has wire type ${type} instead of ${expected}`)
  if (value.kind === 'message') return readMessage(reader.message(), value.shape, depth + 1)
  if (value.kind === 'enum') {
    const number = reader.int32()
    return value.names.get(number) ?? number
  }
  return readScalar(reader, value.scalar)
}

function readScalar(reader: ProtobufReader, scalar: Scalar): unknown {
  switch (scalar) {
    case 'string':
      return reader.string()
    case 'bytes':
      return Uint8Array.from(reader.bytes())
    case 'bool':
      return reader.uint64() !== 0
    case 'int32':
      return reader.int32()
    case 'int64':
      return reader.int64()
    case 'uint32':
      return Number(BigInt.asUintN(32, BigInt(reader.uint64())))
    case 'uint64':
      return reader.uint64()
    case 'double':
      return reader.double()
    case 'float':
      return reader.float()
    default:
      return unzigzag(BigInt(reader.uint64()))
  }
}

function unzigzag(value: bigint): number | bigint {
  const signed = (value >> 1n) ^ -(value & 1n)
  const number = Number(signed)
  return Number.isSafeInteger(number) ? number : signed
}
