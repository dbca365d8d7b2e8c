/** The objects of one informer with their indexes. Lists are made on demand and kept until the next change. */
import { type KubeObject, keyOf } from '../api/meta.ts'
import type { Change } from './informer.ts'

interface Index<T> {
  valuesOf(object: T): readonly string[]
  byValue: Map<string, Map<string, T>>
  lists: Map<string, readonly T[]>
}

const none: readonly never[] = Object.freeze([])
const namespaceIndex = 'namespace'

export class InformerCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<string, Index<T>>()
  #all: readonly T[] | undefined

  constructor() {
    this.addIndex(namespaceIndex, (object) => [object.metadata.namespace ?? ''])
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(namespace?: string): readonly T[] {
    if (namespace !== undefined && namespace !== '') return this.byIndex(namespaceIndex, namespace)
    this.#all ??= [...this.#objects.values()]
    return this.#all
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name)
    if (!index) throw new Error(`reading an informer: no index named "${name}"`)
    const known = index.lists.get(value)
    if (known) return known
    const objects = index.byValue.get(value)
    if (!objects) return none
    const list = [...objects.values()]
    index.lists.set(value, list)
    return list
  }

  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { valuesOf, byValue: new Map(), lists: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) addTo(index, key, object)
  }

  /** Nothing when the object is the one already held. Another object by the same name: the old one went first. */
  put(object: T): readonly Change<T>[] {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous && previous.metadata.uid !== object.metadata.uid) {
      const gone = this.delete(key)
      return [...(gone ? [gone] : []), ...this.put(object)]
    }
    if (previous && previous.metadata.resourceVersion === object.metadata.resourceVersion) return none
    this.#objects.set(key, object)
    this.#all = undefined
    for (const index of this.#indexes.values()) {
      if (previous) removeFrom(index, key, previous)
      addTo(index, key, object)
    }
    return [previous ? { type: 'updated', object, previous } : { type: 'added', object }]
  }

  /** `last`: the state the server reported with the deletion, if it did. */
  delete(key: string, last?: T): Change<T> | undefined {
    const previous = this.#objects.get(key)
    if (!previous) return undefined
    this.#objects.delete(key)
    this.#all = undefined
    for (const index of this.#indexes.values()) removeFrom(index, key, previous)
    return { type: 'deleted', object: last ?? previous }
  }

  /** Makes the cache hold exactly these objects, and tells what changed by that. */
  replace(objects: readonly T[]): Change<T>[] {
    const changes: Change<T>[] = []
    const kept = new Set(objects.map(keyOf))
    for (const key of [...this.#objects.keys()]) {
      const change = kept.has(key) ? undefined : this.delete(key)
      if (change) changes.push(change)
    }
    for (const object of objects) changes.push(...this.put(object))
    return changes
  }
}

function addTo<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const objects = index.byValue.get(value)
    if (objects) objects.set(key, object)
    else index.byValue.set(value, new Map([[key, object]]))
    index.lists.delete(value)
  }
}

function removeFrom<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const objects = index.byValue.get(value)
    objects?.delete(key)
    if (objects?.size === 0) index.byValue.delete(value)
    index.lists.delete(value)
  }
}
