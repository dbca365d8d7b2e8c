/** Merging an applied configuration into the live object: what it names wins, what it leaves out stays. */
import { isObject, type JsonObject, member, setMember } from '../patch/json-value.ts'
import type { ListNode, MapNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { elementOf, memberType, shapeOf } from './typed-value.ts'

/**
 * A new value sharing unchanged parts with `live`; neither input is changed. Order of a list: as in the configuration where
 * it names items, with items only the live list has at their old places.
 */
export function mergeTyped(type: TypeNode, live: unknown, config: unknown): unknown {
  if (config === undefined) return live
  const shape = shapeOf(type, live, config)
  if (shape.kind === 'object') return mergeObjects(shape.node, live, config)
  if (shape.kind === 'list') return mergeLists(shape.node, live, config)
  return config
}

function mergeObjects(node: StructNode | MapNode, live: unknown, config: unknown): JsonObject {
  const result: JsonObject = isObject(live) ? { ...live } : {}
  if (!isObject(config)) return result
  for (const name of Object.keys(config)) {
    setMember(result, name, mergeTyped(memberType(node, name), member(result, name), config[name]))
  }
  return result
}

interface Indexed {
  elements: string[]
  items: Map<string, unknown>
}

/** Items named twice merge with nothing: their value is left out of the index, their place is kept. */
function index(node: ListNode, value: unknown): Indexed {
  const list = Array.isArray(value) ? value : []
  const elements = list.map((item) => elementOf(node, item))
  const items = new Map<string, unknown>()
  for (const [place, element] of elements.entries()) {
    items.set(element, items.has(element) ? undefined : list[place])
  }
  return { elements, items }
}

function mergeLists(node: ListNode, live: unknown, config: unknown): unknown[] {
  const left = index(node, live)
  const right = index(node, config)
  const liveItems = Array.isArray(live) ? live : []
  const shared = right.elements.filter((element) => left.items.has(element))
  const done = new Set<string>()
  const result: unknown[] = []
  const take = (element: string): void => {
    done.add(element)
    if (shared[0] === element) shared.shift()
    result.push(mergeTyped(node.element, left.items.get(element), right.items.get(element)))
  }
  let l = 0
  let r = 0
  while (l < left.elements.length || r < right.elements.length) {
    const liveElement = left.elements[l]
    const configElement = right.elements[r]
    if (liveElement !== undefined && !right.items.has(liveElement)) {
      result.push(liveItems[l++])
    } else if (
      liveElement !== undefined &&
      configElement !== undefined &&
      shared[0] !== liveElement &&
      shared.length > 0
    ) {
      l++
    } else {
      if (liveElement !== undefined && (done.has(liveElement) || liveElement === configElement)) l++
      if (configElement === undefined) continue
      take(configElement)
      r++
    }
  }
  return result
}
