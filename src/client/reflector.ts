/**
 * Follows a resource: lists it once, then watches, resuming from the last resource version (bookmarks keep it fresh) and
 * listing again when the server has forgotten it (410). With `initialEvents` the watch itself delivers the start
 * (KEP-3157), where the server can.
 */

import { ApiError } from '../api/errors.ts'
import type { KubeObject } from '../api/meta.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Reader, WatchEvent, Watcher } from './client.ts'
import { TransportError } from './transport-error.ts'

export interface ReflectorOptions<T extends KubeObject> {
  source: Reader<T> & Watcher<T>
  selectors: { fieldSelector?: string; labelSelector?: string }
  clock: Clock
  random: Random
  log: Logger
  /** Ask for the start as watch events. Default false. */
  initialEvents: boolean
  /** A watch is asked to end after this to twice this. Default `limits.informerWatchTimeoutSeconds`. */
  watchTimeoutSeconds?: number
  /** Objects may be shared with others in this process, and lack managed fields. Default false. */
  shared?: boolean
}

export interface ReflectorTarget<T> {
  /** The target has been told of everything up to this version. */
  reached(resourceVersion: string): void
  /** The complete state. */
  replace(objects: T[]): void
  put(object: T): void
  delete(object: T): void
}

const initialEventsEnd = 'k8s.io/initial-events-end'

/** Runs until the signal aborts; never throws. */
export async function reflect<T extends KubeObject>(
  options: ReflectorOptions<T>,
  target: ReflectorTarget<T>,
  signal: AbortSignal,
): Promise<void> {
  const reflector = new Reflector(options, target, signal)
  let failures = 0
  while (!signal.aborted) {
    const startedMs = options.clock.monotonicMs()
    const delay = await reflector.step()
    if (options.clock.monotonicMs() - startedMs > limits.informerRetryMsMax) failures = 0
    if (!delay) {
      failures = 0
      continue
    }
    const longestMs = Math.min(limits.informerRetryMsMin * 2 ** failures++, limits.informerRetryMsMax)
    await options.clock.sleep(longestMs * (0.5 + options.random.float() / 2), signal).catch(() => {})
  }
}

class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>
  readonly #target: ReflectorTarget<T>
  readonly #signal: AbortSignal
  /** Undefined: a list is due. */
  #resourceVersion: string | undefined
  /** The first list may be a little old; one after 410 must not be what was just refused. */
  #listedBefore = false
  #initialEvents: boolean

  constructor(options: ReflectorOptions<T>, target: ReflectorTarget<T>, signal: AbortSignal) {
    this.#options = options
    this.#target = target
    this.#signal = signal
    this.#initialEvents = options.initialEvents
  }

  /** One list or one watch; true when the next one should wait a little. */
  async step(): Promise<boolean> {
    try {
      if (this.#resourceVersion === undefined && !this.#initialEvents) {
        await this.#list()
        return false
      }
      return !(await this.#watch(this.#resourceVersion))
    } catch (error) {
      return this.#afterError(error)
    }
  }

  #afterError(error: unknown): boolean {
    if (this.#signal.aborted) return false
    const code = error instanceof ApiError ? error.code : 0
    if (code === 410) {
      this.#resourceVersion = undefined
      return true
    }
    if (this.#initialEvents && this.#resourceVersion === undefined && (code === 400 || code === 422)) {
      this.#initialEvents = false
      return false
    }
    const message = messageOf(error)
    // Streams break when servers restart; only what stays broken deserves attention.
    if (error instanceof TransportError) this.#options.log.debug('watch interrupted', { error: message })
    else this.#options.log.warn('list or watch failed', { error: message })
    return true
  }

  async #list(): Promise<void> {
    const { source, selectors } = this.#options
    const objects: T[] = []
    const first = this.#listedBefore ? { limit: limits.informerPageObjects } : { resourceVersion: '0' }
    const { shared = false } = this.#options
    let page = await source.list({ ...selectors, ...first, shared, signal: this.#signal })
    for (;;) {
      for (const object of page.items) objects.push(object)
      const more = page.metadata.continue
      if (!more) break
      const limit = limits.informerPageObjects
      page = await source.list({ ...selectors, limit, continue: more, shared, signal: this.#signal })
    }
    this.#target.replace(objects)
    this.#listedBefore = true
    this.#reached(page.metadata.resourceVersion ?? '')
  }

  /** Whether anything came before the server ended it. */
  async #watch(resourceVersion: string | undefined): Promise<boolean> {
    const { source, selectors, random, clock, watchTimeoutSeconds, shared = false } = this.#options
    const shortest = watchTimeoutSeconds ?? limits.informerWatchTimeoutSeconds
    const timeoutSeconds = Math.ceil(shortest * (1 + random.float()))
    const startedMs = clock.monotonicMs()
    const ending = new AbortController()
    const end = (): void => ending.abort()
    this.#signal.addEventListener('abort', end)
    // A server that vanished without a word does not end the watch it was asked to end.
    const cancel = clock.after((timeoutSeconds + 30) * 1000, end)
    const start = resourceVersion === undefined ? { sendInitialEvents: true } : { resourceVersion }
    const initial: T[] | undefined = resourceVersion === undefined ? [] : undefined
    try {
      const more = { allowWatchBookmarks: true, timeoutSeconds, shared, signal: ending.signal }
      const came = await this.#consume(source.watch({ ...selectors, ...start, ...more }), initial)
      return came || clock.monotonicMs() - startedMs > 1000
    } finally {
      cancel()
      this.#signal.removeEventListener('abort', end)
      ending.abort()
    }
  }

  async #consume(events: AsyncIterable<WatchEvent<T>>, initial: T[] | undefined): Promise<boolean> {
    let came = false
    let collecting = initial
    for await (const event of events) {
      if (this.#signal.aborted) return came
      if (event.type === 'ERROR') throw new ApiError(event.object)
      came = true
      if (collecting && event.type === 'ADDED') {
        collecting.push(event.object)
        continue
      }
      if (collecting && event.type === 'BOOKMARK' && event.object.metadata.annotations?.[initialEventsEnd] === 'true') {
        this.#target.replace(collecting)
        this.#listedBefore = true
        collecting = undefined
      }
      if (!collecting) this.#apply(event)
    }
    return came
  }

  #apply(event: Exclude<WatchEvent<T>, { type: 'ERROR' }>): void {
    if (event.type === 'DELETED') this.#target.delete(event.object)
    else if (event.type !== 'BOOKMARK') this.#target.put(event.object)
    this.#reached(event.object.metadata.resourceVersion ?? this.#resourceVersion)
  }

  #reached(resourceVersion: string | undefined): void {
    this.#resourceVersion = resourceVersion
    if (resourceVersion) this.#target.reached(resourceVersion)
  }
}
