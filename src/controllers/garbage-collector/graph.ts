/**
 * Who owns whom, by uid: every object that was seen or that an owner reference names. Pure state; the decisions stand
 * in `plan.ts`. https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import type { KubeObject } from '../../api/meta.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'
import type { DiscoveredResource } from '../../client/discovery.ts'

export interface GraphNode {
  uid: string
  resource: DiscoveredResource
  namespace: string
  name: string
  owners: readonly OwnerReference[]
  finalizers: readonly string[]
  deleting: boolean
}

export class OwnershipGraph {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #dependents = new Map<string, Set<string>>()
  /** Uids that the server said do not exist; asked once. */
  readonly #absent = new Set<string>()

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  /** Records an object as it is now and returns what was known of it. */
  set(resource: DiscoveredResource, { metadata }: KubeObject): GraphNode | undefined {
    const uid = metadata.uid ?? ''
    const previous = this.#nodes.get(uid)
    for (const owner of previous?.owners ?? []) this.#unlink(owner.uid, uid)
    const node: GraphNode = {
      uid,
      resource,
      namespace: metadata.namespace ?? '',
      name: metadata.name ?? '',
      owners: metadata.ownerReferences ?? [],
      finalizers: metadata.finalizers ?? [],
      deleting: metadata.deletionTimestamp !== undefined,
    }
    this.#nodes.set(uid, node)
    this.#absent.delete(uid)
    for (const owner of node.owners) this.#link(owner.uid, uid)
    return previous
  }

  remove(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.owners ?? []) this.#unlink(owner.uid, uid)
    this.#nodes.delete(uid)
    if (this.#dependents.has(uid)) this.#absent.add(uid)
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].map((one) => this.#nodes.get(one)).filter((one) => one !== undefined)
  }

  isKnownAbsent(uid: string): boolean {
    return this.#absent.has(uid)
  }

  markAbsent(uid: string): void {
    this.#absent.add(uid)
  }

  #link(ownerUid: string, uid: string): void {
    const dependents = this.#dependents.get(ownerUid)
    if (dependents) dependents.add(uid)
    else this.#dependents.set(ownerUid, new Set([uid]))
  }

  #unlink(ownerUid: string, uid: string): void {
    const dependents = this.#dependents.get(ownerUid)
    dependents?.delete(uid)
    if (dependents?.size !== 0) return
    this.#dependents.delete(ownerUid)
    this.#absent.delete(ownerUid)
  }
}
