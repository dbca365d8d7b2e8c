/**
 * An object as the store holds it: encoded JSON without resourceVersion, opening with kind, apiVersion and metadata in
 * that order, so that the version is spliced in behind the uid and a list item is cut out without decoding anything.
 */
import { parseExactly, parseNearly } from '../../api/codec/exact-json.ts'
import { encodeJson } from '../../api/codec/json.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { limits } from '../../limits.ts'
import type { KeyValue } from '../../store/store.ts'
import { withoutManagedFields } from './unmanaged.ts'

/** What selectors look at. */
export interface Selectable {
  labels: Readonly<Record<string, string>>
  fields: Readonly<Record<string, string>>
}

/** One version of one object. Shared by the cache, its history and every reader; never changed. */
export class Stored {
  readonly key: string
  readonly value: Uint8Array
  readonly revision: number
  readonly #stale: KeyValue['stale']
  #selectable: { by: (object: KubeObject) => Record<string, string>; found: Selectable } | undefined
  #versionAt: number | undefined
  #message: { type: StructNode; bytes: Uint8Array } | undefined

  constructor(item: Pick<KeyValue, 'key' | 'value' | 'modRevision' | 'stale'>) {
    this.key = item.key
    this.value = item.value
    this.revision = item.modRevision
    this.#stale = item.stale
  }

  /** Whether the store would keep it otherwise now, encrypted with another key: written again, it gets that. */
  get stale(): boolean {
    return this.#stale?.() ?? false
  }

  /** A fresh, private object each time. */
  decode(): KubeObject {
    return decodeStored(this.value, this.revision)
  }

  /**
   * The object without managed fields, which nobody but their owners' bookkeeping reads. Shared by all in this process:
   * never to be changed. Decoded once per version, by the bytes the store holds (which forks of a store share); a weak
   * reference lets unused ones go.
   */
  get shared(): KubeObject {
    const known = shared.get(this.value)?.deref()
    if (known) return known
    const object = decodeUnmanaged(this.value, this.revision)
    shared.set(this.value, new WeakRef(object))
    return object
  }

  /** The object as a message of the type, once it was made. */
  message(type: StructNode): Uint8Array | undefined {
    return this.#message?.type === type ? this.#message.bytes : undefined
  }

  /** Encoded once and kept for every reader. */
  keepMessage(type: StructNode, bytes: Uint8Array): void {
    this.#message = { type, bytes }
  }

  /**
   * Where in the value its resourceVersion belongs: after the uid, as Go's struct has it. -1 when the value does not open
   * as expected: others (of another version, or written by hand) are encoded anew.
   */
  versionAt({ head }: Splice): number {
    this.#versionAt ??= opensWith(this.value, head) ? afterMembers(this.value, head.length) : -1
    return this.#versionAt
  }

  /** Whether selectors were tried on it before: they need not decode it. */
  get isLookedAt(): boolean {
    return this.#selectable !== undefined
  }

  /** Computed once for the same function. */
  selectable(fieldsOf: (object: KubeObject) => Record<string, string>): Selectable {
    if (this.#selectable?.by !== fieldsOf) {
      const object = this.shared
      this.#selectable = { by: fieldsOf, found: { labels: object.metadata.labels ?? {}, fields: fieldsOf(object) } }
    }
    return this.#selectable.found
  }
}

const shared = new WeakMap<Uint8Array, WeakRef<KubeObject>>()
const textDecoder = new TextDecoder()
const textEncoder = new TextEncoder()

export function decodeStored(value: Uint8Array, revision: number): KubeObject {
  const object = parseExactly(textDecoder.decode(value)) as KubeObject
  object.metadata.resourceVersion = String(revision)
  return object
}

/**
 * The same without managed fields, which are half of most objects: cut out of the text, they are not even parsed. Readers
 * reckon with numbers, so those beyond ±2^53 are JavaScript's nearest ones here.
 */
function decodeUnmanaged(value: Uint8Array, revision: number): KubeObject {
  const object = parseNearly(withoutManagedFields(textDecoder.decode(value))) as KubeObject
  object.metadata.resourceVersion = String(revision)
  if (object.metadata.managedFields === undefined) return object
  // A copy without them: an object that had a member deleted takes three times the memory.
  const { managedFields: _, ...metadata } = object.metadata
  object.metadata = metadata
  return object
}

/** `kind`, `apiVersion` and `metadata` first; no resourceVersion, which is the store's to say. */
export function encodeStored(object: KubeObject, type: StructNode): Uint8Array {
  const { resourceVersion: _, ...metadata } = object.metadata
  return textEncoder.encode(encodeJson(type, { ...object, metadata }))
}

/** Cuts and splices of one resource's values. `head` is what every value of the resource starts with. */
export interface Splice {
  head: Uint8Array
  /** Where in the head `"metadata":{` starts. */
  itemStart: number
}

export function spliceOf({ kind, apiVersion }: { kind: string; apiVersion: string }): Splice {
  const opening = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`
  return { head: textEncoder.encode(`${opening}"metadata":{`), itemStart: opening.length }
}

function opensWith(value: Uint8Array, head: Uint8Array): boolean {
  if (value.length <= head.length) return false
  for (let index = 0; index < head.length; index++) if (value[index] !== head[index]) return false
  return true
}

const beforeVersion: ReadonlySet<string> = new Set(['name', 'generateName', 'namespace', 'selfLink', 'uid'])

/** Where the members that stand before resourceVersion end, from where metadata's first one starts. */
function afterMembers(value: Uint8Array, start: number): number {
  for (let at = start; ; ) {
    const nameEnd = value.indexOf(quote, at + 1)
    if (value[at] !== quote || !beforeVersion.has(latin1(value, at + 1, nameEnd))) return at
    const next = textEnd(value, nameEnd + '":"'.length) + '",'.length
    // Metadata that ends here has no member to stand before.
    if (value[next - 1] !== comma) return start
    at = next
  }
}

function textEnd(value: Uint8Array, start: number): number {
  let end = start
  while (value[end] !== quote && end < value.length) end += value[end] === backslash ? 2 : 1
  return end
}

function latin1(value: Uint8Array, start: number, end: number): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1', start, end)
}

const quote = 0x22
const comma = 0x2c
const openBrace = 0x7b
const backslash = 0x5c

/** Chunks that together are the object with its resourceVersion. */
export function objectChunks(splice: Splice, stored: Stored, revision = stored.revision): Uint8Array[] {
  const at = stored.versionAt(splice)
  if (at < 0) return [encodeWithRevision(stored, revision)]
  return [stored.value.subarray(0, at), versionBytes(revision), stored.value.subarray(at)]
}

export interface Joining {
  opening: string
  closing: string
  /** Memory to join in. Default: new. */
  room?: (length: number) => Buffer
}

/** `{"items":[…]}`-style joining: the objects as they stand in a list (without kind and apiVersion), between `[` and `]`. */
export function joinItems(splice: Splice, items: readonly Stored[], { opening, closing, room }: Joining): Uint8Array {
  const parts = items.map((stored) => itemParts(splice, stored))
  let length = Buffer.byteLength(opening) + Buffer.byteLength(closing)
  for (const { value, start, version } of parts) length += value.length - start + version.length + ',{'.length
  const bytes = room ? room(length) : Buffer.allocUnsafe(length)
  let at = bytes.write(opening, 0)
  for (const [index, { value, start, versionAt, version }] of parts.entries()) {
    if (index > 0) bytes[at++] = comma
    bytes[at++] = openBrace
    bytes.set(value.subarray(start, versionAt), at)
    at += versionAt - start
    at += bytes.write(version, at, 'latin1')
    bytes.set(value.subarray(versionAt), at)
    at += value.length - versionAt
  }
  at += bytes.write(closing, at)
  return bytes.subarray(0, at)
}

interface ItemParts {
  value: Uint8Array
  /** After the brace of the item. */
  start: number
  versionAt: number
  version: string
}

function itemParts(splice: Splice, stored: Stored): ItemParts {
  const versionAt = stored.versionAt(splice)
  if (versionAt >= 0) {
    const version = `"resourceVersion":"${stored.revision}",`
    return { value: stored.value, start: splice.itemStart, versionAt, version }
  }
  const { kind, apiVersion, ...item } = versioned(stored, stored.revision)
  const shown = splice.itemStart === 1 ? { kind, apiVersion, ...item } : item
  const value = textEncoder.encode(JSON.stringify(shown))
  return { value, start: 1, versionAt: value.length, version: '' }
}

function versionBytes(revision: number): Uint8Array {
  return Buffer.from(`"resourceVersion":"${revision}",`, 'latin1')
}

function encodeWithRevision(stored: Stored, revision: number): Uint8Array {
  return textEncoder.encode(JSON.stringify(versioned(stored, revision)))
}

/** The decoded object, its version where it belongs. */
function versioned(stored: Stored, revision: number): KubeObject {
  const { kind, apiVersion, metadata, ...others } = decodeStored(stored.value, revision)
  const { name, generateName, namespace, selfLink, uid, resourceVersion, ...rest } = metadata
  const ordered = { name, generateName, namespace, selfLink, uid, resourceVersion, ...rest }
  return { kind, apiVersion, metadata: ordered, ...others } as KubeObject
}

/** In groups of what is decoded or encoded in one turn: so many, or less of what is large. */
export function turnsOf(items: readonly Stored[], countMax: number): Stored[][] {
  const turns: Stored[][] = []
  let bytes = 0
  for (const stored of items) {
    const last = turns.at(-1)
    if (!last || last.length >= countMax || bytes >= limits.bytesPerTurn) {
      turns.push([stored])
      bytes = 0
    } else last.push(stored)
    bytes += stored.value.length
  }
  return turns
}
