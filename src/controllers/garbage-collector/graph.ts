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
  /** By uid, the owners that do not exist, as references name them: a false name tells nothing of who bears the uid. */
  readonly #absent = new Map<string, Set<string>>()

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
    const node = this.#nodes.get(uid)
    if (!node) return
    for (const owner of node.owners) this.#unlink(owner.uid, uid)
    this.#nodes.delete(uid)
    if (this.#dependents.has(uid)) this.#addAbsent(uid, nameOf(node.resource, node.name, node.namespace))
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].map((one) => this.#nodes.get(one)).filter((one) => one !== undefined)
  }

  /** Whether an owner of what is in this namespace was found to be missing, there or outside of all namespaces. */
  isKnownAbsent(owner: OwnerReference, namespace: string): boolean {
    const absent = this.#absent.get(owner.uid)
    return absent !== undefined && [namespace, ''].some((one) => absent.has(nameOf(kindOf(owner), owner.name, one)))
  }

  markAbsent(owner: OwnerReference, namespace: string): void {
    this.#addAbsent(owner.uid, nameOf(kindOf(owner), owner.name, namespace))
  }

  #addAbsent(uid: string, name: string): void {
    const absent = this.#absent.get(uid)
    if (absent) absent.add(name)
    else this.#absent.set(uid, new Set([name]))
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

/** Whether a reference names the object that bears its uid; the version does not matter. */
export function isNamedBy(node: GraphNode, owner: OwnerReference): boolean {
  const { group, kind } = kindOf(owner)
  return node.name === owner.name && node.resource.kind === kind && node.resource.group === group
}

export function kindOf({ apiVersion, kind }: OwnerReference): { group: string; kind: string } {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['']
  return { group, kind }
}

function nameOf({ group, kind }: { group: string; kind: string }, name: string, namespace: string): string {
  return `${group} ${kind} ${namespace} ${name}`
}
