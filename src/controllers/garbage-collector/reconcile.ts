/**
 * Deletes what nobody owns any more, in the background, the foreground, or leaving orphans, as the deletion asked.
 * It watches the metadata of everything that can be deleted, found by discovery. Work is keyed by uid.
 */

import { apiVersionOf, type KubeObject, type Resource } from '../../api/meta.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'
import { type Controller, type ControllerParts, done, type KeyQueue, type Outcome } from '../../client/controller.ts'
import { type DiscoveredResource, discoverResources } from '../../client/discovery.ts'
import type { Change } from '../../client/informer.ts'
import { ifThere } from '../../client/writes.ts'
import { type GraphNode, OwnershipGraph } from './graph.ts'
import { blocks, foregroundFinalizer, type OwnerState, orphanFinalizer, planDependent } from './plan.ts'

/** New kinds (custom resources) are looked for this often. */
const discoveryPeriodMs = 30_000

/** Resources whose objects never own anything and come and go too fast to watch. */
const ignored = new Set(['events', 'events.events.k8s.io'])

export function garbageCollector(parts: ControllerParts): Controller {
  const collector = new GarbageCollector(parts)
  return {
    name: 'garbage-collector',
    workers: 20,
    sources: [],
    start: (queue, signal) => collector.start(queue, signal),
    reconcile: (uid) => collector.reconcile(uid),
  }
}

class GarbageCollector {
  readonly #parts: ControllerParts
  readonly #graph = new OwnershipGraph()
  readonly #watched = new Map<string, DiscoveredResource>()
  readonly #byKind = new Map<string, DiscoveredResource>()
  #queue: KeyQueue = { add() {}, addAfter() {} }

  constructor(parts: ControllerParts) {
    this.#parts = parts
  }

  start(queue: KeyQueue, signal: AbortSignal): void {
    this.#queue = queue
    const look = () => {
      this.#watchNewKinds().catch((error: unknown) => {
        this.#parts.log.warn('discovery for garbage collection failed', { error: String(error) })
      })
    }
    look()
    const cancel = this.#parts.clock.every(discoveryPeriodMs, look)
    signal.addEventListener('abort', cancel, { once: true })
  }

  async #watchNewKinds(): Promise<void> {
    const { resources } = await discoverResources(this.#parts.client)
    for (const resource of resources) {
      this.#byKind.set(`${apiVersionOf(resource)} ${resource.kind}`, resource)
      const id = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`
      const collectable = ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb))
      if (!collectable || ignored.has(id) || this.#watched.has(id)) continue
      this.#watched.set(id, resource)
      this.#parts.informers
        .of(resource as Resource, { metadataOnly: true })
        .onChange((change) => this.#onChange(resource, change))
    }
  }

  #onChange(resource: DiscoveredResource, change: Change<KubeObject>): void {
    const uid = change.object.metadata.uid ?? ''
    if (change.type === 'deleted') {
      const owners = this.#graph.get(uid)?.owners ?? []
      const dependents = this.#graph.dependentsOf(uid)
      this.#graph.remove(uid)
      for (const dependent of dependents) this.#queue.add(dependent.uid)
      for (const owner of owners) this.#requeueIfWaiting(owner.uid)
      return
    }
    const previous = this.#graph.set(resource, change.object)
    const node = this.#graph.get(uid)
    if (!node) return
    if (node.owners.length > 0 && (!previous || ownersDiffer(previous, node))) this.#queue.add(uid)
    if (isBeingCollected(node)) {
      this.#queue.add(uid)
      if (node.finalizers.includes(foregroundFinalizer)) {
        for (const dependent of this.#graph.dependentsOf(uid)) this.#queue.add(dependent.uid)
      }
    }
    for (const owner of node.owners) this.#requeueIfWaiting(owner.uid)
    for (const owner of previous?.owners ?? []) this.#requeueIfWaiting(owner.uid)
  }

  #requeueIfWaiting(ownerUid: string): void {
    const owner = this.#graph.get(ownerUid)
    if (owner && isBeingCollected(owner)) this.#queue.add(ownerUid)
  }

  async reconcile(uid: string): Promise<Outcome> {
    const node = this.#graph.get(uid)
    if (!node || this.#isSafe(node)) return done
    const live = await this.#read(node)
    if (!live) return done
    if (live.metadata.deletionTimestamp) {
      const finalizers = live.metadata.finalizers ?? []
      if (finalizers.includes(orphanFinalizer)) return this.#orphanDependents(node, live)
      if (finalizers.includes(foregroundFinalizer)) return this.#awaitDependents(node, live)
      return done
    }
    const states: OwnerState[] = []
    for (const owner of live.metadata.ownerReferences ?? []) states.push(await this.#stateOf(owner, node))
    const hasDependents = this.#graph.dependentsOf(uid).length > 0
    const verdict = planDependent(live, states, { hasDependents })
    if (verdict.kind === 'dropReferences') await this.#dropReferences(node, live, verdict.uids)
    if (verdict.kind === 'delete') await this.#delete(node, live, verdict.propagationPolicy)
    return done
  }

  /** Every owner was seen alive, and the end of any of them will be seen too: the server need not be asked. */
  #isSafe(node: GraphNode): boolean {
    if (node.deleting || node.owners.length === 0) return false
    return node.owners.every(({ uid }) => {
      const owner = this.#graph.get(uid)
      return owner && !owner.deleting && (owner.namespace === '' || owner.namespace === node.namespace)
    })
  }

  /** The object as the server has it now; undefined when it is gone or another took its name. */
  async #read(node: GraphNode): Promise<KubeObject | undefined> {
    const live = await ifThere(this.#api(node).get(node.name))
    return live?.metadata.uid === node.uid ? live : undefined
  }

  async #stateOf(owner: OwnerReference, dependent: GraphNode): Promise<OwnerState> {
    if (this.#graph.isKnownAbsent(owner.uid)) return 'absent'
    const known = this.#graph.get(owner.uid)
    if (known) {
      const foreign = known.namespace !== '' && known.namespace !== dependent.namespace
      if (foreign) return 'absent'
      return known.deleting && known.finalizers.includes(foregroundFinalizer) && blocks(dependent, owner.uid)
        ? 'waiting'
        : 'present'
    }
    const resource = this.#byKind.get(`${owner.apiVersion} ${owner.kind}`)
    if (!resource) throw new Error(`the owner's kind ${owner.apiVersion} ${owner.kind} is not served (now)`)
    const namespace = resource.namespaced ? dependent.namespace : ''
    if (resource.namespaced && namespace === '') return 'absent'
    const live = await ifThere(this.#parts.client.of(resource as Resource, namespace || undefined).get(owner.name))
    if (live?.metadata.uid === owner.uid) return 'present'
    this.#graph.markAbsent(owner.uid)
    return 'absent'
  }

  async #awaitDependents(node: GraphNode, live: KubeObject): Promise<Outcome> {
    const blocking = this.#graph.dependentsOf(node.uid).filter((dependent) => blocks(dependent, node.uid))
    if (blocking.length === 0) {
      await this.#removeFinalizer(node, live, foregroundFinalizer)
      return done
    }
    for (const dependent of blocking) if (!dependent.deleting) this.#queue.add(dependent.uid)
    return done
  }

  async #orphanDependents(node: GraphNode, live: KubeObject): Promise<Outcome> {
    for (const dependent of this.#graph.dependentsOf(node.uid)) {
      const object = await this.#read(dependent)
      if (object) await this.#dropReferences(dependent, object, [node.uid])
    }
    await this.#removeFinalizer(node, live, orphanFinalizer)
    return done
  }

  async #dropReferences(node: GraphNode, live: KubeObject, uids: readonly string[]): Promise<void> {
    const ownerReferences = (live.metadata.ownerReferences ?? []).filter((owner) => !uids.includes(owner.uid))
    const { uid, resourceVersion } = live.metadata
    const patch = { metadata: { uid, resourceVersion, ownerReferences } }
    await ifThere(this.#api(node).patch(node.name, { type: 'merge', patch }))
  }

  async #removeFinalizer(node: GraphNode, live: KubeObject, finalizer: string): Promise<void> {
    const finalizers = (live.metadata.finalizers ?? []).filter((one) => one !== finalizer)
    const { uid, resourceVersion } = live.metadata
    const patch = { metadata: { uid, resourceVersion, finalizers } }
    await ifThere(this.#api(node).patch(node.name, { type: 'merge', patch }))
  }

  async #delete(
    node: GraphNode,
    live: KubeObject,
    propagationPolicy: 'Background' | 'Foreground' | 'Orphan',
  ): Promise<void> {
    const { uid, resourceVersion } = live.metadata
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
    await ifThere(this.#api(node).delete(node.name, { propagationPolicy, preconditions }))
  }

  #api(node: GraphNode) {
    return this.#parts.client.of(node.resource as Resource, node.namespace || undefined)
  }
}

function isBeingCollected({ deleting, finalizers }: GraphNode): boolean {
  return deleting && (finalizers.includes(foregroundFinalizer) || finalizers.includes(orphanFinalizer))
}

function ownersDiffer(one: GraphNode, other: GraphNode): boolean {
  return JSON.stringify(one.owners) !== JSON.stringify(other.owners)
}
