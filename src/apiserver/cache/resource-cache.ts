/**
 * One resource's objects in memory, as encoded bytes in key order, with a short history for watchers that resume.
 * Loaded from the store when first asked for, kept current by the hub. Memory is the bytes that the store gave, once.
 */
import { limits } from '../../limits.ts'
import { ownTurn } from '../../platform/turn.ts'
import type { RangeResult, StoreEvent } from '../../store/store.ts'
import { Histogram, type Sample } from '../metrics/families.ts'
import type { Hub, Sink } from './hub.ts'
import { OrderedKeys } from './ordered-keys.ts'
import { Stored } from './stored.ts'

export interface CacheEvent {
  revision: number
  key: string
  /** Undefined when the object was deleted. */
  current: Stored | undefined
  /** Undefined when the object was created. */
  previous: Stored | undefined
}

/** Gets every event after the revision at which it was added. */
export interface Subscriber {
  deliver(event: CacheEvent): void
  /** No more events will come; the watch must end. */
  ended(): void
}

export interface Snapshot {
  items: Stored[]
  revision: number
  /** Whether keys remain beyond the limit, and how many. */
  remaining: number
}

/** Keys below `prefix`, after the exclusive key `after`, whose objects match: `limit` of them, 0 for all. */
export interface ListedKeys {
  prefix: string
  after?: string | undefined
  limit?: number
  matches?: ((stored: Stored) => boolean) | undefined
}

/** What happened to one resource's cache since the start. */
export interface CacheCounts {
  /** Changes that the store told of. */
  events: number
  /** How often it was filled from the store, and with how many objects. */
  loads: number
  loaded: number
  /** How often it was listed, how many objects were looked at, and how many given. */
  lists: number
  looked: number
  listed: number
}

/** Bounds in bytes, doubling from 1 KiB. Source: apiserver's `endpoints/metrics`. */
const eventSizeBuckets = Array.from({ length: 8 }, (_, index) => 1024 * 2 ** index)

export class ResourceCache implements Sink {
  readonly prefix: string
  readonly #hub: Hub
  readonly #objects = new Map<string, Stored>()
  #keys = new OrderedKeys()
  #history: CacheEvent[] = []
  #historyBytes = 0
  /** Events after this revision are in `#history`. */
  #historyFrom = 0
  /** Revision of the last change to this resource. */
  #changedAt = 0
  #loading: Promise<void> | undefined
  #loaded = false
  #pending: { events: readonly StoreEvent[]; revision: number }[] = []
  /** What is being read has a gap behind it. */
  #isOutdated = false
  readonly #subscribers = new Set<Subscriber>()

  constructor(hub: Hub, prefix: string) {
    this.prefix = prefix
    this.#hub = hub
    hub.add(this)
  }

  /** Resolves when the objects are in memory. */
  async ready(): Promise<void> {
    while (!this.#loaded) {
      this.#loading ??= this.#load().finally(() => {
        this.#loading = undefined
      })
      await this.#loading
    }
  }

  get loaded(): boolean {
    return this.#loaded
  }

  /** What is in memory may be read ahead of the hub; an object that was deleted meanwhile leaves no trace but this. */
  get revision(): number {
    return Math.max(this.#hub.revision, this.#changedAt, this.#historyFrom)
  }

  get changedAt(): number {
    return this.#changedAt
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key)
  }

  /** Objects below `prefix` in key order, after the exclusive key `after`, that `matches`. */
  list(query: ListedKeys): Snapshot {
    const { prefix, after, limit = 0, matches } = query
    const items: Stored[] = []
    const revision = this.revision
    const { counts } = this
    counts.lists += 1
    for (const key of this.#keys.from(after ?? prefix)) {
      if (!key.startsWith(prefix)) break
      if (key === after) continue
      const stored = this.#objects.get(key)!
      counts.looked += 1
      if (matches && !matches(stored)) continue
      if (limit > 0 && items.length === limit) return { items, revision, remaining: this.#countFrom(key, prefix) }
      items.push(stored)
      counts.listed += 1
    }
    return { items, revision, remaining: 0 }
  }

  /** Has what the selection looks at decoded, some objects in a turn, so that `list` is quick. Resolves when `ready`. */
  async lookThrough({ prefix, after, limit = 0, matches }: ListedKeys): Promise<void> {
    if (!matches) return
    let from: string | undefined = after ?? prefix
    let found = 0
    while (from !== undefined) {
      let decoded = 0
      let bytes = 0
      let next: string | undefined
      for (const key of this.#keys.from(from)) {
        if (!key.startsWith(prefix) || (limit > 0 && found > limit)) break
        if (key === after) continue
        const stored = this.#objects.get(key)!
        if (!stored.isLookedAt) {
          if (++decoded > limits.decodedPerTurn || bytes > limits.bytesPerTurn) {
            next = key
            break
          }
          bytes += stored.value.length
        }
        if (matches(stored)) found += 1
      }
      from = next
      if (next !== undefined) await ownTurn()
    }
    await this.ready()
  }

  /** Adds a subscriber to everything after now. Call when `ready`. Returns what removes it. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  /** Events that watchers were given since the start. */
  eventsSent = 0
  readonly counts: CacheCounts = { events: 0, loads: 0, loaded: 0, lists: 0, looked: 0, listed: 0 }
  readonly #eventSizes = new Histogram('', '', [], eventSizeBuckets)
  readonly #eventSize = this.#eventSizes.series([])

  /** One more event for one watcher. */
  sent(bytes: number): void {
    this.eventsSent += 1
    this.#eventSize.observe(bytes)
  }

  /** Of the bytes of each event sent, without labels. */
  eventSizes(): Iterable<Sample> {
    return this.#eventSizes.samples()
  }

  get subscribers(): number {
    return this.#subscribers.size
  }

  /** Events after `revision`, or undefined when the history here does not reach back that far. */
  eventsAfter(revision: number): CacheEvent[] | undefined {
    if (revision < this.#historyFrom) return undefined
    return this.#history.filter((event) => event.revision > revision)
  }

  apply(events: readonly StoreEvent[], revision: number): void {
    if (!this.#loaded) {
      if (this.#loading !== undefined) this.#pending.push({ events, revision })
      return
    }
    for (const event of events) this.#applyOne(event, revision)
  }

  reset(): void {
    this.#loaded = false
    this.#isOutdated = true
    this.#objects.clear()
    this.#keys = new OrderedKeys()
    this.#history = []
    this.#historyBytes = 0
    for (const subscriber of [...this.#subscribers]) subscriber.ended()
    this.#subscribers.clear()
  }

  async #load(): Promise<void> {
    let range: RangeResult
    do {
      this.#isOutdated = false
      this.#pending = []
      range = await this.#hub.store.range({ prefix: this.prefix })
    } while (this.#isOutdated)
    const past = this.#pending.filter((batch) => batch.revision <= range.revision)
    const later = this.#pending.filter((batch) => batch.revision > range.revision)
    this.#pending = []
    for (const item of range.items) this.#objects.set(item.key, new Stored(item))
    this.#keys = OrderedKeys.of([...this.#objects.keys()].sort(compareKeys))
    this.#changedAt = range.items.reduce(
      (newest, item) => Math.max(newest, item.modRevision),
      past.at(-1)?.revision ?? 0,
    )
    this.#historyFrom = range.revision
    this.#loaded = true
    this.counts.loads += 1
    this.counts.loaded += range.items.length
    for (const batch of later) this.apply(batch.events, batch.revision)
    await this.#hub.reached(range.revision)
  }

  #applyOne(event: StoreEvent, revision: number): void {
    const key = event.type === 'put' ? event.item.key : event.key
    const previous = this.#objects.get(key)
    if (revision <= this.#historyFrom) return
    this.counts.events += 1
    if (previous && previous.revision >= revision) return
    const current = event.type === 'put' ? new Stored(event.item) : undefined
    if (!current && !previous) return
    this.#store(key, current, previous)
    this.#changedAt = revision
    const change: CacheEvent = { revision, key, current, previous }
    this.#remember(change)
    for (const subscriber of this.#subscribers) subscriber.deliver(change)
  }

  #store(key: string, current: Stored | undefined, previous: Stored | undefined): void {
    if (current) {
      this.#objects.set(key, current)
      if (!previous) this.#keys.insert(key)
    } else {
      this.#objects.delete(key)
      this.#keys.remove(key)
    }
  }

  #remember(event: CacheEvent): void {
    this.#history.push(event)
    this.#historyBytes += bytesOf(event)
    const { cacheHistoryEventsMax, cacheHistoryBytesMax } = limits
    if (this.#history.length <= cacheHistoryEventsMax && this.#historyBytes <= cacheHistoryBytesMax) return
    const dropped = this.#history.splice(0, Math.ceil(this.#history.length / 4))
    for (const old of dropped) this.#historyBytes -= bytesOf(old)
    this.#historyFrom = dropped.at(-1)?.revision ?? this.#historyFrom
  }

  #countFrom(key: string, prefix: string): number {
    // Prefixes end with a slash, which `0` follows.
    const end = prefix === this.prefix ? this.#keys.size : this.#keys.before(`${prefix.slice(0, -1)}0`)
    return end - this.#keys.before(key)
  }
}

/** What remembering the event keeps alive beyond the current objects. */
function bytesOf(event: CacheEvent): number {
  return event.previous?.value.length ?? 0
}

function compareKeys(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
