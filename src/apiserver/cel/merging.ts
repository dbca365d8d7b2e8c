/**
 * Lists whose order means nothing, as custom resources declare them: sets, and lists whose elements have names.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
import { equal, type Tick } from './compare.ts'
import type { ListMerge } from './types.ts'
import { CelList, CelMap, CelObject, Items, nameOfType, type Value } from './values.ts'

/** What an element is known by. */
function nameOf(merge: ListMerge, element: Value): string {
  if (merge === 'set') return scalarName(element)
  return merge.map((key) => scalarName(member(element, key) ?? null)).join(' ')
}

function member(element: Value, key: string): Value | undefined {
  return element instanceof CelObject || element instanceof CelMap ? element.get(key) : undefined
}

/** Values that are no scalars are told apart by their parts. */
function scalarName(value: Value): string {
  if (value instanceof CelList) return `[${[...value].map(scalarName).join()}]`
  if (value instanceof CelObject)
    return `{${[...value.fields()]
      .sort()
      .map((field) => `${field}:${scalarName(value.get(field)!)}`)
      .join()}}`
  return JSON.stringify(`${nameOfType(value)} ${String(value)}`)
}

function byName(merge: ListMerge, list: CelList): Map<string, Value> {
  const named = new Map<string, Value>()
  for (const element of list) named.set(nameOf(merge, element), element)
  return named
}

export function equalMerging(merge: ListMerge, left: CelList, right: CelList, tick: Tick): boolean {
  if (left.size !== right.size) return false
  const named = byName(merge, left)
  for (const element of right) {
    const own = named.get(nameOf(merge, element))
    if (own === undefined || (merge !== 'set' && !equal(own, element, tick))) return false
  }
  return true
}

/** The elements of both: those of `right` take the place of those of the same name, and follow otherwise. */
export function addMerging(merge: ListMerge, left: CelList, right: CelList): CelList {
  const named = byName(merge, left)
  for (const element of right) {
    const name = nameOf(merge, element)
    if (merge !== 'set' || !named.has(name)) named.set(name, element)
  }
  return new Items([...named.values()], merge)
}
