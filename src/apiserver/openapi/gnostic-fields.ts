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

export const string: SingleKind = { is: 'string' }
export const bool: SingleKind = { is: 'bool' }
/** A bool whose false is not the same as nothing. */
export const choice: SingleKind = { is: 'choice' }
export const any: SingleKind = { is: 'any' }
export const int: SingleKind = { is: 'int' }
export const double: SingleKind = { is: 'double' }

export function of(message: () => Message): SingleKind {
  return { is: 'message', message }
}

export function one(number: number, kind: Kind, name: string): Field {
  return { number, kind, repeated: false, read: (source) => source[name] }
}

export function many(number: number, kind: Kind, name: string): Field {
  return { ...one(number, kind, name), repeated: true }
}

export function taken(number: number, kind: Kind, read: Field['read']): Field {
  return { number, kind, repeated: false, read }
}

/** The source itself, for messages that only wrap another. */
export function itself(number: number, kind: Kind): Field {
  return taken(number, kind, (source) => source)
}

export function when(number: number, kind: Kind, holds: (source: JsonObject) => boolean): Field {
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
