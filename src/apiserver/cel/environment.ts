/** Which names an expression may use: variables, types, functions. Functions are declared when the first expression compiles. */
import type { Scope } from './checker.ts'
import type { Overload } from './functions.ts'
import { authorizers } from './library/authorizer.ts'
import { conversions } from './library/conversions.ts'
import { namedFormats } from './library/formats.ts'
import { jsonPatches } from './library/json-patch.ts'
import { lists } from './library/lists.ts'
import { network } from './library/network.ts'
import { operators } from './library/operators.ts'
import { optionals } from './library/optionals.ts'
import { quantities } from './library/quantity.ts'
import { regex } from './library/regex.ts'
import { semvers } from './library/semver.ts'
import { sets } from './library/sets.ts'
import { text } from './library/text.ts'
import { time } from './library/time.ts'
import { urls } from './library/url.ts'
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
  optionalType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from './types.ts'

/** Keep it: compiled programs are remembered by it. */
export interface Environment {
  readonly variables: ReadonlyMap<string, CelType>
  /** Object types that the expression may make (`Object{…}`), by name. */
  readonly constructible?: (name: string) => CelType | undefined
  /** Libraries that only some places have. */
  readonly extra?: readonly ('jsonpatch' | 'bindings')[]
}

function byName(overloads: readonly Overload[]): Map<string, Overload[]> {
  const table = new Map<string, Overload[]>()
  for (const overload of overloads) {
    const list = table.get(overload.name)
    if (list) list.push(overload)
    else table.set(overload.name, [overload])
  }
  return table
}

const base = byName([
  ...operators,
  ...conversions,
  ...time,
  ...text,
  ...regex,
  ...lists,
  ...sets,
  ...optionals,
  ...urls,
  ...quantities,
  ...network,
  ...namedFormats,
  ...semvers,
  ...authorizers,
])
const jsonPatch = byName(jsonPatches)

const types = new Map<string, CelType>([
  ['bool', boolType],
  ['bytes', bytesType],
  ['double', doubleType],
  ['google.protobuf.Duration', durationType],
  ['int', intType],
  ['list', listType(dynType)],
  ['map', mapType(dynType, dynType)],
  ['null_type', nullType],
  ['optional_type', optionalType(dynType)],
  ['string', stringType],
  ['google.protobuf.Timestamp', timestampType],
  ['type', typeType],
  ['uint', uintType],
  ['net.IP', opaqueType('net.IP')],
  ['net.CIDR', opaqueType('net.CIDR')],
])

export function scopeOf(environment: Environment): Scope {
  return {
    variable: (name) => environment.variables.get(name),
    type: (name) => types.get(name) ?? environment.constructible?.(name),
    overloads: (name) => base.get(name) ?? (environment.extra?.includes('jsonpatch') ? jsonPatch.get(name) : undefined),
  }
}
