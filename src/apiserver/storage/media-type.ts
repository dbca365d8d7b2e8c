/**
 * The encoding of objects in the store. Everything above works on JSON that opens with kind, apiVersion and metadata;
 * below may stand what kube-apiserver writes with its `--storage-media-type`: protobuf in Kubernetes' envelope, or JSON.
 * Both are always read, whoever wrote them, so that the two servers can take turns on one etcd.
 *
 * Custom resources, CustomResourceDefinitions and APIServices are JSON in either case, as they are upstream.
 */
import { decodeEnvelope, decodeMessage, encodeProtobuf, isProtobuf, ProtobufError } from '../../api/codec/protobuf.ts'
import { definitionFromV1beta1 } from '../../api/conversion/apiextensions.ts'
import { autoscalerConversion } from '../../api/conversion/autoscaling.ts'
import { apiVersionOf, groupResource, type KubeObject } from '../../api/meta.ts'
import { groupVersionInfos, type KindName, kindType, objectType, parseApiVersion } from '../../api/schema/registry.ts'
import { limits } from '../../limits.ts'
import type { KeyValue } from '../../store/store.ts'
import type { ValueTransform } from '../../store/transformed-store.ts'
import { encodeStored } from '../cache/stored.ts'
import { builtInStorePrefix } from '../scheme/store-prefix.ts'
import { placeOfKey } from './resource-of-key.ts'

export type StorageMediaType = 'application/json' | 'application/vnd.kubernetes.protobuf'

/** Transforms for `transformedStore`. */
export function storageCodec(mediaType: StorageMediaType): (key: string) => ValueTransform | undefined {
  const kinds = storedKinds()
  const recent = new RecentWrites()
  const transform: ValueTransform = {
    write(key, value) {
      const kind = kinds.get(placeOfKey(key))
      if (mediaType === 'application/json' || !kind || jsonGroups.has(kind.group)) return value
      const object = JSON.parse(textDecoder.decode(value)) as KubeObject
      const encoded = encodeProtobuf(object, objectType(object))
      recent.add(key, { encoded, value })
      return encoded
    },
    read(item) {
      const value = recent.find(item) ?? toJson(item, kinds.get(placeOfKey(item.key)))
      return value === item.value ? item : { ...item, value }
    },
  }
  return (key) => (key.startsWith('/registry/') ? transform : undefined)
}

const textDecoder = new TextDecoder()
const textEncoder = new TextEncoder()

/** Their servers encode with a codec of their own. */
const jsonGroups: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/** Kinds by their place in the store: the one version that our server writes. */
function storedKinds(): ReadonlyMap<string, KindName> {
  const kinds = new Map<string, KindName>([
    [`/registry/masterleases/`, { group: '', version: 'v1', kind: 'Endpoints' }],
  ])
  for (const { served, resources } of groupVersionInfos()) {
    if (!served) continue
    for (const { resource, body } of resources) {
      const name = `${groupResource(resource)}/${resource.version}`
      if (!convertedAway.has(name)) kinds.set(builtInStorePrefix(resource), body)
    }
  }
  return kinds
}

/** Served versions that are stored as another one. */
const convertedAway: ReadonlySet<string> = new Set([
  'horizontalpodautoscalers.autoscaling/v1',
  'events.events.k8s.io/v1',
])

/** Throws on a value that is neither encoding. */
function toJson({ key, value }: KeyValue, kind: KindName | undefined): Uint8Array {
  if (isProtobuf(value)) return encodeObject(objectOfProtobuf(value, kind), kind)
  if (opensInOrder(value, kind)) return value.at(-1) === newline ? value.subarray(0, -1) : value
  if (value[0] !== openBrace) throw new Error(`read ${key}: it is neither JSON nor Kubernetes' protobuf`)
  return encodeObject(JSON.parse(textDecoder.decode(value)) as KubeObject, kind)
}

const openBrace = 0x7b
const newline = 0x0a

function opensInOrder(value: Uint8Array, kind: KindName | undefined): boolean {
  const opening = kind ? `{"kind":"${kind.kind}","apiVersion":"${apiVersionOf(kind)}","metadata":{` : '{"kind":"'
  return (
    Buffer.from(value.buffer, value.byteOffset, Math.min(opening.length, value.length)).toString('latin1') === opening
  )
}

/** A version that we have no schema for (a beta of what we store) has the fields of ours. */
function objectOfProtobuf(value: Uint8Array, kind: KindName | undefined): KubeObject {
  const envelope = decodeEnvelope(value)
  const { apiVersion, kind: name, raw } = envelope
  const type = objectType(envelope) ?? (kind && name === kind.kind ? kindType(kind) : undefined)
  if (!type) throw new ProtobufError(`kind "${name}" of "${apiVersion}" has no protobuf form`)
  return { kind: name, apiVersion, ...decodeMessage(type, raw) } as unknown as KubeObject
}

function encodeObject(object: KubeObject, kind: KindName | undefined): Uint8Array {
  if (!kind) {
    const { kind: name, apiVersion, metadata, ...rest } = object
    return textEncoder.encode(JSON.stringify({ kind: name, apiVersion, metadata, ...rest }))
  }
  const converted = convert(object, kind)
  const type = kindType(kind)
  if (!type) throw new TypeError(`the schema has no kind ${kind.kind} in ${apiVersionOf(kind)}`)
  return encodeStored({ ...converted, kind: kind.kind, apiVersion: apiVersionOf(kind) }, type)
}

/** From another version that upstream stores. */
function convert(object: KubeObject, kind: KindName): KubeObject {
  const { version } = parseApiVersion(object.apiVersion ?? '')
  if (version === kind.version) return object
  if (kind.kind === 'HorizontalPodAutoscaler' && version === 'v1') return autoscalerConversion.toStored(object as never)
  if (kind.kind === 'CustomResourceDefinition') return definitionFromV1beta1(object)
  return object
}

/** What this server wrote comes back by the watch: it need not be decoded again. */
class RecentWrites {
  readonly #byKey = new Map<string, { encoded: Uint8Array; value: Uint8Array }>()

  add(key: string, write: { encoded: Uint8Array; value: Uint8Array }): void {
    this.#byKey.delete(key)
    this.#byKey.set(key, write)
    if (this.#byKey.size <= limits.storageRecentWritesMax) return
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest)
      return
    }
  }

  find({ key, value }: KeyValue): Uint8Array | undefined {
    const write = this.#byKey.get(key)
    return write && Buffer.compare(write.encoded, value) === 0 ? write.value : undefined
  }
}
