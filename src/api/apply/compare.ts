/** The difference of two values of one type, as field sets. */
import { isObject, type JsonObject, jsonEqual, member } from '../patch/json-value.ts'
import type { ListNode, MapNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { FieldSet } from './field-set.ts'
import { fieldElement } from './fields-v1.ts'
import { elementOf, memberType, shapeOf, valueWhenAbsent } from './typed-value.ts'

/** No path is in more than one of the three. */
export interface Comparison {
  added: FieldSet
  modified: FieldSet
  removed: FieldSet
}

/** Throws `ElementError` when a list's items cannot be named. */
export function compareTyped(type: TypeNode, left: unknown, right: unknown): Comparison {
  const result: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  compare(type, left, right, [], result)
  return result
}

/** Leaves the ignored fields, and all below them, out of a comparison. */
export function withoutFields(comparison: Comparison, ignored: FieldSet | undefined): Comparison {
  if (!ignored) return comparison
  return {
    added: comparison.added.recursiveDifference(ignored),
    modified: comparison.modified.recursiveDifference(ignored),
    removed: comparison.removed.recursiveDifference(ignored),
  }
}

/** `path` is one stack for the whole walk; a set keeps its elements, never the stack. */
function compare(type: TypeNode, left: unknown, right: unknown, path: string[], result: Comparison): void {
  if (left === right) return
  const shape = impliesMembers(type, left ?? right)
    ? ({ kind: 'object', node: type } as const)
    : shapeOf(type, left, right)
  if (shape.kind === 'object') compareObjects(shape.node, left, right, path, result)
  else if (shape.kind === 'list') compareLists(shape.node, left, right, path, result)
  else if (left !== undefined && right !== undefined && !jsonEqual(left, right)) result.modified.insert(path)
  if (left === undefined) result.added.insert(path)
  else if (right === undefined) result.removed.insert(path)
}

/** A member that one side leaves out is there what its absence implies. */
function compareObjects(
  node: StructNode | MapNode,
  left: unknown,
  right: unknown,
  path: string[],
  result: Comparison,
): void {
  const l = isObject(left) ? left : undefined
  const r = isObject(right) ? right : undefined
  const seeds = seedsOf(node)
  const visit = (name: string): void => {
    const [mine, theirs] = [valueIn(seeds, l, name), valueIn(seeds, r, name)]
    if (mine === theirs) return
    path.push(seeds?.get(name)?.element ?? fieldElement(name))
    compare(memberType(node, name), mine, theirs, path, result)
    path.pop()
  }
  if (l) for (const name of Object.keys(l)) visit(name)
  if (r) for (const name of Object.keys(r)) if (!l || !Object.hasOwn(l, name)) visit(name)
  if (!seeds || (l && r)) return
  const only = l ?? r ?? {}
  for (const [name, { implied }] of seeds) if (implied !== undefined && !Object.hasOwn(only, name)) visit(name)
}

function valueIn(seeds: Seeds | undefined, object: JsonObject | undefined, name: string): unknown {
  if (!object) return undefined
  const value = member(object, name)
  return value === undefined ? seeds?.get(name)?.implied : value
}

/** Of an object without members, whether upstream's Go value has some all the same. */
function impliesMembers(type: TypeNode, value: unknown): type is StructNode {
  if (type.kind !== 'struct' || type.mapType === 'atomic') return false
  if (!isObject(value)) return false
  for (const _ in value) return false
  return [...(seedsOf(type)?.values() ?? [])].some(({ implied }) => implied !== undefined)
}

/** Of a struct's fields, by name: the path element, and what absence implies. */
type Seeds = ReadonlyMap<string, { element: string; implied: unknown }>

const known = new WeakMap<StructNode, Seeds>()

function seedsOf(node: StructNode | MapNode): Seeds | undefined {
  if (node.kind === 'map') return undefined
  let seeds = known.get(node)
  if (!seeds) {
    seeds = new Map(
      [...node.fields].map(([name, field]) => [name, { element: fieldElement(name), implied: valueWhenAbsent(field) }]),
    )
    known.set(node, seeds)
  }
  return seeds
}

function compareLists(node: ListNode, left: unknown, right: unknown, path: string[], result: Comparison): void {
  const lone = left === undefined ? right : right === undefined ? left : undefined
  if (lone !== undefined && compareLone(node, lone as unknown[], left === undefined, path, result)) return
  const l = itemsByElement(node, left)
  const r = itemsByElement(node, right)
  for (const element of new Set([...l.keys(), ...r.keys()])) {
    path.push(element)
    compareItems(node, l.get(element) ?? [], r.get(element) ?? [], path, result)
    path.pop()
  }
}

/** A list that only one side has, where no name stands twice; false, and nothing done, where one does. */
function compareLone(node: ListNode, items: unknown[], isNew: boolean, path: string[], result: Comparison): boolean {
  const elements = items.map((item) => elementOf(node, item))
  if (elements.length > 1 && new Set(elements).size < elements.length) return false
  for (const [index, element] of elements.entries()) {
    path.push(element)
    if (isNew) compare(node.element, undefined, items[index], path, result)
    else compare(node.element, items[index], undefined, path, result)
    path.pop()
  }
  return true
}

/** Items under one name. More than one is a duplicate (possible in old objects): those count as one value. */
function compareItems(node: ListNode, left: unknown[], right: unknown[], path: string[], result: Comparison): void {
  if (left.length <= 1 && right.length <= 1) {
    compare(node.element, left[0], right[0], path, result)
  } else if (left.length > 1 && right.length > 1) {
    if (!jsonEqual(left, right)) result.modified.insert(path)
  } else if (left.length > 1) {
    if (right.length === 1) compare(node.element, undefined, right[0], path, result)
    result.removed.insert(path)
  } else {
    if (left.length === 1) compare(node.element, left[0], undefined, path, result)
    result.added.insert(path)
  }
}

function itemsByElement(node: ListNode, value: unknown): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>()
  for (const item of Array.isArray(value) ? value : []) {
    const element = elementOf(node, item)
    const same = items.get(element)
    if (same) same.push(item)
    else items.set(element, [item])
  }
  return items
}
