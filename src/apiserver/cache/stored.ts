/**
 * An object as the store holds it: encoded JSON without resourceVersion, opening with kind, apiVersion and metadata in
 * that order, so that the version is spliced in and a list item is cut out without decoding anything.
 */
import { encodeJson } from '../../api/codec/json.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
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
  #splices: boolean | undefined
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

  /** Whether the value opens as expected; others (of another version, or written by hand) are encoded anew. */
  splices({ head }: Splice): boolean {
    this.#splices ??= opensWith(this.value, head)
    return this.#splices
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
  const object = JSON.parse(textDecoder.decode(value)) as KubeObject
  object.metadata.resourceVersion = String(revision)
  return object
}

/** The same without managed fields, which are half of most objects: cut out of the text, they are not even parsed. */
function decodeUnmanaged(value: Uint8Array, revision: number): KubeObject {
  const object = JSON.parse(withoutManagedFields(textDecoder.decode(value))) as KubeObject
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

/** Chunks that together are the object with its resourceVersion. */
export function objectChunks(splice: Splice, stored: Stored, revision = stored.revision): Uint8Array[] {
  if (!stored.splices(splice)) return [encodeWithRevision(stored, revision)]
  return [splice.head, versionBytes(revision), stored.value.subarray(splice.head.length)]
}

export interface Joining {
  opening: string
  closing: string
  /** Memory to join in. Default: new. */
  room?: (length: number) => Buffer
}

/** `{"items":[…]}`-style joining: the objects as they stand in a list (without kind and apiVersion), between `[` and `]`. */
export function joinItems(splice: Splice, items: readonly Stored[], { opening, closing, room }: Joining): Uint8Array {
  const head = Buffer.from(splice.head.subarray(splice.itemStart))
  const rest = items.map((stored) => restOf(splice, stored))
  const versions = items.map(({ revision }) => `"resourceVersion":"${revision}",`)
  let length = Buffer.byteLength(opening) + Buffer.byteLength(closing)
  for (let index = 0; index < items.length; index++) length += itemLength(head, versions[index]!, rest[index]!) + 1
  const bytes = room ? room(length) : Buffer.allocUnsafe(length)
  let at = bytes.write(opening, 0)
  for (let index = 0; index < items.length; index++) {
    if (index > 0) bytes[at++] = comma
    bytes[at++] = openBrace
    at += head.copy(bytes, at)
    at += bytes.write(versions[index]!, at, 'latin1')
    bytes.set(rest[index]!, at)
    at += rest[index]!.length
  }
  at += bytes.write(closing, at)
  return bytes.subarray(0, at)
}

const comma = 0x2c
const openBrace = 0x7b

function itemLength(head: Uint8Array, version: string, rest: Uint8Array): number {
  return 1 + head.length + version.length + rest.length
}

/** What follows `"metadata":{"resourceVersion":"…",` in the value. */
function restOf(splice: Splice, stored: Stored): Uint8Array {
  if (stored.splices(splice)) return stored.value.subarray(splice.head.length)
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...others } = stored.decode()
  const { resourceVersion: _, ...kept } = metadata
  return textEncoder.encode(JSON.stringify({ metadata: kept, ...others }).slice('{"metadata":{'.length))
}

function versionBytes(revision: number): Uint8Array {
  return Buffer.from(`"resourceVersion":"${revision}",`, 'latin1')
}

function encodeWithRevision(stored: Stored, revision: number): Uint8Array {
  return textEncoder.encode(JSON.stringify(decodeStored(stored.value, revision)))
}
