/** Between objects of the served version and the bytes in the store. */
import { badRequest, goQuoted, notFound } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { part } from '../../platform/turn.ts'
import type { KeyValue } from '../../store/store.ts'
import { decodeStored, encodeStored, Stored } from '../cache/stored.ts'
import { objectKey, type Served } from '../scheme/served.ts'
import { clone } from './clone.ts'
import type { RegistryParts, Target } from './parts.ts'

/** The stored bytes of an object of the served version, which a webhook may have to make. */
export function bytesToStore(served: Served, object: KubeObject): Uint8Array | Promise<Uint8Array> {
  return served.bytesOf ? served.bytesOf(object) : toBytes(served, object)
}

/** What a dry run does instead: a webhook that could not convert the object fails it too. */
export async function dryEncoded(served: Served, object: KubeObject): Promise<void> {
  await served.bytesOf?.(object)
}

/** The same where no webhook is concerned. */
export function toBytes(served: Served, object: KubeObject): Uint8Array {
  if (!served.conversion) return encodeStored(object, served.type)
  return encodeStored(served.conversion.toStored(clone(object)), served.storedType)
}

/** A fresh object of the served version. */
export function fromStored(served: Served, stored: Stored): KubeObject {
  if (served.view) {
    const shown = served.view(stored)
    return part(0, () => shown.decode())
  }
  const object = stored.decode()
  return served.conversion ? served.conversion.fromStored(object) : object
}

/** Stored bytes that are the object as the served version shows it; undefined where it has to be made. */
export function servedBytes(served: Served, stored: Stored): Stored | undefined {
  if (served.view) return served.view(stored)
  return served.conversion ? undefined : stored
}

export function fromKeyValue(served: Served, item: KeyValue): KubeObject {
  if (served.view) return fromStored(served, new Stored(item))
  const object = decodeStored(item.value, item.modRevision)
  return served.conversion ? served.conversion.fromStored(object) : object
}

/** Where the target lies. Throws a 400 for what no object can be called. */
export function keyOf({ served, namespace, name }: Target): string {
  if (served.resource.namespaced && namespace === '') throw badRequest('Namespace parameter required.')
  const why = wrongSegment(name)
  if (why !== undefined) throw badRequest(`Name parameter invalid: ${goQuoted(name)}: ${why}`)
  return objectKey(served, namespace, name)
}

/** Source: apimachinery's `validation/path`. */
function wrongSegment(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`
  const wrong = ['/', '%'].filter((each) => name.includes(each)).map((each) => `may not contain '${each}'`)
  return wrong.length > 0 ? wrong.join(';') : undefined
}

/** The stored state of the target as of now; undefined when there is none. */
export async function currentOf(parts: RegistryParts, target: Target): Promise<Stored | undefined> {
  const key = keyOf(target)
  const cache = await parts.caches.fresh(target.served)
  if (cache) return await prepared(target.served, cache.get(key))
  const { item } = await parts.store.get(key)
  return await storedOf(target.served, item)
}

/** What the store gave, ready to be looked at in the served version. */
export async function storedOf(served: Served, item: KeyValue | undefined): Promise<Stored | undefined> {
  return await prepared(served, item && new Stored(item))
}

async function prepared(served: Served, stored: Stored | undefined): Promise<Stored | undefined> {
  if (stored && served.prepare) await served.prepare([stored])
  return stored
}

export async function requireCurrent(parts: RegistryParts, target: Target): Promise<Stored> {
  const stored = await currentOf(parts, target)
  if (!stored) throw notFound(target.served.resource, target.name)
  return stored
}

/** Sets what a client may leave out because the URL says it. */
export function withKind(served: Served, object: KubeObject): KubeObject {
  object.kind = served.resource.kind
  object.apiVersion = apiVersionOf(served.resource)
  return object
}
