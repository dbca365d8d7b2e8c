/**
 * From plain objects to JSON text as upstream writes it: `kind` and `apiVersion` first, then fields in the order of
 * their declaration; empty optional values left out; values that upstream always has written even when absent here
 * (`status: {}`, `lastProbeTime: null`).
 */
import {
  type FieldNode,
  isMessage,
  type ListNode,
  type MapNode,
  type StructNode,
  type TypeNode,
} from '../schema/type-node.ts'

type Plain = Readonly<Record<string, unknown>>

interface FieldPlan {
  name: string
  /** `"name":`. */
  prefix: string
  type: TypeNode
  /** Written when the field is absent; undefined leaves it out. */
  absent: string | undefined
  /** Zero values, empty lists and maps are left out. */
  dropEmpty: boolean
  /** An object held by value is left out when nothing is in it. */
  dropEmptyStruct: boolean
  /** Fields of custom resources keep null. */
  keepNull: boolean
}

const plans = new WeakMap<StructNode, readonly FieldPlan[]>()

/** The JSON text of a value of a type, without a newline. */
export function encodeValue(type: TypeNode, value: unknown): string {
  switch (type.kind) {
    case 'struct':
      return type.custom ? encodeCustom(value) : encodeStruct(type, value as Plain)
    case 'list':
      return encodeList(type, value)
    case 'map':
      return encodeMap(type, value)
    default:
      return encodeScalar(value)
  }
}

/** Quotes, backslashes, control characters, halves of characters and what Go escapes need more than quotes around them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
const plainText = /^[^"\\\u0000-\u001f\ud800-\udfff<>&\u2028\u2029]*$/

function encodeScalar(value: unknown): string {
  if (typeof value === 'string') return plainText.test(value) ? `"${value}"` : encodeAny(value)
  if (value === undefined) return 'null'
  return typeof value === 'object' ? encodeAny(value) : JSON.stringify(value)
}

/**
 * JSON with what has a meaning in HTML escaped, as Go writes it: some clients compare the raw template of a
 * ControllerRevision byte by byte with their own.
 */
export function encodeAny(value: unknown): string {
  const text = JSON.stringify(value)
  return meaningInHtml.test(text) ? text.replaceAll(allMeaningInHtml, escaped) : text
}

const meaningInHtml = /[<>&\u2028\u2029]/
const allMeaningInHtml = new RegExp(meaningInHtml, 'g')

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Custom resources are kept as they were sent but for what their schema prunes, so that no schema says how to write them. */
function encodeCustom(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value ?? null)
  const { kind, apiVersion, metadata, ...rest } = value as Plain
  return JSON.stringify({ kind, apiVersion, metadata, ...rest })
}

function encodeStruct(type: StructNode, value: Plain | null | undefined): string {
  const source = value ?? {}
  let text = '{'
  for (const plan of planOf(type)) {
    const member = encodeMember(plan, source[plan.name])
    if (member === undefined) continue
    text += text.length > 1 ? `,${plan.prefix}${member}` : plan.prefix + member
  }
  if (type.preserveUnknown) text += unknownMembers(type, source, text.length > 1)
  return `${text}}`
}

function encodeMember(plan: FieldPlan, member: unknown): string | undefined {
  if (member === undefined) return plan.absent
  if (member === null) return plan.keepNull ? 'null' : plan.absent
  if (plan.dropEmpty && isEmpty(plan.type, member)) return undefined
  const text = encodeValue(plan.type, member)
  return plan.dropEmptyStruct && text === '{}' ? undefined : text
}

function isEmpty(type: TypeNode, value: unknown): boolean {
  switch (type.kind) {
    case 'list':
      return Array.isArray(value) && value.length === 0
    case 'map':
      return Object.keys(value as Plain).length === 0
    case 'struct':
      return false
    default:
      return value === '' || value === 0 || value === false
  }
}

function unknownMembers(type: StructNode, source: Plain, some: boolean): string {
  let text = ''
  for (const name of Object.keys(source)) {
    const value = source[name]
    if (value === undefined || type.fields.has(name)) continue
    text += `${some || text !== '' ? ',' : ''}${JSON.stringify(name)}:${JSON.stringify(value)}`
  }
  return text
}

function encodeList({ element }: ListNode, value: unknown): string {
  if (!Array.isArray(value)) return 'null'
  let text = '['
  for (let index = 0; index < value.length; index++) {
    if (index > 0) text += ','
    text += encodeValue(element, value[index])
  }
  return `${text}]`
}

/** Keys in order, as upstream writes maps. */
function encodeMap({ value: type }: MapNode, value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'null'
  const map = value as Plain
  const keys = Object.keys(map)
  if (keys.length > 1) keys.sort()
  let text = '{'
  for (const key of keys) {
    if (map[key] === undefined) continue
    if (text.length > 1) text += ','
    text += `${encodeScalar(key)}:${encodeValue(type, map[key])}`
  }
  return `${text}}`
}

function planOf(type: StructNode): readonly FieldPlan[] {
  let plan = plans.get(type)
  if (!plan) {
    plan = [...type.fields.values()].map(fieldPlan)
    plans.set(type, plan)
  }
  return plan
}

function fieldPlan(field: FieldNode): FieldPlan {
  const { name, type, pointer, omit } = field
  return {
    name,
    prefix: `${JSON.stringify(name)}:`,
    type,
    absent: absentText(field),
    dropEmpty: omit !== undefined && omit !== 'never' && !pointer && !isMessage(type),
    dropEmptyStruct: omit === 'zero' && type.kind === 'struct' && !pointer,
    keepNull: omit === undefined,
  }
}

/** Objects that upstream holds by value have no "not set", so they are always written unless `omitzero`. */
function absentText({ type, pointer, omit }: FieldNode): string | undefined {
  if (omit === undefined || omit === 'zero') return undefined
  if (omit === 'empty' && (pointer || !isMessage(type))) return undefined
  if (pointer || type.kind === 'list' || type.kind === 'map') return 'null'
  if (type.kind === 'struct') return encodeStruct(type, undefined)
  return zeroText[type.scalar] ?? 'null'
}

const zeroText: Readonly<Partial<Record<string, string>>> = {
  string: '""',
  bool: 'false',
  int32: '0',
  int64: '0',
  double: '0',
  quantity: '"0"',
  intOrString: '0',
  duration: '"0s"',
}
