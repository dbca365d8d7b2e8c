/** Lists in a strategic merge patch: merging by key, deletion, and the order the client asks for. */
import { plainFailure, unprocessable } from './failures.ts'
import { isObject, type JsonObject, jsonEqual, member } from './json-value.ts'
import { type FieldStrategy, mergeObject, withoutDirectives } from './strategic.ts'

/** Merges a list whose strategy is `merge`: objects by their key, scalars as a set. */
export function mergeList(original: unknown[], patch: unknown[], strategy: FieldStrategy): unknown[] {
  if (original.length === 0 && patch.length === 0) return original
  const identity = identityOf(strategy.mergeKey)
  if (!holdsObjects([...original, ...patch])) {
    return inPatchOrder({ merged: distinct([...original, ...patch]), original, changes: patch }, identity)
  }
  if (strategy.mergeKey === '') throw plainFailure('cannot merge lists without merge key for the declared type')
  const { kept, changes } = applyElementDirectives(original as JsonObject[], patch as JsonObject[], strategy.mergeKey)
  return inPatchOrder({ merged: mergeElements(kept, changes, strategy), original, changes }, identity)
}

/** What the patch mentions stands in its order, and before what it does not mention unless that stood before it. */
function inPatchOrder(
  { merged, original, changes }: Pick<OrderRequest, 'merged' | 'original' | 'changes'>,
  identity: (item: unknown) => unknown,
): unknown[] {
  const rank = indexBy(changes, identity)
  const serverRank = indexBy(original, identity)
  const mentioned = merged.filter((item) => rank.has(identity(item)))
  mentioned.sort((a, b) => rank.get(identity(a))! - rank.get(identity(b))!)
  const others = merged.filter((item) => !rank.has(identity(item)))
  return weave(others, mentioned, (item) => serverRank.get(identity(item)))
}

export function deleteFromPrimitives(original: unknown[], removed: unknown[]): unknown[] {
  const gone = new Set(removed)
  return original.filter((item) => !gone.has(item))
}

export interface OrderRequest {
  merged: unknown[]
  order: unknown[]
  /** The list before the patch: elements the client does not name keep their place relative to its order. */
  original: unknown[]
  changes: unknown[]
  strategy: FieldStrategy
}

/** Puts the elements that `order` names into that order and weaves the others in at their old places. */
export function orderList({ merged, order, original, changes, strategy }: OrderRequest): unknown[] {
  const identity = identityOf(strategy.mergeKey)
  const rank = indexBy(order, identity)
  checkOrder(changes, order, rank, identity)
  const serverRank = indexBy(original, identity)
  const named = merged.filter((item) => rank.has(identity(item)))
  named.sort((a, b) => rank.get(identity(a))! - rank.get(identity(b))!)
  const unnamed = merged.filter((item) => !rank.has(identity(item)))
  return weave(unnamed, named, (item) => serverRank.get(identity(item)))
}

function weave(left: unknown[], right: unknown[], rankOf: (item: unknown) => number | undefined): unknown[] {
  const result: unknown[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    const a = rankOf(left[i])
    const b = rankOf(right[j])
    result.push(a !== undefined && b !== undefined && a < b ? left[i++] : right[j++])
  }
  return [...result, ...left.slice(i), ...right.slice(j)]
}

function checkOrder(
  changes: unknown[],
  order: unknown[],
  rank: Map<unknown, number>,
  identity: (item: unknown) => unknown,
): void {
  let last = -1
  for (const item of changes) {
    if (isObject(item) && item.$patch !== undefined) continue
    const place = rank.get(identity(item))
    if (place === undefined || place < last) {
      const [listed, wanted] = [changes, order].map((list) => JSON.stringify(list))
      throw plainFailure(`The order in patch list:\n${listed}\n doesn't match $setElementOrder list:\n${wanted}\n`)
    }
    last = place
  }
}

function identityOf(mergeKey: string): (item: unknown) => unknown {
  return (item) => (isObject(item) ? member(item, mergeKey) : item)
}

function indexBy(list: unknown[], identity: (item: unknown) => unknown): Map<unknown, number> {
  const ranks = new Map<unknown, number>()
  for (const [index, item] of list.entries()) {
    const id = identity(item)
    if (!ranks.has(id)) ranks.set(id, index)
  }
  return ranks
}

function holdsObjects(items: unknown[]): boolean {
  const first = items[0]
  if (Array.isArray(first)) throw unprocessable()
  const objects = items.filter(isObject).length
  if (objects !== 0 && objects !== items.length) throw plainFailure('list element types are not identical')
  return objects > 0
}

function distinct(items: unknown[]): unknown[] {
  return [...new Set(items)]
}

/** Takes `$patch: delete` and `$patch: replace` elements out of the patch and does what they say. */
function applyElementDirectives(
  original: JsonObject[],
  patch: JsonObject[],
  mergeKey: string,
): { kept: JsonObject[]; changes: JsonObject[] } {
  const changes: JsonObject[] = []
  const deleted: unknown[] = []
  let replace = false
  for (const element of patch) {
    if (!Object.hasOwn(element, '$patch') || element.$patch === 'merge') changes.push(element)
    else if (element.$patch === 'replace') replace = true
    else if (element.$patch === 'delete') deleted.push(keyOf(element, mergeKey))
    else throw plainFailure(`unknown patch type: ${String(element.$patch)} in map: ${goText(element)}`)
  }
  if (replace) return { kept: [], changes }
  const kept = original.filter((element) => !deleted.some((key) => jsonEqual(member(element, mergeKey), key)))
  return { kept, changes }
}

function mergeElements(kept: JsonObject[], changes: JsonObject[], strategy: FieldStrategy): unknown[] {
  for (const element of kept) keyOf(element, strategy.mergeKey)
  const result: unknown[] = [...kept]
  const places = indexBy(kept, identityOf(strategy.mergeKey))
  for (const change of changes) {
    const key = keyOf(change, strategy.mergeKey)
    const place = places.get(key)
    if (place === undefined) {
      places.set(key, result.length)
      result.push(withoutDirectives(change))
    } else {
      result[place] = mergeObject(result[place] as JsonObject, change, strategy.child)
    }
  }
  return result
}

/** As Go's `%v` prints what JSON holds. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return String(value)
  const members = Object.keys(value).sort()
  return `map[${members.map((name) => `${name}:${goText(value[name])}`).join(' ')}]`
}

function keyOf(element: JsonObject, mergeKey: string): unknown {
  const key = member(element, mergeKey)
  if (key === undefined) {
    throw plainFailure(`map: ${goText(element)} does not contain declared merge key: ${mergeKey}`)
  }
  return key
}
