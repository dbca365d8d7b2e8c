/** The policies in force, each with its bindings, as the server's own caches show them. */
import type { KubeObject, Resource } from '../../../api/meta.ts'
import type { Objects } from '../../objects.ts'

export interface Policy extends KubeObject {
  spec?: unknown
}

export interface Binding extends KubeObject {
  spec?: { policyName?: string }
}

export interface Hook<P, B> {
  readonly policy: P
  readonly bindings: readonly B[]
}

export class PolicySource<P extends Policy, B extends Binding> {
  readonly #objects: Objects
  readonly #resources: { policies: Resource<P>; bindings: Resource<B> }
  readonly #policies = new Map<string, P>()
  readonly #bindings = new Map<string, B>()
  /** `true` once what exists is known. */
  #started: Promise<void> | true | undefined
  #hooks: readonly Hook<P, B>[] | undefined

  constructor(objects: Objects, resources: { policies: Resource<P>; bindings: Resource<B> }) {
    this.#objects = objects
    this.#resources = resources
  }

  /** By name, at once where they are known; policies without a binding are not in force. */
  hooks(): readonly Hook<P, B>[] | Promise<readonly Hook<P, B>[]> {
    this.#started ??= this.#start()
    return this.#started === true ? this.#found() : this.#started.then(() => this.#found())
  }

  #found(): readonly Hook<P, B>[] {
    this.#hooks ??= this.#join()
    return this.#hooks
  }

  /** Tried again with the next request when it fails. */
  async #start(): Promise<void> {
    const { policies, bindings } = this.#resources
    try {
      await Promise.all([this.#follow(policies, this.#policies), this.#follow(bindings, this.#bindings)])
      this.#started = true
    } catch (error) {
      this.#started = undefined
      throw error
    }
  }

  #follow<T extends KubeObject>(resource: Resource<T>, into: Map<string, T>): Promise<void> {
    return this.#objects.follow(resource, {
      put: (object) => {
        into.set(object.metadata.name ?? '', object)
        this.#hooks = undefined
      },
      gone: ({ metadata }) => {
        into.delete(metadata.name ?? '')
        this.#hooks = undefined
      },
    })
  }

  #join(): readonly Hook<P, B>[] {
    const byPolicy = new Map<string, B[]>()
    const byName = (left: KubeObject, right: KubeObject) =>
      (left.metadata.name ?? '') < (right.metadata.name ?? '') ? -1 : 1
    for (const binding of [...this.#bindings.values()].sort(byName)) {
      const name = binding.spec?.policyName ?? ''
      const list = byPolicy.get(name)
      if (list) list.push(binding)
      else byPolicy.set(name, [binding])
    }
    return [...this.#policies.values()].sort(byName).flatMap((policy) => {
      const bindings = byPolicy.get(policy.metadata.name ?? '')
      return bindings ? [{ policy, bindings }] : []
    })
  }
}
