/**
 * The types that an expression is checked against: CEL's own, and objects declared from a schema. Sizes that a schema
 * promises (`maxItems`, `maxLength`, `maxProperties`) stand on the type, because the estimated cost depends on them.
 *
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md, https://kubernetes.io/docs/reference/using-api/cel/
 */

export type SimpleKind = 'bool' | 'int' | 'uint' | 'double' | 'null' | 'dyn' | 'duration' | 'timestamp' | 'error'

export type CelType =
  | SimpleType
  | SizedType
  | ListType
  | MapType
  | ObjectType
  | { readonly kind: 'type'; readonly of?: CelType }
  /** A type that a library brings (`kubernetes.Quantity`, `optional_type`). */
  | { readonly kind: 'opaque'; readonly name: string; readonly parameters: readonly CelType[] }
  /** Stands for any one type in an overload's declaration. */
  | { readonly kind: 'parameter'; readonly name: string }

export interface SimpleType {
  readonly kind: SimpleKind
  /** As upstream estimates values of a schema's types; most often 0. Absent for types that no schema declares. */
  readonly sizeMax?: number
}

export interface SizedType {
  readonly kind: 'string' | 'bytes'
  /** Most code points or bytes. Absent: no limit is known. */
  readonly sizeMax?: number
}

export interface ListType {
  readonly kind: 'list'
  readonly element: CelType
  readonly sizeMax?: number
  readonly merge?: ListMerge
}

/** How lists of the type compare and add up where their order means nothing: as sets, or by the fields that name an element. */
export type ListMerge = 'set' | readonly string[]

export interface MapType {
  readonly kind: 'map'
  readonly key: CelType
  readonly value: CelType
  readonly sizeMax?: number
}

export interface ObjectType {
  readonly kind: 'object'
  /** Unique within an environment: `kubernetes.UserInfo`, `__type_self.spec`. */
  readonly name: string
  /** By the name in expressions, escaped where it is none of CEL's identifiers (`self.__namespace__`). */
  readonly fields: ReadonlyMap<string, ObjectField>
  /** Has any field, of type dyn. */
  readonly open?: true
  readonly sizeMax?: number
}

export interface ObjectField {
  readonly type: CelType
  /** The name in JSON. Default: the name in expressions. */
  readonly property?: string
  /** A field of a value without it reads as this, though `has` is false. */
  readonly absent?: unknown
}

export const boolType = { kind: 'bool' } as const
export const intType = { kind: 'int' } as const
export const uintType = { kind: 'uint' } as const
export const doubleType = { kind: 'double' } as const
export const nullType = { kind: 'null' } as const
export const dynType = { kind: 'dyn' } as const
export const durationType = { kind: 'duration' } as const
export const timestampType = { kind: 'timestamp' } as const
export const errorType = { kind: 'error' } as const
export const typeType = { kind: 'type' } as const
export const stringType: SizedType = { kind: 'string' }
export const bytesType: SizedType = { kind: 'bytes' }

export function listType(element: CelType, sizeMax?: number): ListType {
  return sizeMax === undefined ? { kind: 'list', element } : { kind: 'list', element, sizeMax }
}

export function mapType(key: CelType, value: CelType, sizeMax?: number): MapType {
  return sizeMax === undefined ? { kind: 'map', key, value } : { kind: 'map', key, value, sizeMax }
}

export function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return { kind: 'object', name, fields: new Map(Object.entries(fields).map(([field, type]) => [field, { type }])) }
}

export function opaqueType(name: string, ...parameters: readonly CelType[]): CelType {
  return { kind: 'opaque', name, parameters }
}

export function optionalType(of: CelType): CelType {
  return opaqueType('optional_type', of)
}

export function parameterType(name: string): CelType {
  return { kind: 'parameter', name }
}

/** As messages name it: `list(string)`, `google.protobuf.Timestamp`. */
export function typeName(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${typeName(type.element)})`
    case 'map':
      return `map(${typeName(type.key)}, ${typeName(type.value)})`
    case 'object':
    case 'parameter':
      return type.name
    case 'opaque':
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(typeName).join(', ')})`
    case 'type':
      return type.of ? `type(${typeName(type.of)})` : 'type'
    default:
      return simpleNames.get(type.kind) ?? type.kind
  }
}

/** As typeName, with the short names that lists of arguments show. */
export function shortName(type: CelType): string {
  return typeName(type).replace(/google\.protobuf\.(Duration|Timestamp)/g, (_, name: string) => name.toLowerCase())
}

const simpleNames = new Map<CelType['kind'], string>([
  ['duration', 'google.protobuf.Duration'],
  ['timestamp', 'google.protobuf.Timestamp'],
  ['error', '!error!'],
])
