/**
 * The scheduler's picture of the cluster: nodes with the pods on them, kept current by informers, and pods that were
 * just assigned here and whose binding the informer has not shown yet (assumed pods). A decision reads the picture
 * itself and runs in one turn, so nothing is ever copied: a change costs what changed.
 */
import type { Namespace, Node, Pod } from '../api/types/core/v1.ts'
import { countDomains, DomainCounter, type DomainCounts, type DomainQuery } from './domain-counts.ts'
import { LiveNodeInfo, type NodeInfo, type PodInfo, podInfo, uidOf } from './node-info.ts'

/** What plugins decide on. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[]
  node(name: string): NodeInfo | undefined
  /** Nodes with pods that have affinity or anti-affinity, and with such that require anti-affinity. */
  readonly nodesWithAffinity: Iterable<NodeInfo>
  readonly nodesWithAntiAffinity: Iterable<NodeInfo>
  /** How many nodes have the image. */
  nodesWithImage(name: string): number
  /** For affinity terms that select namespaces by label. */
  namespaceLabels(name: string): Readonly<Record<string, string>>
  /** Pods by domain over all nodes. */
  podsByDomain(query: DomainQuery): DomainCounts
  /** Pods that are to get the node once others have left it. */
  nominatedOn(nodeName: string): readonly PodInfo[]
}

export class ClusterState implements Snapshot {
  readonly #infos = new Map<string, LiveNodeInfo>()
  /** Pods of nodes that are not known (yet). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>()
  readonly #nodeOfPod = new Map<string, string>()
  readonly #assumed = new Set<string>()
  readonly #namespaces = new Map<string, Namespace>()
  readonly #images = new Map<string, number>()
  readonly #nominated = new Map<string, Map<string, PodInfo>>()
  readonly #nominationOf = new Map<string, string>()
  readonly nodesWithAffinity = new Set<LiveNodeInfo>()
  readonly nodesWithAntiAffinity = new Set<LiveNodeInfo>()
  readonly #domains = new DomainCounter()
  #list: readonly NodeInfo[] | undefined

  setNode(node: Node): void {
    const name = node.metadata.name ?? ''
    const known = this.#infos.get(name)
    if (known) {
      this.#countImages(known, -1)
      if (!sameLabels(known.node, node)) this.#domains.forget()
      known.setNode(node)
      this.#countImages(known, 1)
      return
    }
    const info = new LiveNodeInfo(node, this.#homeless.get(name)?.values())
    this.#homeless.delete(name)
    this.#infos.set(name, info)
    this.#countImages(info, 1)
    this.#markAffinity(info)
    this.#domains.forget()
    this.#list = undefined
  }

  removeNode(name: string): void {
    const info = this.#infos.get(name)
    if (!info) return
    this.#infos.delete(name)
    this.#countImages(info, -1)
    this.nodesWithAffinity.delete(info)
    this.nodesWithAntiAffinity.delete(info)
    if (info.pods.size > 0) this.#homeless.set(name, info.pods)
    this.#domains.forget()
    this.#list = undefined
  }

  setNamespace(namespace: Namespace): void {
    this.#namespaces.set(namespace.metadata.name ?? '', namespace)
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name)
  }

  /** A pod that is bound, or no longer: finished pods use nothing. */
  setPod(pod: Pod): void {
    const uid = uidOf(pod)
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    const nodeName = finished ? undefined : pod.spec?.nodeName
    if (nodeName === undefined && this.#assumed.has(uid) && !finished) return
    this.removePod(uid)
    if (nodeName) this.#place(nodeName, podInfo(pod))
  }

  removePod(uid: string): void {
    this.#assumed.delete(uid)
    const nodeName = this.#nodeOfPod.get(uid)
    if (nodeName === undefined) return
    this.#nodeOfPod.delete(uid)
    const info = this.#infos.get(nodeName)
    const removed = info?.remove(uid)
    if (!info) this.#homeless.get(nodeName)?.delete(uid)
    if (!info || !removed) return
    this.#domains.change(removed.pod, info, -1)
    if (removed.hasAffinity) this.#markAffinity(info)
  }

  /** Counts the pod on the node until the informer shows its binding or `removePod` takes it back. */
  assume(pod: Pod, nodeName: string): void {
    const uid = uidOf(pod)
    this.removePod(uid)
    this.removeNomination(uid)
    this.#assumed.add(uid)
    this.#place(nodeName, podInfo(pod))
  }

  isPlaced(uid: string): boolean {
    return this.#nodeOfPod.has(uid)
  }

  nominate(pod: Pod, nodeName: string): void {
    const uid = uidOf(pod)
    this.removeNomination(uid)
    this.#nominationOf.set(uid, nodeName)
    const there = this.#nominated.get(nodeName) ?? new Map<string, PodInfo>()
    this.#nominated.set(nodeName, there)
    there.set(uid, podInfo(pod))
  }

  removeNomination(uid: string): void {
    const nodeName = this.#nominationOf.get(uid)
    if (nodeName === undefined) return
    this.#nominationOf.delete(uid)
    const there = this.#nominated.get(nodeName)
    there?.delete(uid)
    if (there?.size === 0) this.#nominated.delete(nodeName)
  }

  nominationOf(uid: string): string | undefined {
    return this.#nominationOf.get(uid)
  }

  nominatedOn(nodeName: string): readonly PodInfo[] {
    const there = this.#nominated.get(nodeName)
    return there ? [...there.values()] : []
  }

  get nodes(): readonly NodeInfo[] {
    this.#list ??= [...this.#infos.values()]
    return this.#list
  }

  node(name: string): NodeInfo | undefined {
    return this.#infos.get(name)
  }

  nodesWithImage(name: string): number {
    return this.#images.get(name) ?? 0
  }

  podsByDomain(query: DomainQuery): DomainCounts {
    return this.#domains.count(query, this.#infos.values())
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> {
    return this.#namespaces.get(name)?.metadata.labels ?? {}
  }

  #place(nodeName: string, info: PodInfo): void {
    this.#nodeOfPod.set(uidOf(info.pod), nodeName)
    const node = this.#infos.get(nodeName)
    if (!node) {
      const waiting = this.#homeless.get(nodeName) ?? new Map<string, PodInfo>()
      this.#homeless.set(nodeName, waiting)
      waiting.set(uidOf(info.pod), info)
      return
    }
    node.add(info)
    this.#domains.change(info.pod, node, 1)
    if (info.hasAffinity) this.nodesWithAffinity.add(node)
    if (info.hasRequiredAntiAffinity) this.nodesWithAntiAffinity.add(node)
  }

  #markAffinity(info: LiveNodeInfo): void {
    const pods = [...info.pods.values()]
    mark(
      this.nodesWithAffinity,
      info,
      pods.some(({ hasAffinity }) => hasAffinity),
    )
    mark(
      this.nodesWithAntiAffinity,
      info,
      pods.some(({ hasRequiredAntiAffinity }) => hasRequiredAntiAffinity),
    )
  }

  #countImages(info: NodeInfo, sign: 1 | -1): void {
    for (const name of info.images.keys()) {
      const count = (this.#images.get(name) ?? 0) + sign
      if (count > 0) this.#images.set(name, count)
      else this.#images.delete(name)
    }
  }
}

/** The same cluster with one node as it might be. */
export function withNode(snapshot: Snapshot, changed: NodeInfo): Snapshot {
  const instead = (node: NodeInfo) => (node.name === changed.name ? changed : node)
  const some = (nodes: Iterable<NodeInfo>) => [...nodes].map(instead)
  return {
    get nodes() {
      return snapshot.nodes.map(instead)
    },
    node: (name) => (name === changed.name ? changed : snapshot.node(name)),
    get nodesWithAffinity() {
      return new Set([...some(snapshot.nodesWithAffinity), changed])
    },
    get nodesWithAntiAffinity() {
      return new Set([...some(snapshot.nodesWithAntiAffinity), changed])
    },
    nodesWithImage: (name) => snapshot.nodesWithImage(name),
    podsByDomain(query) {
      return countDomains(query, this.nodes)
    },
    namespaceLabels: (name) => snapshot.namespaceLabels(name),
    nominatedOn: (name) => snapshot.nominatedOn(name),
  }
}

function sameLabels(one: Node, other: Node): boolean {
  return JSON.stringify(one.metadata.labels) === JSON.stringify(other.metadata.labels)
}

function mark<T>(set: Set<T>, member: T, belongs: boolean): void {
  if (belongs) set.add(member)
  else set.delete(member)
}
