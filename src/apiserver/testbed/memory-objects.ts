/** `Objects` held in a map: lets tests of authentication, authorization and admission run without a server. */
import { apiVersionOf, type KubeObject, keyOf, type Resource } from '../../api/meta.ts'
import type { Follower, Objects } from '../objects.ts'

export class MemoryObjects implements Objects {
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #followers = new Map<string, Follower<KubeObject>[]>()

  put<T extends KubeObject>(resource: Resource<T>, object: T): this {
    this.#of(resource).set(keyOf(object), object)
    for (const follower of this.#followers.get(nameOf(resource)) ?? []) follower.put(object)
    return this
  }

  remove(resource: Resource, key: string): void {
    const object = this.#of(resource).get(key)
    if (!object) return
    this.#of(resource).delete(key)
    for (const follower of this.#followers.get(nameOf(resource)) ?? []) follower.gone(object)
  }

  async get<T extends KubeObject>(resource: Resource<T>, key: string): Promise<T | undefined> {
    return this.#of(resource).get(key) as T | undefined
  }

  async list<T extends KubeObject>(resource: Resource<T>, namespace?: string): Promise<readonly T[]> {
    const all = [...this.#of(resource).values()] as T[]
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace)
  }

  async follow<T extends KubeObject>(resource: Resource<T>, follower: Follower<T>): Promise<void> {
    for (const object of this.#of(resource).values()) follower.put(object as T)
    const all = this.#followers.get(nameOf(resource)) ?? []
    this.#followers.set(nameOf(resource), [...all, follower as unknown as Follower<KubeObject>])
  }

  #of(resource: Resource): Map<string, KubeObject> {
    const name = nameOf(resource)
    const found = this.#objects.get(name) ?? new Map<string, KubeObject>()
    this.#objects.set(name, found)
    return found
  }
}

function nameOf(resource: Resource): string {
  return `${apiVersionOf(resource)}/${resource.plural}`
}
