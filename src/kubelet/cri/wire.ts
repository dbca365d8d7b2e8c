/**
 * Protobuf encoding of the CRI messages in `schema.ts`. A codec of its own because CRI's fields differ from the API's:
 * maps, unsigned and wrapped numbers, enums by name. Unknown fields are skipped, as protobuf asks for.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import type { EnumName, Message, MessageName } from './message.ts'
import { criEnums, criMessages } from './schema.ts'

type Kind = 'string' | 'bytes' | 'varint' | 'bool' | 'double' | 'map' | 'enum' | 'message'

interface Field {
  name: string
  number: number
  kind: Kind
  repeated: boolean
  /** Name of the message or enum. */
  type: string
}

type Plain = Record<string, unknown>

const varint = 0
const fixed64 = 1
const delimited = 2
const fixed32 = 5

const fieldsByMessage = new Map<string, Field[]>()

/** Serialises a message; fields that are undefined or zero are left out. */
export function encodeMessage<Name extends MessageName>(name: Name, message: Message<Name>): Uint8Array {
  const writer = new Writer()
  writeMessage(writer, name, message as Plain)
  return writer.finish()
}

/** Parses a message. Throws RangeError when the bytes end in the middle of a value. */
export function decodeMessage<Name extends MessageName>(name: Name, bytes: Uint8Array): Message<Name> {
  return readMessage(name, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as Message<Name>
}

function fieldsOf(message: string): Field[] {
  let fields = fieldsByMessage.get(message)
  if (!fields) {
    fields = criMessages[message as MessageName].map(parseField)
    fieldsByMessage.set(message, fields)
  }
  return fields
}

function parseField(text: string): Field {
  const [name = '', number = '', fullType = ''] = text.split(' ')
  const repeated = fullType.endsWith('[]')
  const type = repeated ? fullType.slice(0, -2) : fullType
  return { name, number: Number(number), kind: kindOf(type), repeated, type }
}

function kindOf(type: string): Kind {
  if (type === 'string' || type === 'bytes' || type === 'bool' || type === 'double' || type === 'map') return type
  if (Object.hasOwn(criEnums, type)) return 'enum'
  return Object.hasOwn(criMessages, type) ? 'message' : 'varint'
}

function writeMessage(writer: Writer, name: string, message: Plain): void {
  for (const field of fieldsOf(name)) {
    const value = message[field.name]
    if (value === undefined || value === null) continue
    if (field.kind === 'map') writeMap(writer, field, value as Record<string, string>)
    else if (field.repeated) for (const element of value as unknown[]) writeValue(writer, field, element, true)
    else writeValue(writer, field, value, false)
  }
}

function writeMap(writer: Writer, field: Field, map: Record<string, string>): void {
  for (const [key, value] of Object.entries(map)) {
    const entry = new Writer()
    entry.bytes(1, Buffer.from(key))
    entry.bytes(2, Buffer.from(value))
    writer.bytes(field.number, entry.finish())
  }
}

function writeValue(writer: Writer, field: Field, value: unknown, keepZero: boolean): void {
  switch (field.kind) {
    case 'string':
      if (keepZero || value !== '') writer.bytes(field.number, Buffer.from(value as string))
      return
    case 'bytes':
      if (keepZero || (value as Uint8Array).length > 0) writer.bytes(field.number, value as Uint8Array)
      return
    case 'message': {
      const inner = new Writer()
      writeMessage(inner, field.type, value as Plain)
      writer.bytes(field.number, inner.finish())
      return
    }
    case 'double':
      if (keepZero || value !== 0) writer.double(field.number, value as number)
      return
    default: {
      const number = numberOf(field, value)
      if (keepZero || number !== 0) writer.varint(field.number, number)
    }
  }
}

function numberOf(field: Field, value: unknown): number {
  if (field.kind === 'bool') return value ? 1 : 0
  if (field.kind !== 'enum') return value as number
  const number = (criEnums[field.type as EnumName] as readonly string[]).indexOf(value as string)
  if (number < 0) throw new TypeError(`encode CRI field ${field.name}: ${field.type} has no value ${String(value)}`)
  return number
}

function readMessage(name: string, bytes: Buffer): Plain {
  const fields = fieldsOf(name)
  const message: Plain = {}
  for (const field of fields) if (field.kind === 'enum' && !field.repeated) message[field.name] = enumName(field, 0)
  const reader = new Reader(bytes)
  while (!reader.done) {
    const tag = reader.varint()
    const wireType = tag & 7
    const field = fields.find((candidate) => candidate.number === tag >>> 3)
    if (field) readField(reader, wireType, field, message)
    else reader.skip(wireType)
  }
  return message
}

function readField(reader: Reader, wireType: number, field: Field, message: Plain): void {
  if (field.kind === 'map') {
    const [key, value] = readMapEntry(reader.bytes())
    message[field.name] ??= {}
    ;(message[field.name] as Record<string, string>)[key] = value
    return
  }
  if (!field.repeated) {
    message[field.name] = readValue(reader, field)
    return
  }
  message[field.name] ??= []
  const list = message[field.name] as unknown[]
  const packed = wireType === delimited && ['varint', 'bool', 'enum', 'double'].includes(field.kind)
  if (!packed) {
    list.push(readValue(reader, field))
    return
  }
  const inner = new Reader(reader.bytes())
  while (!inner.done) list.push(readValue(inner, field))
}

function readMapEntry(bytes: Buffer): [string, string] {
  const reader = new Reader(bytes)
  const parts = ['', '']
  while (!reader.done) {
    const number = reader.varint() >>> 3
    parts[number - 1] = reader.bytes().toString()
  }
  return [parts[0] ?? '', parts[1] ?? '']
}

function readValue(reader: Reader, field: Field): unknown {
  switch (field.kind) {
    case 'string':
      return reader.bytes().toString()
    case 'bytes':
      return reader.bytes()
    case 'message':
      return readMessage(field.type, reader.bytes())
    case 'bool':
      return reader.varint() !== 0
    case 'enum':
      return enumName(field, reader.varint())
    case 'double':
      return reader.double()
    default:
      return reader.varint()
  }
}

function enumName(field: Field, number: number): string {
  return (criEnums[field.type as EnumName] as readonly string[])[number] ?? String(number)
}

class Writer {
  #chunks: Uint8Array[] = []

  bytes(field: number, bytes: Uint8Array): void {
    this.#push(field * 8 + delimited)
    this.#push(bytes.length)
    this.#chunks.push(bytes)
  }

  varint(field: number, value: number): void {
    this.#push(field * 8 + varint)
    this.#push(value)
  }

  double(field: number, value: number): void {
    this.#push(field * 8 + fixed64)
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value)
    this.#chunks.push(bytes)
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }

  #push(value: number): void {
    const bytes: number[] = []
    if (value >= 0 && value < 2 ** 31) {
      let small = value
      for (; small > 0x7f; small >>>= 7) bytes.push((small & 0x7f) | 0x80)
      bytes.push(small)
    } else {
      let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)))
      for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
      bytes.push(Number(rest))
    }
    this.#chunks.push(Uint8Array.from(bytes))
  }
}

class Reader {
  #bytes: Buffer
  #position = 0
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#position >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    const start = this.#position
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#position++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    this.#position = start
    return this.#longVarint()
  }

  #longVarint(): number {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes.readUInt8(this.#position++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(BigInt.asIntN(64, value))
    }
    throw new RangeError('decode CRI message: a number is longer than ten bytes')
  }

  bytes(): Buffer {
    const length = this.varint()
    const end = this.#position + length
    if (end > this.#bytes.length) throw new RangeError('decode CRI message: a field runs past the end')
    const bytes = this.#bytes.subarray(this.#position, end)
    this.#position = end
    return bytes
  }

  double(): number {
    const value = this.#bytes.readDoubleLE(this.#position)
    this.#position += 8
    return value
  }

  skip(wireType: number): void {
    if (wireType === varint) this.varint()
    else if (wireType === delimited) this.bytes()
    else if (wireType === fixed64) this.#position += 8
    else if (wireType === fixed32) this.#position += 4
    else throw new RangeError(`decode CRI message: wire type ${wireType} is not known`)
  }
}
