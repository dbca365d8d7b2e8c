/**
 * FieldsV1, the wire form of a field set: nested objects whose keys are path elements; `.` marks that the parent itself is
 * a member, an empty object a member without members below (KEP-555).
 */
import { parseExactly } from '../codec/exact-json.ts'
import { isObject, type JsonObject } from '../patch/json-value.ts'
import { compareElements, type FieldPath, FieldSet } from './field-set.ts'

/** Throws `TypeError` when the value is no FieldsV1; unknown kinds of elements are dropped, as upstream drops them. */
export function parseFieldsV1(value: unknown): FieldSet {
  if (!isObject(value)) throw new TypeError('FieldsV1 must be an object')
  const set = new FieldSet()
  for (const key of Object.keys(value)) {
    if (key === '.') continue
    const element = canonicalElement(key)
    if (element === undefined) continue
    const below = value[key]
    if (!isObject(below)) throw new TypeError(`FieldsV1 ${key} must be an object`)
    const names = Object.keys(below)
    if (names.length === 0 || Object.hasOwn(below, '.')) set.add(element)
    const child = parseFieldsV1(below)
    if (!child.empty) set.put(element, child)
  }
  return set
}

export function serializeFieldsV1(set: FieldSet): JsonObject {
  const result: JsonObject = {}
  for (const element of elementsOf(set)) {
    const child = set.children.get(element)
    const isMember = set.members.has(element)
    // Elements begin with their kind, so none of them is `__proto__`.
    if (child && !child.empty) {
      result[element] = isMember ? { '.': {}, ...serializeFieldsV1(child) } : serializeFieldsV1(child)
    } else if (isMember) result[element] = {}
  }
  return result
}

function elementsOf({ members, children }: FieldSet): string[] {
  const elements = [...members]
  for (const element of children.keys()) if (!members.has(element)) elements.push(element)
  if (elements.length < 2) return elements
  // Names of fields stand in the order of their text, which is also the fastest to sort by.
  const plain = elements.every((element) => element.startsWith('f:'))
  if (elements.length > fewElements) return plain ? elements.sort() : elements.sort(compareElements)
  return sortedInPlace(elements, plain ? compareTexts : compareElements)
}

/** So many that the engine's sort, which allocates, is worth its price. */
const fewElements = 16

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sortedInPlace(elements: string[], order: (a: string, b: string) => number): string[] {
  for (let index = 1; index < elements.length; index++) {
    const element = elements[index]!
    let at = index
    for (; at > 0 && order(elements[at - 1]!, element) > 0; at--) elements[at] = elements[at - 1]!
    elements[at] = element
  }
  return elements
}

export function fieldElement(name: string): string {
  return `f:${name}`
}

/** `keys` in any order; absent ones are left out by the caller. */
export function keyElement(keys: JsonObject): string {
  const names = Object.keys(keys)
  if (names.length === 1) return `k:${JSON.stringify(keys)}`
  const sorted = names.sort()
  return `k:${JSON.stringify(Object.fromEntries(sorted.map((name) => [name, keys[name]])))}`
}

export function valueElement(value: unknown): string {
  return `v:${JSON.stringify(value)}`
}

/** `.spec.containers[name="c"].image`: how conflicts name a path. */
export function pathText(path: FieldPath): string {
  return path.map(elementText).join('')
}

export function elementText(element: string): string {
  const content = element.slice(2)
  if (element.startsWith('f:')) return `.${content}`
  if (element.startsWith('i:')) return `[${content}]`
  const value: unknown = parseExactly(content)
  if (element.startsWith('v:')) return `[=${JSON.stringify(value)}]`
  const pairs = Object.entries(value as JsonObject).map(([name, key]) => `${name}=${JSON.stringify(key)}`)
  return `[${pairs.join(',')}]`
}

function canonicalElement(key: string): string | undefined {
  const content = key.slice(2)
  if (key.startsWith('f:')) return key
  if (key.startsWith('i:')) return /^-?\d+$/.test(content) ? key : undefined
  if (key.startsWith('v:')) return valueElement(parseExactly(content))
  if (!key.startsWith('k:')) return undefined
  const keys: unknown = parseExactly(content)
  if (!isObject(keys)) throw new TypeError(`FieldsV1 ${key} must hold an object`)
  return keyElement(keys)
}
