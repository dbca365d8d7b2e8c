/** How a value is seen through its type: its members, the path elements of list items, and the set of all its fields. */
import { isObject, type JsonObject } from '../patch/json-value.ts'
import {
  type FieldNode,
  isMessage,
  type ListNode,
  type MapNode,
  type Scalar,
  type StructNode,
  type TypeNode,
  untyped,
} from '../schema/type-node.ts'
import { FieldSet } from './field-set.ts'
import { fieldElement, keyElement, valueElement } from './fields-v1.ts'

const untypedObject: MapNode = { kind: 'map', value: untyped, mapType: 'granular' }

/** The error of a list element that cannot be named; `message` is upstream's. */
export class ElementError extends Error {
  override name = 'ElementError'
}

/** What a value can be taken as: parts with their own ownership, or one leaf. */
export type Shape = { kind: 'object'; node: StructNode | MapNode } | { kind: 'list'; node: ListNode } | { kind: 'leaf' }

const leaf: Shape = { kind: 'leaf' }

/**
 * The shape under which values of a type compare and merge. Either value may be undefined (absent), not both. Two empty
 * values are a leaf, which keeps the difference between empty and null.
 */
export function shapeOf(type: TypeNode, left: unknown, right: unknown): Shape {
  const node = type === untyped && (isObject(left) || isObject(right)) ? untypedObject : type
  if (node.kind === 'scalar') return leaf
  if (node.kind === 'list') {
    if (node.listType === 'atomic' || !listable(left) || !listable(right)) return leaf
    return isEmpty(left) && isEmpty(right) ? leaf : { kind: 'list', node }
  }
  if (node.mapType === 'atomic' || !mappable(left) || !mappable(right)) return leaf
  return isEmpty(left) && isEmpty(right) ? leaf : { kind: 'object', node }
}

function listable(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value)
}

function mappable(value: unknown): boolean {
  return value === undefined || value === null || isObject(value)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return Array.isArray(value) ? value.length === 0 : Object.keys(value as object).length === 0
}

/** Whether the schema names this member (fields of structs), as opposed to a map's key. */
export function isNamedField(node: StructNode | MapNode, name: string): boolean {
  return node.kind === 'struct' && node.fields.has(name)
}

export function memberType(node: StructNode | MapNode, name: string): TypeNode {
  if (node.kind === 'map') return node.value
  return node.fields.get(name)?.type ?? untyped
}

/**
 * What upstream's Go value holds for a field that JSON leaves out while its parent is there: an object held by value is
 * empty, a field that is always written is null or zero. Setting such a field then is a change of what is inside, not the
 * field's own coming into being. Undefined when the field truly is absent, as in custom resources always.
 */
export function valueWhenAbsent(field: FieldNode): unknown {
  const { type, omit } = field
  if (omit === undefined) return undefined
  if (type.kind === 'struct' && !field.pointer) return omit === 'zero' ? undefined : {}
  if (omit !== 'never' && !(omit === 'empty' && !field.pointer && isMessage(type))) return undefined
  return type.kind === 'scalar' && !field.pointer ? (zeroValues[type.scalar] ?? null) : null
}

const zeroValues: Partial<Record<Scalar, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '0',
  intOrString: 0,
}

/** Throws `ElementError` when the item cannot be named. */
export function elementOf(list: ListNode, item: unknown): string {
  if (list.listType === 'set') return setElement(item)
  if (item === null) throw new ElementError('associative list with keys may not have a null element')
  if (!isObject(item)) throw new ElementError('associative list with keys may not have non-map elements')
  const keys: JsonObject = {}
  for (const name of list.mapKeys) {
    const value = item[name] ?? keyDefault(list, name)
    if (value !== undefined) keys[name] = value
  }
  if (Object.keys(keys).length === 0) {
    const names = `[${list.mapKeys.map((name) => JSON.stringify(name)).join(' ')}]`
    throw new ElementError(
      `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
    )
  }
  return keyElement(keys)
}

function setElement(item: unknown): string {
  if (isObject(item)) throw new ElementError("associative list without keys has an element that's a map type")
  if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements')
  if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null")
  return valueElement(item)
}

/** A key that is always written has its zero value where it is left out. */
function keyDefault({ element }: ListNode, name: string): unknown {
  const field = element.kind === 'struct' ? element.fields.get(name) : undefined
  if (!field || element.kind !== 'struct') return undefined
  if (field.default !== undefined) return field.default
  const { type, pointer, omit } = field
  const isWritten = omit === 'never' || element.name === 'core/v1.LocalObjectReference'
  return isWritten && !pointer && type.kind === 'scalar' ? zeroValues[type.scalar] : undefined
}

/** Every leaf of the value and every item of its lists and maps. Throws `ElementError`. */
export function fieldSetOf(type: TypeNode, value: unknown): FieldSet {
  const set = new FieldSet()
  collect(type, value, [], set)
  return set
}

function collect(type: TypeNode, value: unknown, path: string[], set: FieldSet): void {
  if (type === untyped && isObject(value)) {
    collectObject(untypedObject, value, path, set)
    return
  }
  if (type.kind === 'scalar') {
    set.insert(path)
    return
  }
  if (type.kind === 'list') {
    if (type.listType === 'atomic') set.insert(path)
    else if (Array.isArray(value)) collectList(type, value, path, set)
    return
  }
  if (type.mapType === 'atomic') set.insert(path)
  else if (isObject(value)) collectObject(type, value, path, set)
}

function collectObject(node: StructNode | MapNode, value: JsonObject, path: string[], set: FieldSet): void {
  for (const name of Object.keys(value)) {
    const item = value[name]
    const below = [...path, fieldElement(name)]
    collect(memberType(node, name), item, below, set)
    const emptyObject = isObject(item) && Object.keys(item).length === 0
    if (item === null || emptyObject || !isNamedField(node, name)) set.insert(below)
  }
}

function collectList(node: ListNode, items: unknown[], path: string[], set: FieldSet): void {
  const elements = items.map((item) => elementOf(node, item))
  const times = new Map<string, number>()
  for (const element of elements) times.set(element, (times.get(element) ?? 0) + 1)
  for (const [index, element] of elements.entries()) {
    const below = [...path, element]
    if (times.get(element) === 1) collect(node.element, items[index], below, set)
    set.insert(below)
  }
}
