/**
 * `metadata.managedFields` (KEP-555): who owns which fields. An entry's identity is manager, operation, API version (not
 * for appliers, who keep theirs across versions) and subresource.
 */

import { isObject, type JsonObject } from '../patch/json-value.ts'
import type { ManagedFieldsEntry } from '../types/meta/v1.ts'
import type { FieldSet } from './field-set.ts'
import { parseFieldsV1, serializeFieldsV1 } from './fields-v1.ts'

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
    if (entry.fieldsType !== 'FieldsV1') {
      throw new TypeError(`fieldsType must be FieldsV1, got ${JSON.stringify(entry.fieldsType)}`)
    }
    const manager: Manager = {
      name: entry.manager ?? '',
      operation,
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
    }
    owners.set(identityOf(manager), {
      ...manager,
      time: entry.time ?? undefined,
      set: parseFieldsV1(entry.fieldsV1 ?? {}),
      ...(ours && entry.fieldsV1 ? { written: entry.fieldsV1 as JsonObject } : {}),
    })
  }
  return owners
}

/** Appliers first, then by time, then by name: upstream's order. */
export function encodeOwners(owners: Owners): ManagedFieldsEntry[] {
  return [...owners.values()]
    .filter(({ set }) => !set.empty)
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
