/**
 * Documents of version 2 of several servers as one. A definition that another server has under a name of ours, but says
 * something else of, gets a name of its own, and what refers to it follows.
 */
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'

const parts = ['definitions', 'parameters'] as const

/** `own` with what `others` have of paths that it does not; it is not changed. */
export function mergedV2(own: JsonObject, others: readonly JsonObject[]): JsonObject {
  const merged: Record<string, JsonObject> = {}
  for (const part of ['paths', ...parts]) merged[part] = { ...(own[part] as JsonObject | undefined) }
  for (const other of others) addDocument(merged, other)
  const sorted = Object.entries(merged).map(([part, members]) => [part, sortedByName(members)] as const)
  return { ...own, ...Object.fromEntries(sorted) }
}

function sortedByName(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function addDocument(merged: Record<string, JsonObject>, other: JsonObject): void {
  const paths = Object.entries((other.paths as JsonObject) ?? {}).filter(
    ([path]) => !Object.hasOwn(merged.paths!, path),
  )
  const reached = reachedFrom(
    paths.map(([, item]) => item),
    other,
  )
  const names = new Map<string, string>()
  for (const [reference, value] of reached) names.set(reference, freeName(merged, reference, value))
  for (const [reference, value] of reached) {
    const [part = '', name = ''] = splitReference(names.get(reference) ?? reference)
    merged[part]![name] ??= renamed(value, names)
  }
  for (const [path, item] of paths) merged.paths![path] = renamed(item, names)
}

/** `#/definitions/a.b.C` as part and name; anything else is nothing, names that objects have by nature too. */
function splitReference(reference: string): [string, string] | [] {
  const [, part, name] = /^#\/(definitions|parameters)\/(.+)$/.exec(reference) ?? []
  return part === undefined || name === undefined || name === '__proto__' ? [] : [part, name]
}

function reachedFrom(roots: readonly unknown[], document: JsonObject): Map<string, unknown> {
  const reached = new Map<string, unknown>()
  const waiting = [...roots]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    for (const reference of referencesIn(value)) {
      const [part, name] = splitReference(reference)
      if (reached.has(reference) || part === undefined || name === undefined) continue
      const members = document[part]
      const found = isObject(members) && Object.hasOwn(members, name) ? members[name] : {}
      reached.set(reference, found)
      waiting.push(found)
    }
  }
  return reached
}

function* referencesIn(value: unknown): Iterable<string> {
  if (Array.isArray(value)) for (const each of value) yield* referencesIn(each)
  else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      if (key === '$ref' && typeof each === 'string') yield each
      else yield* referencesIn(each)
    }
  }
}

/** The same name where it is free or says the same; else with a number, as upstream has it: `_v2`. */
function freeName(merged: Record<string, JsonObject>, reference: string, value: unknown): string {
  const [part = '', name = ''] = splitReference(reference)
  const members = merged[part] ?? {}
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}_v${number}`
    const taken = Object.hasOwn(members, candidate) ? members[candidate] : undefined
    if (taken === undefined || sameMeaning(taken, value)) return `#/${part}/${candidate}`
  }
}

/** Descriptions are of no account. */
function sameMeaning(left: unknown, right: unknown): boolean {
  return meaning(left) === meaning(right)
}

function meaning(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) => {
    if (key === 'description' && typeof member === 'string') return undefined
    return isObject(member) ? sortedByName(member) : member
  })
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, names))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === '$ref' && typeof each === 'string' ? (names.get(each) ?? each) : renamed(each, names),
    ]),
  )
}
