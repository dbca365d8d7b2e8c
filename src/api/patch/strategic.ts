/**
 * Strategic merge patch, content type `application/strategic-merge-patch+json`: a merge patch that knows from the schema
 * which lists merge and by which key, with directives (`$patch`, `$retainKeys`, `$setElementOrder/x`,
 * `$deleteFromPrimitiveList/x`) for what a plain merge cannot say. `kubectl apply` on the client side and `kubectl patch`
 * send it. Source: https://github.com/kubernetes/design-proposals-archive/blob/main/cli/preserve-order-in-strategic-merge-patch.md
 * and https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/.
 */
import { badRequest } from '../errors.ts'
import type { FieldNode, TypeNode } from '../schema/type-node.ts'
import { plainFailure, unprocessable } from './failures.ts'
import { assertDepth, isObject, type JsonObject, member, setMember } from './json-value.ts'
import { deleteFromPrimitives, goText, mergeList, orderList } from './strategic-list.ts'

/** How one field merges: what the schema says of it. */
export interface FieldStrategy {
  /** The type of the field's own members (of the elements, for a list); absent where the schema does not say. */
  child: TypeNode | undefined
  replaces: boolean
  merges: boolean
  mergeKey: string
}

const deletePrefix = '$deleteFromPrimitiveList/'
const orderPrefix = '$setElementOrder/'

/**
 * A new object; parts the patch does not mention are shared with `document`, which is not changed.
 * Throws 400 for a patch or directive of the wrong form, 422 when `$retainKeys` contradicts the patch, 500 (as upstream)
 * when a list element lacks its merge key.
 */
export function applyStrategicPatch(document: unknown, patch: unknown, type: TypeNode): unknown {
  if (!isObject(patch)) throw badRequest('error decoding patch: a strategic merge patch must be an object')
  assertDepth(patch)
  return mergeObject(isObject(document) ? document : {}, patch, type)
}

export function mergeObject(original: JsonObject, patch: JsonObject, type: TypeNode | undefined): JsonObject {
  if (Object.hasOwn(patch, '$patch') && patch.$patch !== 'merge') return replaceOrDelete(patch)
  const result = retainKeys({ ...original }, patch)
  const ordered = applyOrders(result, patch, type)
  for (const key of Object.keys(patch)) {
    if (key === '$patch' || key === '$retainKeys' || key.startsWith(orderPrefix) || ordered.has(key)) continue
    if (key.startsWith(deletePrefix)) deleteListed(result, key.slice(deletePrefix.length), patch[key])
    else mergeMember(result, key, patch[key], strategyOf(type, key))
  }
  return result
}

/**
 * A value taken as it is from the patch, where there is nothing to merge it with: directives and nulls make no sense in
 * the object and are left out. Undefined when the value itself is one: upstream drops all that stands beside `$patch`.
 */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDirectives).filter((item) => item !== undefined)
  }
  if (!isObject(value)) return value
  if (Object.hasOwn(value, '$patch')) return undefined
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    if (value[key] === null || isDirective(key)) continue
    const clean = withoutDirectives(value[key])
    if (clean !== undefined) setMember(result, key, clean)
  }
  return result
}

function isDirective(key: string): boolean {
  return key === '$patch' || key === '$retainKeys' || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)
}

function replaceOrDelete(patch: JsonObject): JsonObject {
  if (patch.$patch === 'delete') return {}
  if (patch.$patch !== 'replace') {
    throw plainFailure(`unknown patch type: ${String(patch.$patch)} in map: ${goText(patch)}`)
  }
  const { $patch: _, ...rest } = patch
  return rest
}

function mergeMember(result: JsonObject, key: string, value: unknown, strategy: FieldStrategy): void {
  const old = member(result, key)
  if (value === null) {
    delete result[key]
  } else if (isObject(old) && isObject(value)) {
    setMember(result, key, strategy.replaces ? value : mergeObject(old, value, strategy.child))
  } else if (Array.isArray(old) && Array.isArray(value)) {
    setMember(result, key, mergeLists(old, value, strategy))
  } else {
    const clean = withoutDirectives(value)
    if (clean === undefined) delete result[key]
    else setMember(result, key, clean)
  }
}

function mergeLists(old: unknown[], patch: unknown[], strategy: FieldStrategy): unknown[] {
  return strategy.merges ? mergeList(old, patch, strategy) : patch
}

function deleteListed(result: JsonObject, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest('invalid patch format of primitive list')
  const old = member(result, key)
  if (Array.isArray(old)) setMember(result, key, deleteFromPrimitives(old, values))
}

function retainKeys(result: JsonObject, patch: JsonObject): JsonObject {
  if (!Object.hasOwn(patch, '$retainKeys')) return result
  const kept = patch.$retainKeys
  if (!Array.isArray(kept)) throw badRequest('invalid patch format of retainKeys')
  const names = new Set(kept.map(String))
  for (const key of Object.keys(patch)) {
    if (!isDirective(key) && patch[key] !== null && !names.has(key)) throw unprocessable()
  }
  for (const key of Object.keys(result)) if (!names.has(key)) delete result[key]
  return result
}

/** Merges and orders the lists with a `$setElementOrder`; returns their names. */
function applyOrders(result: JsonObject, patch: JsonObject, type: TypeNode | undefined): Set<string> {
  const done = new Set<string>()
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue
    const order = patch[directive]
    if (!Array.isArray(order)) throw badRequest('invalid patch format of setElementOrder list')
    const key = directive.slice(orderPrefix.length)
    const strategy = strategyOf(type, key)
    const old = asList(member(result, key))
    const changes = asList(member(patch, key))
    if (!old && !changes) continue
    const merged =
      old && changes ? mergeLists(old, changes, strategy) : (old ?? (withoutDirectives(changes) as unknown[]))
    setMember(result, key, orderList({ merged, order, original: old ?? [], changes: changes ?? [], strategy }))
    if (changes) done.add(key)
  }
  return done
}

function asList(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

function strategyOf(type: TypeNode | undefined, key: string): FieldStrategy {
  if (type?.kind === 'struct') {
    const field = type.fields.get(key)
    if (field) return fieldStrategy(field)
  }
  if (type?.kind === 'map') return { child: elementOf(type.value), replaces: false, merges: false, mergeKey: '' }
  return { child: undefined, replaces: false, merges: false, mergeKey: '' }
}

function fieldStrategy(field: FieldNode): FieldStrategy {
  const strategies = (field.patchStrategy ?? '').split(',')
  return {
    child: elementOf(field.type),
    replaces: strategies.includes('replace'),
    merges: strategies.includes('merge'),
    mergeKey: field.patchMergeKey ?? '',
  }
}

function elementOf(type: TypeNode): TypeNode {
  return type.kind === 'list' ? type.element : type
}
