/** From the bytes of a protobuf message to plain objects, as the JSON decoder would make them. */

import { canonicalQuantity, QuantityError } from '../quantity.ts'
import { typeByName } from '../schema/registry.ts'
import type { ScalarNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { parseExactly } from './exact-json.ts'
import { type FieldPlan, planOf } from './protobuf-plan.ts'
import { formatDuration, formatMicroTime, formatTime, isWritableTime } from './time.ts'
import { type FieldBudget, ProtobufError, ProtobufReader, wireType } from './wire.ts'

type Plain = Record<string, unknown>

/** JSON schemas nest; so does nothing else. */
const nestingMax = 100

/** The message alone, without the envelope; any number of fields without a budget. Throws `ProtobufError`. */
export function decodeMessage(type: StructNode, bytes: Uint8Array, budget?: FieldBudget): Plain {
  return readMessage(new ProtobufReader(bytes, 0, bytes.length, budget), type, 0)
}

function readMessage(reader: ProtobufReader, type: StructNode, depth: number, into: Plain = {}): Plain {
  if (depth > nestingMax) throw new ProtobufError(`messages are nested deeper than ${nestingMax}`)
  const { byNumber } = planOf(type)
  while (!reader.done) {
    const tag = reader.tag()
    const field = byNumber.get(Math.floor(tag / 8))
    if (!field) reader.skip(tag & 7)
    else if (field.name === '') readMessage(delimited(reader, tag & 7), field.type as StructNode, depth + 1, into)
    else if (field.container === 'list') listOf(into, field).push(readValue(reader, field.element, tag & 7, depth))
    else if (field.container === 'map') readEntry(delimited(reader, tag & 7), field, into, depth)
    else readField(reader, field, tag & 7, into, depth)
  }
  return into
}

function readField(reader: ProtobufReader, field: FieldPlan, type: number, into: Plain, depth: number): void {
  const value = readValue(reader, field.type, type, depth)
  if (value === undefined || (field.dropZero && isZero(field.type, value))) delete into[field.name]
  else into[field.name] = value
}

function listOf(into: Plain, field: FieldPlan): unknown[] {
  const list = (into[field.name] ?? []) as unknown[]
  into[field.name] = list
  return list
}

function readEntry(entry: ProtobufReader, field: FieldPlan, into: Plain, depth: number): void {
  let key = ''
  let value: unknown
  while (!entry.done) {
    const tag = entry.tag()
    if (tag >> 3 === 1 && (tag & 7) === wireType.delimited) key = entry.string()
    else if (tag >> 3 === 2) value = readValue(entry, field.element, tag & 7, depth)
    else entry.skip(tag & 7)
  }
  const map = (into[field.name] ?? {}) as Plain
  into[field.name] = map
  const member = value ?? zeroOf(field.element)
  if (key === '__proto__') {
    Object.defineProperty(map, key, { value: member, enumerable: true, configurable: true, writable: true })
  } else map[key] = member
}

function zeroOf(type: TypeNode): unknown {
  if (type.kind === 'list') return []
  if (type.kind !== 'scalar') return {}
  if (type.scalar === 'string' || type.scalar === 'bytes') return ''
  return type.scalar === 'quantity' ? '0' : null
}

function isZero(type: TypeNode, value: unknown): boolean {
  if (type.kind === 'struct') return Object.keys(value as Plain).length === 0
  if (type.kind !== 'scalar') return false
  if (type.scalar === 'quantity') return value === '0'
  if (type.scalar === 'duration') return value === '0s'
  if (type.scalar === 'raw') return false
  return value === 0 || value === false || (value === '' && type.scalar !== 'intOrString')
}

function delimited(reader: ProtobufReader, type: number): ProtobufReader {
  expectType(type, wireType.delimited)
  return reader.message()
}

function expectType(type: number, expected: number): void {
  if (type !== expected) throw new ProtobufError(`a field has wire type ${type} instead of ${expected}`)
}

function readValue(reader: ProtobufReader, node: TypeNode, type: number, depth: number): unknown {
  if (node.kind === 'scalar') return readScalar(reader, node, type, depth)
  const message = delimited(reader, type)
  if (node.kind === 'struct') return readMessage(message, node, depth + 1)
  if (node.kind === 'map') throw new ProtobufError('a map stands where protobuf has none')
  const list: unknown[] = []
  while (!message.done) {
    const tag = message.tag()
    if (tag >> 3 === 1) list.push(readValue(message, node.element, tag & 7, depth + 1))
    else message.skip(tag & 7)
  }
  return list
}

function readScalar(reader: ProtobufReader, node: ScalarNode, type: number, depth: number): unknown {
  switch (node.scalar) {
    case 'string':
      expectType(type, wireType.delimited)
      return reader.string()
    case 'bytes':
      expectType(type, wireType.delimited)
      return reader.bytes().toString('base64')
    case 'bool':
      expectType(type, wireType.varint)
      return reader.uint64() !== 0
    case 'int32':
      expectType(type, wireType.varint)
      return reader.int32()
    case 'int64':
      expectType(type, wireType.varint)
      return reader.int64()
    case 'double':
      expectType(type, wireType.fixed64)
      return reader.double()
    default:
      return readScalarMessage(delimited(reader, type), node, depth)
  }
}

/** For what reckons with the number. */
function exact(value: number | bigint): number {
  if (typeof value === 'bigint') throw new ProtobufError(`the number ${value} is beyond 2^53`)
  return value
}

/** Undefined stands for "not set". */
function readScalarMessage(message: ProtobufReader, node: ScalarNode, depth: number): unknown {
  if (node.alternative) return readAlternative(message, node.alternative, depth)
  const members = readMembers(message)
  switch (node.scalar) {
    case 'time':
    case 'microTime':
      return readTime(members, node.scalar)
    case 'quantity':
      return readQuantity(members.get(1))
    case 'duration':
      return formatDuration(BigInt(numberMember(members, 1)))
    case 'intOrString':
      return numberMember(members, 1) === 1 ? textMember(members, 3) : exact(numberMember(members, 2))
    default:
      return readRaw(members.get(1))
  }
}

type Members = Map<number, number | bigint | Buffer>

function readMembers(message: ProtobufReader): Members {
  const members: Members = new Map()
  while (!message.done) {
    const tag = message.tag()
    if ((tag & 7) === wireType.varint) members.set(tag >> 3, message.int64())
    else if ((tag & 7) === wireType.delimited) members.set(tag >> 3, message.bytes())
    else message.skip(tag & 7)
  }
  return members
}

function numberMember(members: Members, number: number): number | bigint {
  const member = members.get(number)
  return Buffer.isBuffer(member) || member === undefined ? 0 : member
}

function textMember(members: Members, number: number): string {
  const member = members.get(number)
  return Buffer.isBuffer(member) ? member.toString() : ''
}

function readTime(members: Members, scalar: 'time' | 'microTime'): string | undefined {
  if (members.size === 0) return undefined
  const instant = { seconds: exact(numberMember(members, 1)), nanos: exact(numberMember(members, 2)) }
  if (!isWritableTime(instant))
    throw new ProtobufError(`a time is ${instant.seconds} seconds from 1970, not within years 0 to 9999`)
  return scalar === 'time' ? formatTime(instant) : formatMicroTime(instant)
}

function readQuantity(member: number | bigint | Buffer | undefined): string {
  try {
    return Buffer.isBuffer(member) ? canonicalQuantity(member.toString()) : '0'
  } catch (error) {
    if (error instanceof QuantityError) throw new ProtobufError(error.message)
    throw error
  }
}

function readRaw(member: number | bigint | Buffer | undefined): unknown {
  if (!Buffer.isBuffer(member) || member.length === 0) return undefined
  try {
    return parseExactly(member.toString())
  } catch {
    throw new ProtobufError('embedded JSON is not valid')
  }
}

function readAlternative(
  message: ProtobufReader,
  alternative: NonNullable<ScalarNode['alternative']>,
  depth: number,
): unknown {
  let schema: unknown
  let allows = false
  const list: unknown[] = []
  while (!message.done) {
    const tag = message.tag()
    const number = tag >> 3
    if (alternative === 'boolean' && number === 1) allows = readValue(message, boolean, tag & 7, depth) === true
    else if (number === (alternative === 'boolean' ? 2 : 1)) schema = readSchema(message, tag & 7, depth)
    else if (number !== 2) message.skip(tag & 7)
    else if (alternative === 'schemas') list.push(readSchema(message, tag & 7, depth))
    else list.push(readValue(message, string, tag & 7, depth))
  }
  return schema ?? (alternative === 'boolean' ? allows : list)
}

const boolean: ScalarNode = { kind: 'scalar', scalar: 'bool' }
const string: ScalarNode = { kind: 'scalar', scalar: 'string' }

function readSchema(message: ProtobufReader, type: number, depth: number): unknown {
  return readMessage(delimited(message, type), typeByName('apiextensions/v1.JSONSchemaProps'), depth + 1)
}
