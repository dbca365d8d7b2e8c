/**
 * The scheduler's picture of the cluster: nodes with the pods on them, kept current by informers, and pods that were
 * just assigned here and whose binding the informer has not shown yet (assumed pods). Node infos are immutable and
 * rebuilt only for nodes that changed.
 */
import type { Namespace, Node, Pod } from '../api/types/core/v1.ts'
import { type NodeInfo, nodeInfo, type PodInfo, podInfo } from './node-info.ts'

/** What plugins decide on. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[]
  node(name: string): NodeInfo | undefined
  /** For affinity terms that select namespaces by label. */
  namespaceLabels(name: string): Readonly<Record<string, string>>
}

export class ClusterState {
  readonly #nodes = new Map<string, Node>()
  readonly #podsByNode = new Map<string, Map<string, PodInfo>>()
  readonly #nodeOfPod = new Map<string, string>()
  readonly #assumed = new Set<string>()
  readonly #namespaces = new Map<string, Namespace>()
  readonly #infos = new Map<string, NodeInfo>()
  #list: readonly NodeInfo[] | undefined

  setNode(node: Node): void {
    const name = node.metadata.name ?? ''
    this.#nodes.set(name, node)
    this.#dirty(name)
  }

  removeNode(name: string): void {
    this.#nodes.delete(name)
    this.#dirty(name)
  }

  setNamespace(namespace: Namespace): void {
    this.#namespaces.set(namespace.metadata.name ?? '', namespace)
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name)
  }

  /** A pod that is bound, or no longer: finished pods use nothing. */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    const nodeName = finished ? undefined : pod.spec?.nodeName
    if (nodeName === undefined && this.#assumed.has(uid) && !finished) return
    this.removePod(uid)
    if (nodeName) this.#place(uid, nodeName, podInfo(pod))
  }

  removePod(uid: string): void {
    this.#assumed.delete(uid)
    const nodeName = this.#nodeOfPod.get(uid)
    if (nodeName === undefined) return
    this.#nodeOfPod.delete(uid)
    this.#podsByNode.get(nodeName)?.delete(uid)
    this.#dirty(nodeName)
  }

  /** Counts the pod on the node until the informer shows its binding or `removePod` takes it back. */
  assume(pod: Pod, nodeName: string): void {
    const uid = pod.metadata.uid ?? ''
    this.removePod(uid)
    this.#assumed.add(uid)
    this.#place(uid, nodeName, podInfo(pod))
  }

  isPlaced(uid: string): boolean {
    return this.#nodeOfPod.has(uid)
  }

  snapshot(): Snapshot {
    this.#list ??= [...this.#nodes.keys()].map((name) => this.#infoOf(name)).filter((info) => info !== undefined)
    return {
      nodes: this.#list,
      node: (name) => this.#infoOf(name),
      namespaceLabels: (name) => this.#namespaces.get(name)?.metadata.labels ?? {},
    }
  }

  #place(uid: string, nodeName: string, info: PodInfo): void {
    this.#nodeOfPod.set(uid, nodeName)
    let pods = this.#podsByNode.get(nodeName)
    if (!pods) {
      pods = new Map()
      this.#podsByNode.set(nodeName, pods)
    }
    pods.set(uid, info)
    this.#dirty(nodeName)
  }

  #infoOf(name: string): NodeInfo | undefined {
    const known = this.#infos.get(name)
    if (known) return known
    const node = this.#nodes.get(name)
    if (!node) return undefined
    const info = nodeInfo(node, [...(this.#podsByNode.get(name)?.values() ?? [])])
    this.#infos.set(name, info)
    return info
  }

  #dirty(name: string): void {
    this.#infos.delete(name)
    this.#list = undefined
  }
}
