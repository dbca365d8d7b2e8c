/**
 * `metadata.managedFields` (KEP-555): who owns which fields. An entry's identity is manager, operation, API version (not
 * for appliers, who keep theirs across versions) and subresource.
 */

import { isObject, type JsonObject } from '../patch/json-value.ts'
import type { ManagedFieldsEntry } from '../types/meta/v1.ts'
import type { FieldSet } from './field-set.ts'
import { parseFieldsV1, serializeFieldsV1 } from './fields-v1.ts'
import { ElementError } from './typed-value.ts'

export interface Manager {
  name: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  subresource: string
}

export interface Owned extends Manager {
  set: FieldSet
  /** RFC 3339, seconds; when the manager last changed what it owns. */
  time: string | undefined
  /** The set as this server wrote it before; absent once it has changed. */
  written?: JsonObject
}

/** By identity. Values are replaced, never changed. */
export type Owners = Map<string, Owned>

export function identityOf(manager: Manager): string {
  const apiVersion = manager.operation === 'Apply' ? '' : manager.apiVersion
  return JSON.stringify([manager.name, manager.operation, apiVersion, manager.subresource])
}

/** `ours`: the entries come from a stored object, in canonical form. Throws `TypeError` for entries of the wrong form. */
export function decodeOwners(entries: readonly ManagedFieldsEntry[] | undefined, ours = false): Owners {
  const owners: Owners = new Map()
  for (const entry of entries ?? []) {
    const { operation } = entry
    if (operation !== 'Apply' && operation !== 'Update') {
      throw new TypeError(`operation must be Apply or Update, got ${JSON.stringify(operation)}`)
    }
    if (!entry.apiVersion) throw new TypeError('apiVersion must not be empty')
    if (entry.fieldsType !== 'FieldsV1') {
      throw new TypeError(`fieldsType must be FieldsV1, got ${JSON.stringify(entry.fieldsType)}`)
    }
    const manager: Manager = {
      name: entry.manager ?? '',
      operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
    }
    const time = entry.time ?? undefined
    const owned =
      ours && hasFields(entry.fieldsV1)
        ? new StoredOwner(manager, time, entry.fieldsV1)
        : { ...manager, time, set: parseFieldsV1(entry.fieldsV1 ?? {}) }
    owners.set(identityOf(manager), owned)
  }
  return owners
}

/** An owner as this server wrote it: its set is read only when a change may touch it, which most changes don't. */
class StoredOwner implements Owned {
  readonly name: string
  readonly operation: Manager['operation']
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly written: JsonObject
  #set: FieldSet | undefined

  constructor({ name, operation, apiVersion, subresource }: Manager, time: string | undefined, written: JsonObject) {
    this.name = name
    this.operation = operation
    this.apiVersion = apiVersion
    this.subresource = subresource
    this.time = time
    this.written = written
  }

  get set(): FieldSet {
    this.#set ??= parsed(this.written)
    return this.#set
  }
}

function hasFields(fields: unknown): fields is JsonObject {
  return isObject(fields) && Object.keys(fields).some((key) => key !== '.')
}

function parsed(written: JsonObject): FieldSet {
  try {
    return parseFieldsV1(written)
  } catch (error) {
    throw new ElementError(`stored managed fields: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Whether the owner may have something in one of the sets, by what stands at the top of its own; cheaper than its set. */
export function mayTouch({ written }: Owned, sets: readonly FieldSet[]): boolean {
  if (!written) return true
  for (const element in written) {
    if (sets.some(({ members, children }) => members.has(element) || children.has(element))) return true
  }
  return false
}

/** Appliers first, then by time, then by name: upstream's order. */
export function encodeOwners(owners: Owners): ManagedFieldsEntry[] {
  return [...owners.values()]
    .filter((owned) => owned.written !== undefined || !owned.set.empty)
    .sort(byPrecedence)
    .map(encode)
}

function encode(owned: Owned): ManagedFieldsEntry {
  const entry: JsonObject = { manager: owned.name, operation: owned.operation, apiVersion: owned.apiVersion }
  if (owned.name === '') delete entry.manager
  if (owned.time !== undefined) entry.time = owned.time
  entry.fieldsType = 'FieldsV1'
  entry.fieldsV1 = owned.written ?? serializeFieldsV1(owned.set)
  if (owned.subresource !== '') entry.subresource = owned.subresource
  return entry as ManagedFieldsEntry
}

function byPrecedence(a: Owned, b: Owned): number {
  return (
    compare(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    compare(a.name, b.name) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  )
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}

/** Managed fields of an object, whatever it holds. */
export function entriesOf(object: unknown): ManagedFieldsEntry[] | undefined {
  if (!isObject(object) || !isObject(object.metadata)) return undefined
  const entries = object.metadata.managedFields
  return Array.isArray(entries) ? (entries as ManagedFieldsEntry[]) : undefined
}

/** A shallow copy of the object with other managed fields; none when the list is empty. */
export function withEntries<T>(object: T, entries: readonly ManagedFieldsEntry[]): T {
  const source = object as JsonObject
  const { managedFields: _, ...metadata } = isObject(source.metadata) ? source.metadata : {}
  const changed = entries.length > 0 ? { ...metadata, managedFields: entries } : metadata
  return { ...source, metadata: changed } as T
}
