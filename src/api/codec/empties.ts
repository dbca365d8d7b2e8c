/**
 * Lists and maps with nothing in them. A request's empty ones are kept while its object is checked, since a rule may
 * name them; what is stored and answered has none, as upstream's stored form (protobuf) cannot tell them from absent
 * ones. Custom resources keep theirs: their nodes have no `omit`.
 */
import type { FieldNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { jsonSchemaType } from './json-schema-type.ts'

type Plain = Record<string, unknown>

/** Takes every empty list and map out of the object, in place. */
export function dropEmpties(type: StructNode, object: object): void {
  dropBelow(type, object as Plain, () => true)
}

/** Without what JSON leaves out when empty (a required list stays, as `[]`): the object itself, or a copy. */
export function withoutOmittedEmpties<T extends object>(type: StructNode, object: T): T {
  let found = false
  const isOmitted = ({ omit }: FieldNode) => omit !== 'never'
  dropBelow(type, object as Plain, (field) => {
    found ||= isOmitted(field)
    return false
  })
  if (!found) return object
  const copy = structuredClone(object)
  dropBelow(type, copy as Plain, isOmitted)
  return copy
}

function dropBelow(type: StructNode, object: Plain, drops: (field: FieldNode) => boolean): void {
  for (const field of containersOf(type)) {
    const value = object[field.name]
    if (typeof value !== 'object' || value === null) continue
    if (field.type.kind === 'scalar') {
      visitSchemas(value, drops)
      if (Array.isArray(value) && value.length === 0 && drops(field)) delete object[field.name]
      continue
    }
    if (isEmptyContainer(field.type, value)) {
      if (field.omit !== undefined && !field.pointer && drops(field)) delete object[field.name]
    } else visit(field.type, value, drops)
  }
}

function visit(type: TypeNode, value: object, drops: (field: FieldNode) => boolean): void {
  if (type.kind === 'struct') {
    dropBelow(type, value as Plain, drops)
    return
  }
  if (type.kind === 'scalar') return
  const inner = type.kind === 'list' ? type.element : type.value
  if (inner.kind === 'scalar') return
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof item === 'object' && item !== null) visit(inner, item, drops)
  }
}

/** A schema, or a list of them; names in a list stay. */
function visitSchemas(value: object, drops: (field: FieldNode) => boolean): void {
  for (const schema of Array.isArray(value) ? value : [value]) {
    if (typeof schema === 'object' && schema !== null) dropBelow(jsonSchemaType(), schema, drops)
  }
}

function isEmptyContainer(type: TypeNode, value: object): boolean {
  if (type.kind === 'list') return Array.isArray(value) && value.length === 0
  return type.kind === 'map' && Object.keys(value).length === 0
}

const containers = new WeakMap<StructNode, readonly FieldNode[]>()

/** The fields that can hold a list or map, or are one. */
function containersOf(type: StructNode): readonly FieldNode[] {
  let fields = containers.get(type)
  if (!fields) {
    fields = [...type.fields.values()].filter(({ type }) => type.kind !== 'scalar' || type.alternative !== undefined)
    containers.set(type, fields)
  }
  return fields
}
