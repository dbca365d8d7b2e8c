/** Managed fields after a create, an update or a patch that is no apply. */

import { isObject, type JsonObject, jsonEqual } from '../patch/json-value.ts'
import type { ManagedFieldsEntry } from '../types/meta/v1.ts'
import { type ApplyContext, managerOf, phaseOf } from './context.ts'
import { decodeOwners, encodeOwners, entriesOf, type Owners, withEntries } from './managed-fields.ts'
import { capUpdaters, ownersAfterUpdate } from './ownership.ts'
import { ElementError } from './typed-value.ts'

export interface UpdateRequest<T> extends ApplyContext {
  /** The stored object; undefined on create. */
  live: T | undefined
  /** What is to be stored, in the request's version, defaulted. Its managed fields, when valid, replace the live ones. */
  updated: T
  /** The `fieldManager` of the request, or the first part of its user agent; "unknown" when empty. */
  manager: string
}

/**
 * A copy of `updated` with its managed fields. Objects that never had any get none by an update, only by a create; sending
 * an empty list, or one empty entry, clears them (upstream's reset). A live object whose lists cannot be compared loses its managed fields
 * rather than failing the request.
 */
export function updateManagedFields<T extends object>(request: UpdateRequest<T>): T {
  const live = (request.live ?? {}) as JsonObject
  const updated = withEntries(request.updated, [])
  const phase = phaseOf(request)
  const owners = phase(() => startingOwners(request))
  if (owners.size === 0 && hasUid(live)) return updated
  const change = { context: request, live: withEntries(live, []), next: updated as JsonObject }
  const manager = managerOf(request, request.manager || 'unknown', 'Update')
  try {
    const after = ownersAfterUpdate(owners, change, manager)
    return phase(() => withEntries(updated, encodeOwners(capUpdaters(after))))
  } catch (error) {
    if (error instanceof ElementError) return updated
    throw error
  }
}

/**
 * When an update changes nothing but the times in managed fields, it changes nothing: the result then is `live`'s managed
 * fields on `updated`. To be called last before the store compares the two.
 */
export function keepUnchangedTimes<T extends object>(live: T, updated: T): T {
  const before = entriesOf(live)
  const after = entriesOf(updated)
  if (!before || !after || before.length !== after.length) return updated
  if (!jsonEqual(before.map(withoutTime), after.map(withoutTime))) return updated
  return jsonEqual(comparable(live), comparable(updated)) ? withEntries(updated, before) : updated
}

function withoutTime(entry: ManagedFieldsEntry): JsonObject {
  const { time: _, ...rest } = entry as unknown as JsonObject
  return rest
}

function comparable(object: object): unknown {
  const bare = withEntries(object as JsonObject, [])
  const { resourceVersion: _, ...metadata } = isObject(bare.metadata) ? bare.metadata : {}
  return { ...bare, metadata }
}

function startingOwners({ type, live, updated, subresource }: UpdateRequest<object>): Owners {
  const ofLive = (): Owners => decodeOrNone(entriesOf(live), true)
  if (subresource !== '') return ofLive()
  const sent = entriesOf(updated)
  // Of custom resources an empty list is none.
  const isReset = sent?.length === 0 ? type.kind === 'struct' && !type.custom : sent?.length === 1 && isBlank(sent[0])
  if (isReset) return new Map()
  const owners = decodeOrNone(sent)
  return owners.size === 0 ? ofLive() : owners
}

function decodeOrNone(entries: ManagedFieldsEntry[] | undefined, ours = false): Owners {
  try {
    return decodeOwners(entries, ours)
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return new Map()
    throw error
  }
}

function isBlank(entry: unknown): boolean {
  return isObject(entry) && Object.values(entry).every((value) => value === '' || value === null)
}

function hasUid(live: JsonObject): boolean {
  return isObject(live.metadata) && typeof live.metadata.uid === 'string' && live.metadata.uid !== ''
}
