/**
 * How functions are declared: `string.startsWith(string): bool`. A capital letter alone stands for any type; names of
 * libraries' types are as in messages. An overload knows what a call costs before and after.
 */
import type { CallEstimate, EstimateInput } from './estimate.ts'
import type { Runtime } from './runtime.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  opaqueType,
  parameterType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from './types.ts'
import {
  CelList,
  CelMap,
  CelObject,
  Duration,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.ts'

export type Implementation = (runtime: Runtime, ...args: readonly never[]) => Value

export interface Overload {
  /** Its signature; unique within a function. */
  readonly id: string
  readonly name: string
  readonly member: boolean
  /** The target first, of a member. */
  readonly args: readonly CelType[]
  readonly result: CelType
  readonly run: (runtime: Runtime, args: readonly Value[]) => Value
  /** Actual cost, charged before the call. Default: 1. */
  readonly cost: ((args: readonly Value[]) => number) | undefined
  /** Further cost that is known only afterwards. */
  readonly costAfter: ((result: Value) => number) | undefined
  /** Estimated cost without that of the arguments. Default: 1. */
  readonly estimate: ((input: EstimateInput) => CallEstimate | undefined) | undefined
}

export interface Costs {
  readonly cost?: Overload['cost']
  readonly costAfter?: Overload['costAfter']
  readonly estimate?: Overload['estimate']
}

const simple = new Map<string, CelType>([
  ['bool', boolType],
  ['int', intType],
  ['uint', uintType],
  ['double', doubleType],
  ['string', stringType],
  ['bytes', bytesType],
  ['null', nullType],
  ['dyn', dynType],
  ['duration', durationType],
  ['timestamp', timestampType],
  ['type', typeType],
])

/** `run` gets one parameter for each argument, already of the declared type. */
export function declare(
  signature: string,
  run: (runtime: Runtime, ...args: never[]) => Value,
  costs: Costs = {},
): Overload {
  const match = /^(?:([^()]+?)\.)?([@\w?[\]!+\-*/%<>=&|:]+)\((.*)\): (.+)$/.exec(signature)
  if (!match) throw new Error(`read the signature "${signature}": not of the form "target.name(types): type"`)
  const [, target, name = '', parameters = '', result = ''] = match
  const spaced = target !== undefined && namespaces.has(target)
  const args = splitTypes(parameters).map(typeOf)
  const member = target !== undefined && !spaced
  return {
    id: signature,
    name: spaced ? `${target}.${name}` : name,
    member,
    args: member ? [typeOf(target), ...args] : args,
    result: typeOf(result),
    run: (runtime, values) => run(runtime, ...(values as never[])),
    cost: costs.cost,
    costAfter: costs.costAfter,
    estimate: costs.estimate,
  }
}

/** Names before a dot that are no types. */
const namespaces = new Set(['sets', 'lists', 'optional', 'strings', 'cel', 'ip', 'format', 'jsonpatch', 'math'])

/** Throws `Error` for a name that means nothing: a mistake of ours. */
export function typeOf(text: string): CelType {
  const known = simple.get(text)
  if (known) return known
  if (/^[A-Z]$/.test(text)) return parameterType(text)
  const match = /^([\w.]+)<(.*)>$/.exec(text)
  if (!match) return opaqueType(text)
  const [, name = '', inner = ''] = match
  const parts = splitTypes(inner).map(typeOf)
  if (name === 'list') return listType(parts[0]!)
  if (name === 'map') return mapType(parts[0]!, parts[1]!)
  if (name === 'type') return { kind: 'type', of: parts[0]! }
  return opaqueType(name, ...parts)
}

function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '<') depth++
    else if (text[at] === '>') depth--
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  parts.push(text.slice(from))
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** Whether a value may be given for a parameter of this type; elements of lists and maps are not looked at. */
export function accepts(type: CelType, value: Value): boolean {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean'
    case 'int':
      return typeof value === 'bigint'
    case 'uint':
      return value instanceof Uint
    case 'double':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string'
    case 'bytes':
      return value instanceof Uint8Array
    case 'null':
      return value === null
    case 'duration':
      return value instanceof Duration
    case 'timestamp':
      return value instanceof Timestamp
    case 'list':
      return value instanceof CelList
    case 'map':
      return value instanceof CelMap || value instanceof CelObject
    case 'type':
      return value instanceof TypeValue
    case 'object':
      return value instanceof CelObject
    case 'opaque':
      return type.name === 'optional_type'
        ? value instanceof Optional
        : value instanceof Opaque && value.typeName === type.name
    default:
      return true
  }
}
