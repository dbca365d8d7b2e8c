/** The server's own view of its objects, from the same caches that serve clients. */
import type { KubeObject, Resource } from '../api/meta.ts'
import { whenKnown } from '../platform/turn.ts'
import type { Caches } from './cache/caches.ts'
import type { CacheEvent, ResourceCache } from './cache/resource-cache.ts'
import type { Stored } from './cache/stored.ts'
import type { Follower, Objects } from './objects.ts'
import { fromStored } from './registry/persistence.ts'
import type { Scheme } from './scheme/scheme.ts'
import { collectionPrefix, type Served } from './scheme/served.ts'

export function cachedObjects({ caches, scheme }: { caches: Caches; scheme: Scheme }): Objects {
  return {
    get<T extends KubeObject>(resource: Resource<T>, key: string) {
      const served = scheme.of(resource)
      return whenKnown(freshOf(caches, served), (cache) => {
        const stored = cache.get(served.storePrefix + key)
        return stored && (shared(served, stored) as T)
      })
    },
    list<T extends KubeObject>(resource: Resource<T>, namespace?: string) {
      const served = scheme.of(resource)
      return whenKnown(freshOf(caches, served), (cache): readonly T[] => {
        if (cache.size === 0) return []
        const { items } = cache.list({ prefix: collectionPrefix(served, namespace ?? '') })
        return items.map((stored) => shared(served, stored) as T)
      })
    },
    async follow<T extends KubeObject>(resource: Resource<T>, follower: Follower<T>) {
      const served = scheme.of(resource)
      const cache = await freshOf(caches, served)
      followCache(served, cache, follower as unknown as Follower<KubeObject>)
    },
  }
}

function freshOf(caches: Caches, served: Served): ResourceCache | Promise<ResourceCache> {
  const cache = caches.of(served)
  if (!cache.loaded) return loaded(caches, cache)
  return whenKnown(caches.hub.fresh(), () => cache)
}

async function loaded(caches: Caches, cache: ResourceCache): Promise<ResourceCache> {
  await cache.ready()
  await caches.hub.fresh()
  return cache
}

/** Stays with the cache for good; after lost history what is still there is delivered again. */
function followCache(served: Served, cache: ResourceCache, follower: Follower<KubeObject>): void {
  const known = new Map<string, Stored>()
  for (const stored of cache.list({ prefix: cache.prefix }).items) {
    known.set(stored.key, stored)
    follower.put(shared(served, stored))
  }
  cache.subscribe({
    deliver({ key, current, previous }: CacheEvent) {
      if (current) {
        known.set(key, current)
        follower.put(shared(served, current))
        return
      }
      known.delete(key)
      if (previous) follower.gone(shared(served, previous))
    },
    ended() {
      void cache.ready().then(
        () => {
          for (const [key, stored] of known) if (!cache.get(key)) follower.gone(shared(served, stored))
          followCache(served, cache, follower)
        },
        () => undefined,
      )
    },
  })
}

function shared(served: Served, stored: Stored): KubeObject {
  return served.conversion ? fromStored(served, stored) : stored.shared
}
