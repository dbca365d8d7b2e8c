/** Informers: one reflector and one cache per resource and selector, shared by everyone in the process who asks. */
import { groupResource, type KubeObject, keyOf, type Resource } from '../api/meta.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Client } from './client.ts'
import type { Change, Informer, Informers } from './informer.ts'
import { InformerCache } from './informer-cache.ts'
import { reflect } from './reflector.ts'

export interface InformersOptions {
  client: Client
  clock: Clock
  /** Spreads retries. */
  random: Random
  log: Logger
  /** Freezes cached objects, so that changing one throws; for tests. Default false. */
  freeze?: boolean
  /** Keeps `metadata.managedFields`, most of many objects' size, which no component reads. Default false. */
  keepManagedFields?: boolean
  /** Start by watch events instead of a list, where the server can. Default false. */
  initialEvents?: boolean
  /** A watch is asked to end after this to twice this. Default `limits.informerWatchTimeoutSeconds`. */
  watchTimeoutSeconds?: number
}

type Selection = { fieldSelector?: string; labelSelector?: string; namespace?: string; metadataOnly?: boolean }

export function createInformers(options: InformersOptions): Informers {
  return new InformersImpl(options)
}

class InformersImpl implements Informers {
  readonly #options: InformersOptions
  readonly #informers = new Map<string, InformerImpl<KubeObject>>()
  readonly #running = new Set<Promise<void>>()
  #started = false
  #stopped = false

  constructor(options: InformersOptions) {
    this.#options = options
  }

  of<T extends KubeObject>(resource: Resource<T>, selection: Selection = {}): Informer<T> {
    const { namespace = '', labelSelector = '', fieldSelector = '' } = selection
    const id = JSON.stringify([groupResource(resource), resource.version, namespace, labelSelector, fieldSelector])
    // Whole objects hold their metadata too: one copy serves both.
    const key = selection.metadataOnly && !this.#informers.has(id) ? `${id} metadata` : id
    const known = this.#informers.get(key)
    if (known) return known as unknown as Informer<T>
    const informer = new InformerImpl<T>(resource, selection, this.#options)
    this.#informers.set(key, informer as unknown as InformerImpl<KubeObject>)
    if (this.#stopped) informer.stopped()
    else if (this.#started) this.#run(informer as unknown as InformerImpl<KubeObject>)
    return informer
  }

  drop(informer: Informer): void {
    for (const [key, known] of this.#informers) {
      if (known !== informer) continue
      this.#informers.delete(key)
      known.stopped()
    }
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    for (const informer of this.#informers.values()) this.#run(informer)
  }

  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced()))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const informer of this.#informers.values()) informer.stopped()
    await Promise.all(this.#running)
  }

  #run(informer: InformerImpl<KubeObject>): void {
    const run = informer.run().finally(() => this.#running.delete(run))
    this.#running.add(run)
  }
}

class InformerImpl<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource<T>
  readonly #selection: Selection
  readonly #options: InformersOptions
  readonly #log: Logger
  readonly #cache = new InformerCache<T>()
  readonly #handlers = new Set<(change: Change<T>) => void>()
  readonly #synced = Promise.withResolvers<void>()
  readonly #stopping = new AbortController()
  #hasSynced = false
  #resourceVersion: string | undefined

  constructor(resource: Resource<T>, selection: Selection, options: InformersOptions) {
    this.resource = resource
    this.#selection = selection
    this.#options = options
    this.#log = options.log.with({ resource: groupResource(resource) })
    // Nobody may be waiting when the informers stop.
    this.#synced.promise.catch(() => {})
  }

  get hasSynced(): boolean {
    return this.#hasSynced
  }

  get resourceVersion(): string | undefined {
    return this.#resourceVersion
  }

  synced(): Promise<void> {
    return this.#synced.promise
  }

  get(key: string): T | undefined {
    return this.#cache.get(key)
  }

  list(namespace?: string): readonly T[] {
    return this.#cache.list(namespace)
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#cache.byIndex(index, value)
  }

  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    this.#cache.addIndex(name, valuesOf)
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler)
    for (const object of this.#cache.list()) this.#call(handler, { type: 'added', object })
    return () => void this.#handlers.delete(handler)
  }

  run(): Promise<void> {
    const { client, clock, random, initialEvents = false, watchTimeoutSeconds } = this.#options
    const timeout = watchTimeoutSeconds === undefined ? {} : { watchTimeoutSeconds }
    const { namespace, metadataOnly: _, ...selectors } = this.#selection
    const source = client.of(this.resource, namespace)
    return reflect(
      { source, selectors, clock, random, log: this.#log, initialEvents, shared: this.#shared, ...timeout },
      this.#target(),
      this.#stopping.signal,
    )
  }

  /** Nobody changes what a cache holds, so one copy is enough for all in a process. */
  get #shared(): boolean {
    return this.#options.keepManagedFields !== true
  }

  stopped(): void {
    this.#stopping.abort(new Error('the informer was stopped'))
    this.#handlers.clear()
    this.#synced.reject(new Error(`informer of ${groupResource(this.resource)}: stopped before its first list`))
  }

  #target() {
    return {
      replace: (objects: T[]) => {
        const prepared = objects.map((object) => this.#prepare(object))
        for (const change of this.#cache.replace(prepared)) this.#deliver(change)
        this.#hasSynced = true
        this.#synced.resolve()
      },
      put: (object: T) => {
        for (const change of this.#cache.put(this.#prepare(object))) this.#deliver(change)
      },
      delete: (object: T) => this.#deliver(this.#cache.delete(keyOf(object), this.#prepare(object))),
      reached: (resourceVersion: string) => {
        this.#resourceVersion = resourceVersion
      },
    }
  }

  /** An object that still has managed fields came over a socket, for this cache alone, and may be changed here. */
  #prepare(object: T): T {
    if (this.#shared && object.metadata.managedFields) {
      const { managedFields: _, ...metadata } = object.metadata
      object.metadata = metadata
    }
    const kept = this.#selection.metadataOnly ? ({ metadata: object.metadata } as T) : object
    return this.#options.freeze === true ? deepFreeze(kept) : kept
  }

  #deliver(change: Change<T> | undefined): void {
    if (change) for (const handler of [...this.#handlers]) this.#call(handler, change)
  }

  #call(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change)
    } catch (error) {
      const { stack, message } = error instanceof Error ? error : new Error(String(error))
      this.#log.error('informer handler failed', { key: keyOf(change.object), error: stack ?? message })
    }
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const each of Object.values(value)) deepFreeze(each)
  return value
}
