/**
 * Brings a list of objects into being: one look at what is there, as few durable writes as there can be for all that is missing or differs,
 * none when nothing does. It writes to the store itself, since nobody is to be asked: these objects are the server's own.
 */
import { apiVersionOf, type KubeObject, type Resource } from '../../api/meta.ts'
import { limits } from '../../limits.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import type { Store, Write } from '../../store/store.ts'
import type { Objects } from '../objects.ts'
import { fromKeyValue, toBytes } from '../registry/persistence.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { collectionPrefix, objectKey, type Served } from '../scheme/served.ts'
import { Ownership } from './ownership.ts'

export interface Wanted {
  resource: Resource
  object: KubeObject
  /** Who writes it, as managed fields say. Default `kube-apiserver`. */
  manager?: string
  /** Who applied the status that it comes with. Default: nobody owns it. */
  statusManager?: string
  /** Fields of spec that a server fills in for itself, so that nobody owns them. Default: none. */
  filledIn?: readonly string[]
  /** The present object with what it lacks, undefined when it can stay. Absent: what is there always stays. Pure. */
  reconcile?(present: KubeObject, wanted: KubeObject): KubeObject | undefined
}

export interface EnsureParts {
  store: Store
  scheme: Scheme
  clock: Clock
  random: Random
}

/** Of what keeps objects right while the server runs. */
export interface KeeperParts extends EnsureParts {
  objects: Objects
  log: Logger
}

/** Attempts against another API server that starts at the same time. */
const attemptsMax = 5

/** Returns how many objects were written. */
export async function ensureObjects(parts: EnsureParts, wanted: readonly Wanted[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const writes = await planWrites(parts, wanted)
    const conflict = await commitInParts(parts.store, writes)
    if (conflict === undefined) return writes.length
    if (attempt >= attemptsMax)
      throw new Error(`write the cluster's own objects: ${conflict} kept changing, ${attempt} attempts`)
  }
}

/** The objects do not depend on each other. Returns the key that another server wrote meanwhile. */
async function commitInParts(store: Store, writes: readonly Write[]): Promise<string | undefined> {
  for (let start = 0; start < writes.length; start += limits.storeWritesPerCommitMax) {
    const [first, ...rest] = writes.slice(start, start + limits.storeWritesPerCommitMax)
    const result = first && (await store.commit([first, ...rest]))
    if (result?.ok === false) return result.key
  }
  return undefined
}

async function planWrites(parts: EnsureParts, wanted: readonly Wanted[]): Promise<Write[]> {
  const present = await presentObjects(parts, wanted)
  const ownership = new Ownership(parts)
  const writes: Write[] = []
  for (const one of wanted) {
    const { resource, object, reconcile } = one
    const { served, key } = placeOf(parts, resource, object)
    const found = present.get(key)
    const changed = found ? reconcile?.(found, object) : created(parts, resource, object)
    if (!changed) continue
    const next = found ? ownership.updated(one, found, changed) : ownership.created(one, changed)
    const expected = Number(found?.metadata.resourceVersion ?? 0)
    writes.push({ op: 'put', key, value: toBytes(served, next), expected })
  }
  return writes
}

/** By key. Read from the store: the caches would load each resource whole, and keep it from the start on. */
async function presentObjects(parts: EnsureParts, wanted: readonly Wanted[]): Promise<Map<string, KubeObject>> {
  const collections = new Map<string, Served>()
  for (const { resource, object } of wanted) {
    const { served } = placeOf(parts, resource, object)
    collections.set(collectionPrefix(served, object.metadata.namespace ?? ''), served)
  }
  const ranges = await Promise.all(
    [...collections].map(async ([prefix, served]) => {
      const { items } = await parts.store.range({ prefix })
      return items.map((item) => [item.key, fromKeyValue(served, item)] as const)
    }),
  )
  return new Map(ranges.flat())
}

function placeOf(
  { scheme }: EnsureParts,
  resource: Resource,
  { metadata }: KubeObject,
): { served: Served; key: string } {
  const served = scheme.of(resource)
  return { served, key: objectKey(served, metadata.namespace ?? '', metadata.name ?? '') }
}

function created({ clock, random }: EnsureParts, resource: Resource, { metadata, ...rest }: KubeObject): KubeObject {
  const { name, namespace, ...others } = metadata
  const identity = { ...(name ? { name } : {}), ...(namespace ? { namespace } : {}) }
  const system = { uid: random.uuid(), creationTimestamp: rfc3339(clock.nowMs()) }
  return {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    ...rest,
    metadata: { ...identity, ...system, ...others },
  }
}
