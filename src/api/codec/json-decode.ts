/**
 * From parsed JSON to the API's canonical form of an object: types checked, quantities and times canonical, nulls and
 * zero values that upstream would leave out dropped, unknown fields dropped and named. Changes the value in place.
 *
 * Whole numbers beyond ±2^53 are `bigint` (see `exact-json.ts`), where the type has 64 bits; beyond those they are refused.
 * Numbers may be `WrittenNumber`, which each type reads in its own way.
 */
import { WrittenNumber } from '../patch/json-value.ts'
import { canonicalQuantity, QuantityError } from '../quantity.ts'
import type { FieldNode, ListNode, MapNode, Scalar, ScalarNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { DecodeError } from './error.ts'
import { isWhole64 } from './exact-json.ts'
import { goElementType, goFieldType } from './go-types.ts'
import { jsonKind } from './json-kind.ts'
import { jsonSchemaType } from './json-schema-type.ts'
import { prune } from './prune.ts'
import {
  formatDuration,
  formatMicroTime,
  formatTime,
  isWritableTime,
  isZeroTime,
  parseDuration,
  parseTime,
} from './time.ts'
import { plainNumber, shownLengthMax, wholeNumber, withPlainNumbers } from './written-number.ts'

type Plain = Record<string, unknown>

/** More unknown fields than this are not named. */
const unknownFieldsMax = 100

/** Where the walk is: names of fields, indexes, map keys. Kept as one list so that a path is made only for an error. */
export interface DecodeState {
  /** The type of the whole object. */
  root: TypeNode
  /** `unknown field "spec.foo"`, in the order found. */
  strictErrors: string[]
  path: (string | number | FieldNode | MapKey)[]
}

interface MapKey {
  key: string
}

/** The canonical value; undefined where it counts as not set. Throws `DecodeError`. */
export function decodeValue(type: TypeNode, value: unknown, state: DecodeState): unknown {
  if (value === null || value === undefined) return undefined
  if (value instanceof WrittenNumber) return decodeNumber(type, value, state)
  switch (type.kind) {
    case 'struct':
      return type.custom ? decodeCustom(type, value, state) : decodeStruct(type, value, state)
    case 'list':
      return decodeList(type, value, state)
    case 'map':
      return decodeMap(type, value, state)
    default:
      return decodeScalar(type, value, state)
  }
}

/** Quantities are their text; a whole number has neither fraction nor exponent. */
function decodeNumber(type: TypeNode, value: WrittenNumber, state: DecodeState): unknown {
  if (type.kind !== 'scalar') throw mismatch(type, value, state)
  switch (type.scalar) {
    case 'quantity':
      return decodeQuantity(value.text)
    case 'double':
      if (!Number.isFinite(Number(value.text))) throw mismatch(type, value, state)
      return Number(value.text)
    case 'raw':
      return decodeScalar(type, plainNumber(value), state)
    default: {
      const whole = wholeNumber(value)
      if (whole === undefined) throw mismatch(type, value, state)
      return decodeScalar(type, whole, state)
    }
  }
}

function decodeCustom(type: StructNode, value: unknown, state: DecodeState): unknown {
  prune(type, value, {
    state,
    noteUnknown: (name) => noteUnknown(name, state),
    decode: (builtIn, member) => decodeValue(builtIn, member, state),
  })
  return value
}

function decodeStruct(type: StructNode, value: unknown, state: DecodeState): Plain {
  if (!isPlain(value)) throw mismatch(type, value, state)
  const fields = type.fields
  for (const name of Object.keys(value)) {
    const field = fields.get(name)
    if (!field) {
      if (type.preserveUnknown) {
        value[name] = withPlainNumbers(value[name])
        continue
      }
      noteUnknown(name, state)
      delete value[name]
      continue
    }
    state.path.push(field)
    const decoded = decodeValue(field.type, value[name], state)
    state.path.pop()
    if (decoded === undefined || isLeftOut(field, decoded)) delete value[name]
    else value[name] = decoded
  }
  for (const [name, zero] of alwaysSaid(type)) if (value[name] === undefined) value[name] = zero
  return value
}

const alwaysSaidOf = new WeakMap<StructNode, readonly (readonly [name: string, zero: unknown])[]>()

/** Texts, numbers and flags that upstream writes even when nobody gave them, with what it writes then. */
function alwaysSaid(type: StructNode): readonly (readonly [name: string, zero: unknown])[] {
  const known = alwaysSaidOf.get(type)
  if (known) return known
  const found: [string, unknown][] = []
  for (const field of type.fields.values()) {
    if (field.omit !== 'never' || field.pointer || field.type.kind !== 'scalar') continue
    const zero = zeroOf(field.type)
    if (zero !== null) found.push([field.name, zero])
  }
  alwaysSaidOf.set(type, found)
  return found
}

/** Whether upstream's encoder leaves the value out. Empty lists and maps wait for `dropEmpties`: rules may name them. */
function isLeftOut(field: FieldNode, value: unknown): boolean {
  if (field.omit === undefined || field.omit === 'never' || field.pointer) return false
  const { type } = field
  if (type.kind !== 'scalar') return false
  return (value === '' || value === 0 || value === false) && type.scalar !== 'intOrString' && type.scalar !== 'raw'
}

function noteUnknown(name: string, state: DecodeState): void {
  if (state.strictErrors.length >= unknownFieldsMax) return
  state.path.push(name)
  state.strictErrors.push(`unknown field "${strictPath(state)}"`)
  state.path.pop()
}

function decodeList(type: ListNode, value: unknown, state: DecodeState): unknown[] {
  if (!Array.isArray(value)) throw mismatch(type, value, state)
  for (let index = 0; index < value.length; index++) {
    state.path.push(index)
    value[index] = decodeValue(type.element, value[index], state) ?? zeroOf(type.element)
    state.path.pop()
  }
  return value
}

function decodeMap(type: MapNode, value: unknown, state: DecodeState): Plain {
  if (!isPlain(value)) throw mismatch(type, value, state)
  for (const key of Object.keys(value)) {
    state.path.push({ key })
    const decoded = decodeValue(type.value, value[key], state) ?? zeroOf(type.value)
    state.path.pop()
    if (decoded === value[key]) continue
    Object.defineProperty(value, key, { value: decoded, enumerable: true, configurable: true, writable: true })
  }
  return value
}

/** What null stands for inside lists and maps. */
function zeroOf(type: TypeNode): unknown {
  if (type.kind === 'struct') return type.custom ? {} : Object.fromEntries(alwaysSaid(type))
  if (type.kind !== 'scalar') return null
  switch (type.scalar) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0
    case 'quantity':
      return '0'
    default:
      return null
  }
}

function decodeScalar(type: ScalarNode, value: unknown, state: DecodeState): unknown {
  switch (type.scalar) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(type, value, state)
      return value
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(type, value, state)
      return value
    case 'int32':
    case 'int64':
      if (!isInteger(value, type.scalar)) throw mismatch(type, value, state)
      return value
    case 'double':
      if (typeof value === 'bigint') return Number(value)
      if (typeof value !== 'number') throw mismatch(type, value, state)
      return value
    case 'intOrString':
      if (typeof value !== 'string' && !isInteger(value, 'int32')) throw mismatch(type, value, state)
      return value
    case 'raw':
      return type.alternative ? decodeAlternative(type, value, state) : withPlainNumbers(value)
    default:
      return decodeText(type, value, state)
  }
}

function isInteger(value: unknown, scalar: 'int32' | 'int64'): value is number | bigint {
  if (scalar === 'int64') return isWhole64(value)
  return typeof value === 'number' && value === (value | 0)
}

/** Values that JSON writes as text of a certain syntax. */
function decodeText(type: ScalarNode, value: unknown, state: DecodeState): string | undefined {
  if (type.scalar === 'quantity' && (typeof value === 'number' || typeof value === 'bigint'))
    return decodeQuantity(String(value))
  if (typeof value !== 'string') throw mismatch(type, value, state)
  if (type.scalar === 'quantity') return decodeQuantity(value.trim())
  if (type.scalar === 'bytes') return decodeBytes(value)
  if (type.scalar === 'duration') return decodeDuration(value)
  return decodeTime(value, type.scalar === 'microTime', state)
}

function decodeQuantity(text: string): string {
  try {
    return canonicalQuantity(text)
  } catch (error) {
    throw error instanceof QuantityError ? new DecodeError(error.message) : error
  }
}

function decodeBytes(text: string): string {
  const canonical = Buffer.from(text, 'base64').toString('base64')
  if (canonical === text) return text
  const corrupt = corruptByte(text)
  if (corrupt === undefined) return canonical
  throw new DecodeError(`illegal base64 data at input byte ${corrupt}`)
}

/** Where the text stops being padded base64 (line breaks aside), as Go's decoder counts; undefined when it never does. */
function corruptByte(text: string): number | undefined {
  let inGroup = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (character === '\r' || character === '\n') continue
    if (/[A-Za-z0-9+/]/.test(character)) inGroup = (inGroup + 1) % 4
    else if (character !== '=' || inGroup < 2) return index
    else return afterPadding(text, index, inGroup)
  }
  return inGroup === 0 ? undefined : text.length - inGroup
}

function afterPadding(text: string, first: number, inGroup: number): number | undefined {
  const rest = text.slice(first + 1)
  const second = inGroup === 2 ? /^[\r\n]*=/.exec(rest)?.[0].length : 0
  if (second === undefined) return rest.trim() === '' ? text.length : first
  const garbage = /[^\r\n]/.exec(rest.slice(second))
  return garbage ? first + 1 + second + garbage.index : undefined
}

function decodeDuration(text: string): string {
  const nanos = parseDuration(text)
  if (nanos === undefined) throw new DecodeError(`time: invalid duration ${JSON.stringify(text)}`)
  return formatDuration(nanos)
}

const timeLayout = '2006-01-02T15:04:05Z07:00'
const microTimeLayout = '2006-01-02T15:04:05.000000Z07:00'

/** Texts that are canonical times: objects of one moment repeat them. */
const canonicalTimes = new Set<string>()
const canonicalTimesMax = 1_000

function decodeTime(text: string, micro: boolean, state: DecodeState): string | undefined {
  if (canonicalTimes.has(text) && !micro) return text
  const canonical = canonicalTime(text, micro, state)
  if (canonical === text && !micro) {
    if (canonicalTimes.size >= canonicalTimesMax) canonicalTimes.clear()
    canonicalTimes.add(text)
  }
  return canonical
}

function canonicalTime(text: string, micro: boolean, state: DecodeState): string | undefined {
  const instant = parseTime(text)
  if (!instant || !isWritableTime(instant) || (micro && !/\.\d{6}(Z|[-+])/.test(text))) {
    const layout = micro ? microTimeLayout : timeLayout
    const quoted = JSON.stringify(text)
    const wrong = timeFault(text, micro && instant !== undefined) ?? `no such time, in field ${goPath(state)}`
    throw new DecodeError(`parsing time ${quoted} as "${layout}": ${wrong}`)
  }
  if (isZeroTime(instant)) return undefined
  return micro ? formatMicroTime(instant) : formatTime(instant)
}

/** What upstream's parser stumbles over, for the most common faults. */
function timeFault(text: string, wantsMicroseconds: boolean): string | undefined {
  if (!/^\d{4}/.test(text)) return `cannot parse ${JSON.stringify(text)} as "2006"`
  if (!wantsMicroseconds) return undefined
  return `cannot parse ${JSON.stringify(text.slice('2006-01-02T15:04:05'.length))} as ".000000"`
}

/** JSON schema writes some values as a schema or as something simpler. */
function decodeAlternative(type: ScalarNode, value: unknown, state: DecodeState): unknown {
  if (isPlain(value)) return decodeStruct(jsonSchemaType(), value, state)
  if (type.alternative === 'boolean') {
    if (typeof value === 'boolean') return value
    throw new DecodeError('boolean or JSON schema expected')
  }
  // Upstream reads nothing where a list or a schema should stand, and says nothing.
  if (!Array.isArray(value)) return []
  const element: TypeNode = type.alternative === 'strings' ? { kind: 'scalar', scalar: 'string' } : jsonSchemaType()
  return decodeList({ kind: 'list', element, listType: 'atomic', mapKeys: [] }, value, state)
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
}

/** In upstream's words: tools show them to users. */
function mismatch(type: TypeNode, value: unknown, state: DecodeState): DecodeError {
  const kind = jsonKind(value)
  const written = value instanceof WrittenNumber ? value.text.slice(0, shownLengthMax) : value
  const shown = kind === 'number' && isNumeric(type) ? `number ${written}` : kind
  const path = goPath(state)
  const field = path === '' ? 'the object' : `Go struct field ${holderOf(state).replace(/^.*\./, '')}.${path}`
  return new DecodeError(`json: cannot unmarshal ${shown} into ${field} of type ${namedType(state) ?? goType(type)}`)
}

function isNumeric(type: TypeNode): boolean {
  return type.kind === 'scalar' && /^(int|double)/.test(type.scalar)
}

/** What upstream calls the type where the walk is; undefined where it has no name of its own. */
function namedType(state: DecodeState): string | undefined {
  const at = state.path.findLastIndex((part) => typeof part === 'object' && !('key' in part))
  const field = state.path[at] as FieldNode | undefined
  if (!field) return undefined
  const holder = holderOf(state)
  let name = goFieldType(holder.slice(holder.indexOf('.') + 1), field.name, holder.slice(0, holder.indexOf('.')))
  for (let depth = state.path.length - at - 1; depth > 0 && name !== undefined; depth--) name = goElementType(name)
  return name
}

function goType(type: TypeNode): string {
  if (type.kind === 'list') return `[]${goType(type.element)}`
  if (type.kind === 'map') return `map[string]${goType(type.value)}`
  if (type.kind === 'struct') return type.name.slice(type.name.indexOf('/') + 1)
  return goScalars[type.scalar] ?? type.scalar
}

const goScalars: Partial<Record<Scalar, string>> = {
  double: 'float64',
  intOrString: 'int32',
  time: 'string',
  microTime: 'string',
  duration: 'string',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
}

/** As upstream's decoder names a field: without indexes and map keys, with the names of inlined messages. */
function goPath({ path, root }: DecodeState): string {
  const names: string[] = []
  // The metadata of custom resources is decoded by itself.
  const isMetadata = root.kind === 'struct' && root.custom && path.length > 1 && namedMetadata(path[0])
  for (const part of isMetadata ? path.slice(1) : path) {
    if (typeof part !== 'object' || 'key' in part) continue
    names.push(part.inlinedPath ? `${part.inlinedPath}.${part.name}` : part.name)
  }
  return names.join('.')
}

function namedMetadata(part: DecodeState['path'][number] | undefined): boolean {
  return typeof part === 'object' && 'name' in part && part.name === 'metadata'
}

/** `v1.Container`: the type that holds the innermost field, also where it comes from an inlined message. */
function holderOf({ root, path }: DecodeState): string {
  let type: TypeNode | undefined = root
  let holder = ''
  for (const part of path) {
    while (type?.kind === 'list' || type?.kind === 'map') type = type.kind === 'list' ? type.element : type.value
    if (typeof part !== 'object' || 'key' in part) continue
    if (type?.kind === 'struct') holder = type.name.slice(type.name.indexOf('/') + 1)
    type = part.type
  }
  return holder
}

/** As strict field validation names a field: `spec.containers[0].foo`. */
function strictPath({ path }: DecodeState): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`
    if (typeof part === 'string') return `.${part}`
    return `.${'key' in part ? part.key : part.name}`
  })
  return parts.join('').slice(1)
}
