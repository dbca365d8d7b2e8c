/**
 * Protobuf bytes of the CRI messages in `schema.ts`. Enum values are always set after decoding, by name; 64-bit numbers
 * are JavaScript numbers (times in nanoseconds lose their last digits, which nothing reads).
 */
import { type MessageCodec, type MessageFile, messageCodec } from '../../api/codec/message.ts'
import type { EnumName, Message, MessageName } from './message.ts'
import { criEnums, criMessages } from './schema.ts'

type Plain = Record<string, unknown>

interface Field {
  name: string
  number: number
  /** Of an element, where it is repeated. */
  type: string
  repeated: boolean
}

const fieldsByMessage = new Map(Object.entries(criMessages).map(([name, fields]) => [name, fields.map(parseField)]))
const codecs = new Map<MessageName, MessageCodec>()

const file: MessageFile = {
  package: 'runtime.v1',
  enums: Object.fromEntries(
    Object.entries(criEnums).map(([name, values]) => [
      name,
      Object.fromEntries(values.map((value, number) => [value, number])),
    ]),
  ),
  messages: Object.fromEntries(
    [...fieldsByMessage].map(([name, fields]) => [
      name,
      fields.map(({ name, number, type, repeated }) => ({ name, number, type: repeated ? `repeated ${type}` : type })),
    ]),
  ),
}

/** Fields that are undefined or zero are left out. Throws TypeError on a value that a field cannot hold. */
export function encodeMessage<Name extends MessageName>(name: Name, message: Message<Name>): Uint8Array {
  return codecOf(name).encode(message)
}

/** Throws `ProtobufError` when the bytes are no such message. */
export function decodeMessage<Name extends MessageName>(name: Name, bytes: Uint8Array): Message<Name> {
  return completed(name, codecOf(name).decode(bytes)) as Message<Name>
}

function codecOf(name: MessageName): MessageCodec {
  const codec = codecs.get(name) ?? messageCodec(file, name)
  codecs.set(name, codec)
  return codec
}

/** `name number type`; `[]` after the type marks a list, `map` is string to string. */
function parseField(text: string): Field {
  const [name = '', number = '', type = ''] = text.split(' ')
  const element = type.replace('[]', '')
  return {
    name,
    number: Number(number),
    type: element === 'map' ? 'map<string,string>' : element,
    repeated: type.endsWith('[]'),
  }
}

function completed(name: string, message: Plain): Plain {
  for (const { name: field, type, repeated } of fieldsByMessage.get(name) ?? []) {
    const value = message[field]
    if (repeated) {
      if (value !== undefined) message[field] = (value as unknown[]).map((element) => completedValue(type, element))
    } else if (value !== undefined || Object.hasOwn(criEnums, type)) message[field] = completedValue(type, value)
  }
  return message
}

function completedValue(type: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Object.hasOwn(criEnums, type)) return value === undefined ? criEnums[type as EnumName][0] : String(value)
  return fieldsByMessage.has(type) ? completed(type, value as Plain) : value
}
