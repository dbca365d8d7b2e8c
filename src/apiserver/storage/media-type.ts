/**
 * The encoding of objects in the store. Everything above works on JSON that opens with kind, apiVersion and metadata;
 * below may stand what kube-apiserver writes with its `--storage-media-type`: protobuf in Kubernetes' envelope, or JSON.
 * Both are always read, whoever wrote them, so that the two servers can take turns on one etcd.
 *
 * Custom resources, CustomResourceDefinitions and APIServices are JSON in either case, as they are upstream.
 */
import { apiVersionOf, groupResource } from '../../api/meta.ts'
import { groupVersionInfos, type KindName } from '../../api/schema/registry.ts'
import { limits } from '../../limits.ts'
import type { KeyValue } from '../../store/store.ts'
import type { ValueTransform } from '../../store/transformed-store.ts'
import { conversions } from '../registry/versions.ts'
import { builtInStorePrefix } from '../scheme/store-prefix.ts'
import { placeOfKey } from './resource-of-key.ts'

export type StorageMediaType = 'application/json' | 'application/vnd.kubernetes.protobuf'

/** Transforms for `transformedStore`. */
export async function storageCodec(mediaType: StorageMediaType): Promise<(key: string) => ValueTransform | undefined> {
  const kinds = storedKinds()
  const recent = new RecentWrites()
  let converter = mediaType === 'application/json' ? undefined : await import('./convert.ts')
  const transform: ValueTransform = {
    write(key, value) {
      const kind = kinds.get(placeOfKey(key))
      if (mediaType === 'application/json' || !converter || !kind || jsonGroups.has(kind.group)) return value
      const encoded = converter.toProtobuf(value)
      recent.add(key, { encoded, value })
      return encoded
    },
    read(item) {
      const kind = kinds.get(placeOfKey(item.key))
      if (opensInOrder(item.value, kind) && (!kind || item.value.at(-1) !== newline)) return withoutNewline(item)
      const own = recent.find(item)
      if (own) return { ...item, value: own }
      if (converter) return { ...item, value: converter.toJson(item, kind) }
      return import('./convert.ts').then((loaded) => {
        converter = loaded
        return { ...item, value: loaded.toJson(item, kind) }
      })
    },
  }
  return (key) => (key.startsWith('/registry/') ? transform : undefined)
}

/** Their servers encode with a codec of their own. */
const jsonGroups: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/** Kinds by their place in the store: the one version that our server writes. */
function storedKinds(): ReadonlyMap<string, KindName> {
  const kinds = new Map<string, KindName>([
    ['/registry/masterleases/', { group: '', version: 'v1', kind: 'Endpoints' }],
    ['/registry/ranges/', { group: '', version: 'v1', kind: 'RangeAllocation' }],
  ])
  const convertedAway = conversions()
  for (const { served, resources } of groupVersionInfos()) {
    for (const { resource, body } of resources) {
      const place = builtInStorePrefix(resource)
      const isOther = convertedAway.has(`${groupResource(resource)}/${resource.version}`)
      if (!isOther && (served || !kinds.has(place))) kinds.set(place, body)
    }
  }
  return kinds
}

/** At the end of JSON that kube-apiserver wrote. Values of known kinds get their defaults then, as they do upstream. */
const newline = 0x0a

function withoutNewline(item: KeyValue): KeyValue {
  const { value } = item
  return value.at(-1) === newline ? { ...item, value: value.subarray(0, -1) } : item
}

function opensInOrder(value: Uint8Array, kind: KindName | undefined): boolean {
  const opening = kind ? `{"kind":"${kind.kind}","apiVersion":"${apiVersionOf(kind)}","metadata":{` : '{"kind":"'
  return (
    Buffer.from(value.buffer, value.byteOffset, Math.min(opening.length, value.length)).toString('latin1') === opening
  )
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
