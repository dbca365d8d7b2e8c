/** All caches by where their resource lives in the store. Versions of one resource share one. */
import { whenKnown } from '../../platform/turn.ts'
import type { Served } from '../scheme/served.ts'
import { type Frames, jsonFrames, SharedFrames } from './frames.ts'
import type { Hub } from './hub.ts'
import { ResourceCache } from './resource-cache.ts'

export class Caches {
  readonly hub: Hub
  readonly #caches = new Map<string, ResourceCache>()
  readonly #frames = new Map<string, SharedFrames>()

  constructor(hub: Hub) {
    this.hub = hub
  }

  of(served: Served): ResourceCache {
    let cache = this.#caches.get(served.storePrefix)
    if (!cache) {
      cache = new ResourceCache(this.hub, served.storePrefix)
      this.#caches.set(served.storePrefix, cache)
    }
    return cache
  }

  /** Objects as of everything acknowledged so far; undefined when the cache does not get there in time. */
  fresh(served: Served): ResourceCache | undefined | Promise<ResourceCache | undefined> {
    const cache = this.of(served)
    const settle = () => whenKnown(this.hub.fresh(), (fresh) => (fresh ? cache : undefined))
    return cache.loaded ? settle() : cache.ready().then(settle)
  }

  /** The frames of one representation of one served version, shared by all its watchers. */
  frames(served: Served, representation: string, make: () => Frames): SharedFrames {
    const { group, version, plural } = served.resource
    const id = `${group}/${version}/${plural} ${representation}`
    let shared = this.#frames.get(id)
    if (!shared) {
      shared = new SharedFrames(make())
      this.#frames.set(id, shared)
    }
    return shared
  }

  /** Forgets a resource that is no longer served and ends its watches. */
  drop(served: Served): void {
    const cache = this.#caches.get(served.storePrefix)
    if (!cache) return
    this.hub.remove(cache)
    cache.reset()
    this.#caches.delete(served.storePrefix)
    for (const id of this.#frames.keys()) if (id.includes(`/${served.resource.plural} `)) this.#frames.delete(id)
  }

  /** By store prefix; those that are loaded or were. */
  get all(): ReadonlyMap<string, ResourceCache> {
    return this.#caches
  }
}

export function storedJsonFrames(served: Served): Frames {
  const { group, version, kind } = served.view ? served.resource : served.storedKind
  const frames = jsonFrames(served.splice, { kind, apiVersion: group === '' ? version : `${group}/${version}` })
  const { view } = served
  if (!view) return frames
  return { ...frames, event: (type, stored, revision) => frames.event(type, view.call(served, stored), revision) }
}
