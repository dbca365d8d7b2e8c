/** How the protobuf messages of OpenAPI are described: each field's number, and where it stands in the JSON form. */
import type { JsonObject } from '../../api/patch/json-value.ts'

/** `choice`: one of several that a field may be, so that false is written, too. */
export type SingleKind =
  | { is: 'string' | 'bool' | 'choice' | 'int' | 'double' | 'any' }
  | { is: 'message'; message(): Message }

/** `named`: an object whose members become entries of `{name, value}`. */
export type Kind = SingleKind | { is: 'named'; value: SingleKind }

export interface Field {
  number: number
  repeated: boolean
  kind: Kind
  /** A value that is no object stands in the member `value`. */
  read(source: JsonObject): unknown
}

export type Message = readonly Field[]

/** As fields are declared: a message stands for its kind. */
type Declared = Kind | (() => Message)

export const string: SingleKind = { is: 'string' }
/** A bool whose false is not the same as nothing. */
export const choice: SingleKind = { is: 'choice' }
export const double: SingleKind = { is: 'double' }
const any: SingleKind = { is: 'any' }

export function of(message: () => Message): SingleKind {
  return { is: 'message', message }
}

function kindOf(kind: Declared): Kind {
  return typeof kind === 'function' ? of(kind) : kind
}

/** Fields that stand in members of the same names: `25 string type, 23 string* required`, with `*` for several values. */
export function plain(text: string): Message {
  return text
    .trim()
    .split(/\s*,\s*/)
    .map((field) => {
      const [number, kind = '', name = ''] = field.split(' ')
      const is = kind.replace('*', '') as 'string' | 'bool' | 'int' | 'double' | 'any'
      return { ...one(Number(number), { is }, name), repeated: kind.endsWith('*') }
    })
}

export function one(number: number, kind: Declared, name: string): Field {
  return taken(number, kind, (source) => source[name])
}

export function many(number: number, kind: Declared, name: string): Field {
  return { ...one(number, kind, name), repeated: true }
}

export function taken(number: number, kind: Declared, read: Field['read']): Field {
  return { number, kind: kindOf(kind), repeated: false, read }
}

/** The source itself, for messages that only wrap another. */
export function itself(number: number, kind: Declared): Field {
  return taken(number, kind, (source) => source)
}

export function when(number: number, kind: Declared, holds: (source: JsonObject) => boolean): Field {
  return taken(number, kind, (source) => (holds(source) ? source : undefined))
}

export function entries(number: number, value: SingleKind): Field {
  return itself(number, { is: 'named', value })
}

/** Members that start with `x-`. */
export function extensions(number: number): Field {
  return taken(number, { is: 'named', value: any }, (source) =>
    Object.fromEntries(Object.entries(source).filter(([name]) => name.startsWith('x-'))),
  )
}
