/**
 * One watcher: turns cache events into frames of its selection, holds a bounded number of them, and ends when it is
 * too slow, timed out, aborted or the history is lost. The client then resumes where it stopped.
 */
import { ApiError, expired, internalError } from '../../api/errors.ts'
import { concatCarrying } from '../../client/carried.ts'
import { limits } from '../../limits.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import { ownTurn } from '../../platform/turn.ts'
import { CompactedError, type Store, type StoreEvent } from '../../store/store.ts'
import type { SharedFrames, WatchEventType } from './frames.ts'
import type { CacheEvent, ResourceCache, Subscriber } from './resource-cache.ts'
import { Stored, turnsOf } from './stored.ts'

export interface Watch {
  /** Keys wanted. */
  prefix: string
  matches: ((stored: Stored) => boolean) | undefined
  frames: SharedFrames
  bookmarks: boolean
  timeoutMs: number
  signal: AbortSignal
}

/** Where a watch begins. */
export type WatchStart =
  /** The current objects as ADDED, ended by a bookmark for who wants them, then everything after. */
  | { kind: 'snapshot' }
  /** Everything after this revision. */
  | { kind: 'after'; revision: number }
  | { kind: 'now' }
  /** Not at all. */
  | { kind: 'refused'; error: ApiError }

export class WatchStream implements Subscriber, AsyncIterable<Uint8Array> {
  readonly #watch: Watch
  readonly #cache: ResourceCache
  readonly #store: Store
  #unsubscribe = (): void => {}
  #timers: CancelTimer[] = []
  readonly #stop = new AbortController()
  #initial: Stored[] = []
  #frames: Uint8Array[] = []
  #frameBytes = 0
  #wake: (() => void) | undefined
  #finished = false
  /** Events up to here have been delivered or are not wanted. */
  #after: number
  /** Live events that wait until the past has been read from the store. */
  #held: CacheEvent[] | undefined

  /** The cache must be ready and as fresh as the request demands. */
  constructor(watch: Watch, start: WatchStart, parts: { cache: ResourceCache; store: Store; clock: Clock }) {
    this.#watch = watch
    this.#cache = parts.cache
    this.#store = parts.store
    this.#after = start.kind === 'after' ? start.revision : this.#cache.revision
    this.#begin(start)
    if (this.#finished) return
    this.#unsubscribe = this.#cache.subscribe(this)
    this.#timers = [parts.clock.after(watch.timeoutMs, () => this.#finish())]
    if (watch.bookmarks) {
      this.#timers.push(parts.clock.every(limits.watchBookmarkPeriodMs, () => this.#bookmark()))
    }
    watch.signal.addEventListener('abort', this.#onAbort, { once: true })
    if (watch.signal.aborted) this.#abort()
  }

  deliver(event: CacheEvent): void {
    if (this.#held) {
      if (this.#held.length >= limits.watchBufferEventsMax) this.#abort()
      else this.#held.push(event)
      return
    }
    if (event.revision <= this.#after || !event.key.startsWith(this.#watch.prefix)) return
    const type = this.#typeOf(event)
    if (type) this.#push(this.#watch.frames.of(type, event))
  }

  ended(): void {
    this.#finish()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#initialChunks()
      for (;;) {
        const chunk = this.#take()
        if (chunk) yield chunk
        else if (this.#finished) return
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      this.#abort()
    }
  }

  #begin(start: WatchStart): void {
    if (start.kind === 'snapshot') {
      const { prefix, matches } = this.#watch
      this.#initial = this.#cache.list({ prefix, matches }).items
      if (this.#watch.bookmarks) this.#pushBookmark({ 'k8s.io/initial-events-end': 'true' })
    }
    if (start.kind === 'refused') {
      this.#push(this.#watch.frames.frames.error(start.error))
      this.#finish()
    }
    if (start.kind !== 'after') return
    const past = this.#cache.eventsAfter(start.revision)
    if (past) for (const event of past) this.deliver(event)
    else {
      this.#held = []
      void this.#catchUp(start.revision, this.#cache.revision)
    }
  }

  /** Reads the store's history up to `until`, then lets the held live events through. */
  async #catchUp(from: number, until: number): Promise<void> {
    try {
      const { prefix } = this.#cache
      let delivered = 0
      let bytes = 0
      const batches = this.#store.watch({ prefix, fromRevision: from + 1, signal: this.#stop.signal })
      if (from < until) {
        for await (const batch of batches) {
          if (batch.unreadable) throw batch.unreadable[0]!.error
          for (const event of batch.events) this.#deliverPast(event, batch.revision)
          delivered += batch.events.length
          bytes += bytesOf(batch.events)
          if (delivered >= limits.encodedPerTurn || bytes >= limits.bytesPerTurn) {
            await ownTurn()
            delivered = 0
            bytes = 0
          }
          this.#after = Math.max(this.#after, batch.revision)
          if (batch.revision >= until) break
        }
      }
      this.#release()
    } catch (error) {
      if (this.#finished) return
      this.#push(this.#watch.frames.frames.error(watchError(error, from)))
      this.#finish()
    }
  }

  #deliverPast(event: StoreEvent, revision: number): void {
    const key = event.type === 'put' ? event.item.key : event.key
    if (!key.startsWith(this.#watch.prefix)) return
    const current = event.type === 'put' ? new Stored(event.item) : undefined
    const previous = event.previous ? new Stored(event.previous) : undefined
    const change: CacheEvent = { revision, key, current, previous }
    const type = this.#typeOf(change)
    if (!type) return
    const shown = type === 'DELETED' ? (previous ?? current) : current
    if (shown) this.#push(this.#watch.frames.frames.event(type, shown, revision, previous))
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const event of held) this.deliver(event)
  }

  /** An object that starts or stops matching appears or disappears to this watcher. */
  #typeOf(event: CacheEvent): WatchEventType | undefined {
    const { matches } = this.#watch
    const now = event.current !== undefined && (matches?.(event.current) ?? true)
    const before = event.previous !== undefined && (matches?.(event.previous) ?? true)
    if (now) return before ? 'MODIFIED' : 'ADDED'
    return before ? 'DELETED' : undefined
  }

  #push(frame: Uint8Array): void {
    if (this.#finished) return
    const { watchBufferEventsMax, watchBufferBytesMax } = limits
    if (
      this.#frames.length >= watchBufferEventsMax ||
      (this.#frameBytes > 0 && this.#frameBytes + frame.length > watchBufferBytesMax)
    ) {
      this.#frames = []
      this.#finish()
      return
    }
    this.#cache.sent(frame.length)
    this.#frames.push(frame)
    this.#frameBytes += frame.length
    this.#awake()
  }

  #pushBookmark(annotations?: Record<string, string>): void {
    this.#push(this.#watch.frames.frames.bookmark(this.#cache.revision, annotations))
  }

  #bookmark(): void {
    if (!this.#held && this.#initial.length === 0) this.#pushBookmark()
  }

  #take(): Uint8Array | undefined {
    if (this.#frames.length === 0) return undefined
    const chunk = concatCarrying(this.#frames)
    this.#frames = []
    this.#frameBytes = 0
    return chunk
  }

  *#initialChunks(): Generator<Uint8Array> {
    const chunks = turnsOf(this.#initial, initialChunkItems).reverse()
    for (let items = chunks.pop(); items && !this.#finished; items = chunks.pop()) {
      if (chunks.length === 0) this.#initial = []
      const frames = items.map((stored) => this.#watch.frames.frames.event('ADDED', stored, stored.revision))
      for (const { length } of frames) this.#cache.sent(length)
      yield concatCarrying(frames)
    }
  }

  readonly #onAbort = (): void => this.#abort()

  /** Ends at once: what is buffered is dropped. */
  #abort(): void {
    this.#frames = []
    this.#initial = []
    this.#finish()
  }

  /** Ends after what is buffered has been read. */
  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#stop.abort()
    this.#unsubscribe()
    for (const cancel of this.#timers) cancel()
    this.#watch.signal.removeEventListener('abort', this.#onAbort)
    this.#awake()
  }

  #awake(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

function watchError(error: unknown, from: number): ApiError {
  if (error instanceof CompactedError) {
    return expired(`too old resource version: ${from} (${error.compactRevision})`)
  }
  return error instanceof ApiError ? error : internalError(error)
}

/** Objects that a watch begins with, in one piece of its answer. */
const initialChunkItems = 200

function bytesOf(events: readonly StoreEvent[]): number {
  return events.reduce((bytes, event) => bytes + (event.type === 'put' ? event.item.value.length : 0), 0)
}
