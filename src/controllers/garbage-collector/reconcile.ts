/**
 * Deletes what nobody owns any more, in the background, the foreground, or leaving orphans, as the deletion asked.
 * It watches the metadata of everything that can be deleted, found by discovery and, as soon as they are served, by the
 * definitions of custom resources. Work is keyed by uid, or by a definition's name.
 */

import { groupResource, type KubeObject, type Resource } from '../../api/meta.ts'
import { apiextensionsV1 } from '../../api/resources.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'
import {
  type Controller,
  type ControllerParts,
  done,
  type KeyQueue,
  type Outcome,
  source,
} from '../../client/controller.ts'
import { type DiscoveredResource, discoverResources } from '../../client/discovery.ts'
import type { Change, Informer } from '../../client/informer.ts'
import { ifThere } from '../../client/writes.ts'
import { type GraphNode, isNamedBy, kindOf, OwnershipGraph } from './graph.ts'
import { blocks, foregroundFinalizer, type OwnerState, orphanFinalizer, planDependent } from './plan.ts'

/** Kinds of aggregated servers are looked for this often. */
const discoveryPeriodMs = 30_000

const definitionKey = 'definition:'

/** An owner that its kind's cache does not have yet is looked at again after this long. */
const unseenOwnerMs = 5_000

/** Resources whose objects never own anything and come and go too fast to watch. */
const ignored = new Set(['events', 'events.events.k8s.io'])

export function garbageCollector(parts: ControllerParts): Controller {
  const definitions = parts.informers.of(apiextensionsV1.customResourceDefinitions, { metadataOnly: true })
  const collector = new GarbageCollector(parts, definitions)
  return {
    name: 'garbage-collector',
    workers: 20,
    sources: [source(definitions, ({ object }) => [`${definitionKey}${object.metadata.name}`])],
    start: (queue, signal) => collector.start(queue, signal),
    reconcile: (key) =>
      key.startsWith(definitionKey) ? collector.define(key.slice(definitionKey.length)) : collector.reconcile(key),
  }
}

class GarbageCollector {
  readonly #parts: ControllerParts
  readonly #definitions: Informer<CustomResourceDefinition>
  readonly #graph = new OwnershipGraph()
  readonly #watched = new Map<string, Informer>()
  /** By group and kind; which version it is read in does not matter. */
  readonly #byKind = new Map<string, DiscoveredResource>()
  #queue: KeyQueue = { add() {}, addAfter() {} }

  constructor(parts: ControllerParts, definitions: Informer<CustomResourceDefinition>) {
    this.#parts = parts
    this.#definitions = definitions
  }

  start(queue: KeyQueue, signal: AbortSignal): void {
    this.#queue = queue
    const look = () => {
      this.#followKinds().catch((error: unknown) => {
        this.#parts.meters?.count('garbagecollector_controller_resources_sync_error_total')
        this.#parts.log.warn('discovery for garbage collection failed', { error: String(error) })
      })
    }
    look()
    const cancel = this.#parts.clock.every(discoveryPeriodMs, look)
    signal.addEventListener('abort', cancel, { once: true })
  }

  /** What a server that does not answer now serves is still watched. */
  async #followKinds(): Promise<void> {
    const known = [...this.#watched]
    const { resources, failures } = await discoverResources(this.#parts.client)
    const served = new Set(resources.map(versionedOf))
    const silent = new Set(failures.map(({ groupVersion }) => groupVersion.split('/')[0]))
    for (const [id, informer] of known) {
      const { resource } = informer
      const isDefined = this.#definitions.get(id) !== undefined
      if (isDefined || served.has(versionedOf(resource)) || silent.has(resource.group)) continue
      this.#forget(id, informer)
      this.#byKind.delete(`${resource.group} ${resource.kind}`)
    }
    for (const resource of resources) if (!this.#watched.has(groupResource(resource))) this.#watch(resource)
  }

  #watch(resource: DiscoveredResource): void {
    this.#byKind.set(`${resource.group} ${resource.kind}`, resource)
    const id = groupResource(resource)
    const collectable = ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb))
    if (!collectable || ignored.has(id)) return
    const informer = this.#parts.informers.of(resource as Resource, { metadataOnly: true })
    this.#watched.set(id, informer)
    informer.onChange((change) => this.#onChange(resource, change))
  }

  /** Follows what a definition serves now, in the version that it is stored in where that is served. */
  async define(name: string): Promise<Outcome> {
    const definition = await ifThere(this.#parts.client.of(apiextensionsV1.customResourceDefinitions).get(name))
    const resource = definition && servedBy(definition)
    const informer = this.#watched.get(name)
    if (informer && informer.resource.version !== resource?.version) this.#forget(name, informer)
    if (resource && !this.#watched.has(name)) this.#watch(resource)
    return done
  }

  #forget(id: string, informer: Informer): void {
    this.#parts.informers.drop(informer)
    this.#watched.delete(id)
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
      if (node.finalizers.includes(foregroundFinalizer)) {
        for (const dependent of this.#graph.dependentsOf(uid)) this.#queue.add(dependent.uid)
      }
      this.#queue.add(uid)
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
    if (this.#refersIntoNamespace(node, live.metadata.ownerReferences ?? [])) return done
    const states: OwnerState[] = []
    for (const owner of live.metadata.ownerReferences ?? []) states.push(await this.#stateOf(owner, node))
    const verdict = planDependent(live, states, this.#graph.dependentsOf(uid))
    if (verdict.kind === 'dropReferences') await this.#dropReferences(node, live, verdict.uids)
    if (verdict.kind === 'delete') {
      const doomed = verdict.unblock ? await this.#unblockOwners(node, live) : live
      if (doomed) await this.#delete(node, doomed, verdict.propagationPolicy)
    }
    const unseen =
      verdict.kind === 'keep' && (live.metadata.ownerReferences ?? []).some((owner) => this.#isUnseen(owner))
    return unseen ? { kind: 'requeueAfter', delayMs: unseenOwnerMs } : done
  }

  /** Who is in no namespace can't be owned by who is in one: nobody can tell which is meant, so nothing is collected. */
  #refersIntoNamespace(node: GraphNode, owners: readonly OwnerReference[]): boolean {
    if (node.namespace !== '') return false
    const foreign = owners.filter((owner) => this.#resourceOf(owner)?.namespaced)
    for (const owner of foreign) if (this.#graph.get(owner.uid)) this.#tellForeign(owner, node)
    return foreign.length > 0
  }

  /** The server has it, the cache of its kind not yet: should it go before the cache is filled, nobody would tell. */
  #isUnseen(owner: OwnerReference): boolean {
    const resource = this.#resourceOf(owner)
    return resource !== undefined && this.#watched.has(idOf(resource)) && !this.#graph.get(owner.uid)
  }

  #resourceOf(owner: OwnerReference): DiscoveredResource | undefined {
    const { group, kind } = kindOf(owner)
    return this.#byKind.get(`${group} ${kind}`)
  }

  /** Every owner was seen alive, and the end of any of them will be seen too: the server need not be asked. */
  #isSafe(node: GraphNode): boolean {
    if (node.deleting || node.owners.length === 0) return false
    return node.owners.every((reference) => {
      const owner = this.#graph.get(reference.uid)
      if (!owner || owner.deleting || !isNamedBy(owner, reference)) return false
      return owner.namespace === '' || owner.namespace === node.namespace
    })
  }

  /** The object as the server has it now; undefined when it is gone or another took its name. */
  async #read(node: GraphNode): Promise<KubeObject | undefined> {
    const live = await ifThere(this.#api(node).get(node.name))
    return live?.metadata.uid === node.uid ? live : undefined
  }

  async #stateOf(owner: OwnerReference, dependent: GraphNode): Promise<OwnerState> {
    if (this.#graph.isKnownAbsent(owner, dependent.namespace)) return 'absent'
    const known = this.#graph.get(owner.uid)
    if (known) {
      const foreign = known.namespace !== '' && known.namespace !== dependent.namespace
      if (foreign) {
        this.#tellForeign(owner, dependent)
        return 'absent'
      }
      const waits = known.deleting && known.finalizers.includes(foregroundFinalizer)
      if (isNamedBy(known, owner)) return waits ? 'waiting' : 'present'
    }
    const resource = this.#resourceOf(owner)
    if (!resource) throw new Error(`the owner's kind ${owner.apiVersion} ${owner.kind} is not served (now)`)
    const namespace = resource.namespaced ? dependent.namespace : ''
    const live = await ifThere(this.#parts.client.of(resource as Resource, namespace || undefined).get(owner.name))
    if (live?.metadata.uid === owner.uid) return 'present'
    this.#graph.markAbsent(owner, namespace)
    return 'absent'
  }

  /** References do not reach into other namespaces: the dependent goes, and its owner's name was most likely a mistake. */
  #tellForeign(
    { apiVersion, kind, name, uid }: OwnerReference,
    { resource, namespace, ...dependent }: GraphNode,
  ): void {
    const group = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
    const about = { apiVersion: group, kind: resource.kind, namespace, name: dependent.name, uid: dependent.uid }
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
    const message = `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`
    this.#parts.events.as('garbage-collector-controller').event(about, 'Warning', 'OwnerRefInvalidNamespace', message)
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

  async #unblockOwners(node: GraphNode, live: KubeObject): Promise<KubeObject | undefined> {
    const owners = live.metadata.ownerReferences ?? []
    const ownerReferences = owners.map((owner) => ({ ...owner, blockOwnerDeletion: false }))
    const { uid, resourceVersion } = live.metadata
    const patch = { metadata: { uid, resourceVersion, ownerReferences } }
    return await ifThere(this.#api(node).patch(node.name, { type: 'merge', patch }))
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

/** What an established definition serves; undefined when that is nothing. */
function servedBy({ spec, status }: CustomResourceDefinition): DiscoveredResource | undefined {
  const { plural, singular = '', kind = '' } = status?.acceptedNames ?? {}
  const established = status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True')
  const served = spec.versions.filter((one) => one.served)
  const version = (served.find(({ storage }) => storage) ?? served[0])?.name
  if (!established || !plural || version === undefined) return undefined
  const names = { plural, singular, kind, namespaced: spec.scope === 'Namespaced' }
  return { group: spec.group, version, ...names, verbs: ['list', 'watch', 'delete'] }
}

function versionedOf({ group, version, plural }: Resource): string {
  return `${group}/${version} ${plural}`
}

function isBeingCollected({ deleting, finalizers }: GraphNode): boolean {
  return deleting && (finalizers.includes(foregroundFinalizer) || finalizers.includes(orphanFinalizer))
}

function ownersDiffer(one: GraphNode, other: GraphNode): boolean {
  return JSON.stringify(one.owners) !== JSON.stringify(other.owners)
}

function idOf({ plural, group }: DiscoveredResource): string {
  return group === '' ? plural : `${plural}.${group}`
}
