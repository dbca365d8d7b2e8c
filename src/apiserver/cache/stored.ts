/**
 * An object as the store holds it: encoded JSON without resourceVersion, opening with kind, apiVersion and metadata in
 * that order, so that the version is spliced in and a list item is cut out without decoding anything.
 */
import { encodeJson } from '../../api/codec/json.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import type { KeyValue } from '../../store/store.ts'

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
  #selectable: Selectable | undefined

  constructor(item: KeyValue) {
    this.key = item.key
    this.value = item.value
    this.revision = item.modRevision
  }

  /** A fresh, private object each time. */
  decode(): KubeObject {
    return decodeStored(this.value, this.revision)
  }

  /** Computed once. */
  selectable(fieldsOf: (object: KubeObject) => Record<string, string>): Selectable {
    if (!this.#selectable) {
      const object = this.decode()
      this.#selectable = { labels: object.metadata.labels ?? {}, fields: fieldsOf(object) }
    }
    return this.#selectable
  }
}

const textDecoder = new TextDecoder()
const textEncoder = new TextEncoder()

export function decodeStored(value: Uint8Array, revision: number): KubeObject {
  const object = JSON.parse(textDecoder.decode(value)) as KubeObject
  object.metadata.resourceVersion = String(revision)
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

/** Whether the value has the expected opening; others (written by hand, or by another version) are re-encoded. */
export function splices(splice: Splice, value: Uint8Array): boolean {
  const { head } = splice
  if (value.length <= head.length) return false
  for (let index = 0; index < head.length; index++) if (value[index] !== head[index]) return false
  return true
}

/** Chunks that together are the object with its resourceVersion. */
export function objectChunks(splice: Splice, stored: Stored, revision = stored.revision): Uint8Array[] {
  if (!splices(splice, stored.value)) return [encodeWithRevision(stored, revision)]
  return [splice.head, versionBytes(revision), stored.value.subarray(splice.head.length)]
}

/** Chunks that together are the object as it stands in a list: without kind and apiVersion. */
export function itemChunks(splice: Splice, stored: Stored): Uint8Array[] {
  if (!splices(splice, stored.value)) return [encodeWithRevision(stored, stored.revision)]
  const opening = splice.head.subarray(splice.itemStart)
  return [openBrace, opening, versionBytes(stored.revision), stored.value.subarray(splice.head.length)]
}

const openBrace = textEncoder.encode('{')

function versionBytes(revision: number): Uint8Array {
  return textEncoder.encode(`"resourceVersion":"${revision}",`)
}

function encodeWithRevision(stored: Stored, revision: number): Uint8Array {
  return textEncoder.encode(JSON.stringify(decodeStored(stored.value, revision)))
}
