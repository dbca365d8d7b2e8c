/** Taking fields out of a typed value, and the closure of a set over named fields that this needs. */
import { isObject, type JsonObject, setMember } from '../patch/json-value.ts'
import type { ListNode, MapNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { FieldSet } from './field-set.ts'
import { fieldElement } from './fields-v1.ts'
import { elementOf, isNamedField, memberType, shapeOf } from './typed-value.ts'

/**
 * A new value without the fields and items in `gone`. A container of which parts were taken and nothing remains becomes
 * null; an atomic value below which something should go is taken whole.
 */
export function removeFields(type: TypeNode, value: unknown, gone: FieldSet): unknown {
  const shape = shapeOf(type, value, value)
  if (shape.kind === 'object') return isObject(value) ? removeFromObject(shape.node, value, gone) : null
  if (shape.kind === 'list') return Array.isArray(value) ? removeFromList(shape.node, value, gone) : null
  return type.kind === 'scalar' ? value : null
}

function removeFromObject(node: StructNode | MapNode, value: JsonObject, gone: FieldSet): JsonObject | null {
  const result: JsonObject = {}
  for (const name of Object.keys(value)) {
    const element = fieldElement(name)
    if (gone.members.has(element)) continue
    const below = gone.children.get(element)
    const kept = below && !below.empty ? removeFields(memberType(node, name), value[name], below) : value[name]
    setMember(result, name, kept)
  }
  return Object.keys(result).length === 0 ? null : result
}

function removeFromList(node: ListNode, items: unknown[], gone: FieldSet): unknown[] | null {
  const result: unknown[] = []
  for (const item of items) {
    const element = elementOf(node, item)
    if (gone.members.has(element)) continue
    const below = gone.children.get(element)
    result.push(below && !below.empty ? removeFields(node.element, item, below) : item)
  }
  return result.length === 0 ? null : result
}

/** Adds the struct fields on the way to each member, which a set leaves out: owning `a.b.c` is owning the field `a`. */
export function withNamedParents(type: TypeNode, set: FieldSet): FieldSet {
  const members = new Set(set.members)
  const children = new Map<string, FieldSet>()
  for (const [element, child] of set.children) {
    if (child.empty) continue
    const name = element.slice(2)
    const isField = element.startsWith('f:')
    const node = type.kind === 'struct' || type.kind === 'map' ? type : undefined
    if (isField && node && isNamedField(node, name)) members.add(element)
    children.set(element, withNamedParents(typeBelow(type, isField ? name : undefined), child))
  }
  return new FieldSet(members, children)
}

function typeBelow(type: TypeNode, name: string | undefined): TypeNode {
  if (name !== undefined && (type.kind === 'struct' || type.kind === 'map')) return memberType(type, name)
  return type.kind === 'list' ? type.element : type
}

/**
 * Drops nulls from structs: in typed objects a null is an absent field. A map's null is the empty value of its type, a
 * custom resource may mean one, and values kept raw stay as they are.
 */
export function withoutNulls(type: TypeNode, value: unknown): unknown {
  if (type.kind === 'list' && Array.isArray(value)) return value.map((item) => withoutNulls(type.element, item))
  if ((type.kind !== 'struct' && type.kind !== 'map') || !isObject(value)) return value
  const result: JsonObject = {}
  for (const name of Object.keys(value)) {
    if (value[name] !== null || type.kind === 'map' || type.custom)
      setMember(result, name, withoutNulls(memberType(type, name), value[name]))
  }
  return result
}
