/** Informers over lists that a test holds: what it puts in is there at once. */
import { type KubeObject, keyOf, type Resource } from '../../api/meta.ts'
import type { Change, Informer, Informers } from '../../client/informer.ts'

export interface TestInformers extends Informers {
  put<T extends KubeObject>(resource: Resource<T>, object: T): void
  remove<T extends KubeObject>(resource: Resource<T>, key: string): void
  /** Lets `synced` resolve. Objects put before are delivered first. */
  sync(): void
}

export function testInformers(): TestInformers {
  const byResource = new Map<string, TestInformer<KubeObject>>()
  let release: () => void = () => {}
  const synced = new Promise<void>((resolve) => {
    release = resolve
  })
  const of = <T extends KubeObject>(resource: Resource<T>): TestInformer<T> => {
    const informer = byResource.get(resource.plural) ?? new TestInformer(resource as Resource, synced)
    byResource.set(resource.plural, informer)
    return informer as unknown as TestInformer<T>
  }
  return {
    of,
    drop: ({ resource }) => void byResource.delete(resource.plural),
    put: (resource, object) => of(resource).put(object),
    remove: (resource, key) => of(resource).remove(key),
    sync: () => release(),
    start() {},
    synced: () => synced,
    async stop() {},
  }
}

class TestInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource<T>
  readonly hasSynced = true
  readonly resourceVersion = undefined
  readonly #synced: Promise<void>
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<string, (object: T) => readonly string[]>()
  readonly #handlers = new Set<(change: Change<T>) => void>()

  constructor(resource: Resource<T>, synced: Promise<void>) {
    this.resource = resource
    this.#synced = synced
  }

  synced(): Promise<void> {
    return this.#synced
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(namespace?: string): readonly T[] {
    return [...this.#objects.values()].filter((each) => !namespace || each.metadata.namespace === namespace)
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.list().filter((each) => this.#indexes.get(index)?.(each).includes(value))
  }

  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    this.#indexes.set(name, valuesOf)
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler)
    for (const object of this.#objects.values()) handler({ type: 'added', object })
    return () => void this.#handlers.delete(handler)
  }

  put(object: T): void {
    const previous = this.#objects.get(keyOf(object))
    this.#objects.set(keyOf(object), object)
    const change: Change<T> = previous ? { type: 'updated', object, previous } : { type: 'added', object }
    for (const handler of this.#handlers) handler(change)
  }

  remove(key: string): void {
    const object = this.#objects.get(key)
    if (!object) return
    this.#objects.delete(key)
    for (const handler of this.#handlers) handler({ type: 'deleted', object })
  }
}
