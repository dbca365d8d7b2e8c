/**
 * The pods of this node: one worker for each, made when the API binds a pod here, when a pod is found in the runtime that
 * the API no longer knows, and ended with it.
 */
import type { Node, Pod } from '../api/types/core/v1.ts'
import type { Informer } from '../client/informer.ts'
import { admitPod, underPressure } from './admission/admit.ts'
import type { Pressure } from './eviction/pressure.ts'
import { nameOf, namespaceOf, uidOf } from './pod/names.ts'
import type { PodParts } from './pod/parts.ts'
import { isStatic, isTerminal } from './pod/spec.ts'
import { PodWorker, type WorkerOptions } from './pod/worker.ts'
import type { RuntimePod } from './runtime-watch.ts'
import { fullName, isMirror, type Mirrors, ofApi } from './static/mirrors.ts'
import type { StatusManager } from './status/manager.ts'

export interface PodManagerParts extends PodParts {
  statuses: StatusManager
  pods: Informer<Pod>
  pressure: Pressure
  mirrors: Mirrors
  /** As last written here. */
  nodeObject(): Node | undefined
  /** As it is, where it can be asked for. */
  readNode(): Promise<Node | undefined>
}

export class PodManager {
  readonly #parts: PodManagerParts
  readonly #workers = new Map<string, PodWorker>()
  #unsubscribe: (() => void) | undefined
  /** From manifests of the node, and what shows them in the API, by full name. */
  #static = new Map<string, Pod>()
  readonly #mirrors = new Map<string, Pod>()
  /** Uids that the API's last view does not have, seen in the runtime once; ended when seen again. */
  #orphans = new Set<string>()

  constructor(parts: PodManagerParts) {
    this.#parts = parts
  }

  /** Call once the pods' informer has synced. */
  start(): void {
    this.#unsubscribe = this.#parts.pods.onChange((change) => {
      if (isMirror(change.object)) this.#observeMirror(change.object, change.type === 'deleted')
      else if (change.type === 'deleted') this.#workers.get(uidOf(change.object))?.remove()
      else this.#observe(ofApi(change.object), change.type === 'updated' ? ofApi(change.previous) : undefined)
    })
    this.#parts.actuated.keep((uid) => this.#workers.has(uid))
    this.#parts.allocation.start([...this.#workers.values()].map(({ pod }) => pod))
  }

  stop(): void {
    this.#unsubscribe?.()
    this.#parts.allocation.stop()
    for (const worker of this.#workers.values()) worker.stop()
  }

  /** The pods of the node's manifests are these now; they run whether or not the API can be reached. */
  setStatic(pods: readonly Pod[]): void {
    this.#static = new Map(pods.map((pod) => [fullName(pod), pod]))
    this.#placeStatic()
  }

  /** Makes mirrors of static pods, and takes away those of pods that are gone. */
  reconcileMirrors(): void {
    if (!this.#parts.pods.hasSynced) return
    const running = new Map(
      [...this.#workers.values()].filter(({ pod }) => isStatic(pod)).map(({ pod }) => [fullName(pod), pod]),
    )
    for (const name of new Set([...running.keys(), ...this.#mirrors.keys()]))
      this.#parts.mirrors.reconcile(running.get(name), this.#mirrors.get(name))
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.wake()
  }

  wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake()
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)
  }

  /** Workers of all pods, for the server, eviction and collection. */
  workers(): IterableIterator<PodWorker> {
    return this.#workers.values()
  }

  /** Uid of the pod that has the container or sandbox, as its worker read last. */
  podOf(id: string): string | undefined {
    for (const [uid, { containers }] of this.#workers) {
      const has = (record: { id: string }): boolean => record.id === id
      if (containers.containers.some(has) || containers.sandboxes.some(has)) return uid
    }
    return undefined
  }

  /** Whether the container or sandbox runs, as its worker read last; undefined: no worker has it. */
  runs(id: string): boolean | undefined {
    for (const { containers } of this.#workers.values()) {
      const container = containers.containers.find((record) => record.id === id)
      if (container) return container.state !== 'exited'
      const sandbox = containers.sandboxes.find((record) => record.id === id)
      if (sandbox) return sandbox.ready
    }
    return undefined
  }

  /** The newest pod of that name: one that was forcefully deleted may still be ending. */
  find(namespace: string, name: string): PodWorker | undefined {
    let found: PodWorker | undefined
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod
      if (metadata.name === name && metadata.namespace === namespace) found = worker
    }
    return found
  }

  /** Ends what the runtime has of pods that nobody knows, and cleans up directories and cgroups without a pod. */
  async endOrphans(inRuntime: ReadonlyMap<string, RuntimePod>): Promise<void> {
    if (!this.#unsubscribe) return
    const unknown = [...inRuntime.values()].filter(({ uid }) => !this.#workers.has(uid))
    const again = unknown.filter(({ uid }) => this.#orphans.has(uid))
    this.#orphans = new Set(unknown.map(({ uid }) => uid))
    for (const pod of again) this.#adoptOrphan(pod)
    const { volumes, cgroups } = this.#parts
    const gone = (uid: string): boolean => !this.#workers.has(uid) && !inRuntime.has(uid)
    for (const uid of (await volumes.leftovers()).filter(gone)) await volumes.tearDown(uid)
    for (const uid of (await cgroups.pods()).filter(gone)) await cgroups.removePod(uid)
    await this.#removeLogs(gone)
  }

  /** Log directories are named `namespace_name_uid`. */
  async #removeLogs(gone: (uid: string) => boolean): Promise<void> {
    const { disk, settings } = this.#parts
    for (const name of await disk.list(settings.logRoot)) {
      const [, , uid] = name.split('_')
      if (uid !== undefined && gone(uid)) await disk.remove(`${settings.logRoot}/${name}`)
    }
  }

  /** A changed manifest is another pod: it starts once the one before it is gone. */
  #placeStatic(): void {
    const wanted = new Set([...this.#static.values()].map(uidOf))
    for (const worker of this.#workers.values())
      if (isStatic(worker.pod) && !wanted.has(uidOf(worker.pod))) worker.remove()
    for (const pod of this.#static.values()) {
      if (this.#workers.has(uidOf(pod)) || this.find(namespaceOf(pod), nameOf(pod))) continue
      const worker = this.#add(pod)
      this.#parts.statuses.redirect(pod, this.#mirrors.get(fullName(pod)))
      worker.wake()
    }
    this.reconcileMirrors()
  }

  #observeMirror(mirror: Pod, isGone: boolean): void {
    const name = fullName(mirror)
    if (!isGone) this.#mirrors.set(name, mirror)
    else if (this.#mirrors.get(name)?.metadata.uid === mirror.metadata.uid) this.#mirrors.delete(name)
    const worker = this.find(namespaceOf(mirror), nameOf(mirror))
    if (worker && isStatic(worker.pod)) this.#parts.statuses.redirect(worker.pod, this.#mirrors.get(name))
    this.reconcileMirrors()
  }

  #observe(pod: Pod, previous: Pod | undefined): void {
    const uid = uidOf(pod)
    this.#parts.statuses.observe(pod)
    const worker = this.#workers.get(uid)
    if (!worker) return this.#add(pod).wake()
    if (!needsLook(pod, previous)) {
      worker.pod = pod
      return
    }
    worker.pod = pod
    if (previous) this.#parts.allocation.observe(pod, previous)
    worker.update(pod)
  }

  #add(pod: Pod): PodWorker {
    const worker = new PodWorker(
      this.#parts,
      {
        admit: (candidate) => this.#admit(candidate),
        onFreed: (trigger) => this.#parts.allocation.retry(trigger),
        onFinished: (uid) => {
          this.#workers.delete(uid)
          this.#placeStatic()
          this.#parts.allocation.retry('pods_removed')
        },
      },
      pod,
    )
    this.#workers.set(uidOf(pod), worker)
    return worker
  }

  #adoptOrphan({ uid, name, namespace, graceSeconds }: RuntimePod): void {
    this.#parts.log.info('ending a pod that the API does not have', { namespace, pod: name })
    const spec = {
      containers: [],
      ...(graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }),
    }
    const worker = this.#add({ metadata: { name, namespace, uid }, spec })
    worker.remove()
  }

  /** Others label and change the node, too: before a pod is refused, the node is looked at anew. */
  #admit(pod: Pod): ReturnType<WorkerOptions['admit']> {
    const refusal = this.#judge(pod, this.#parts.nodeObject())
    return refusal && this.#parts.readNode().then((node) => this.#judge(pod, node))
  }

  /** Why the node has no room for the pod beside its others; undefined: it has. */
  refusal(pod: Pod): string | undefined {
    return this.#judge(pod, this.#parts.nodeObject())?.message
  }

  /** The API's pod while it runs here. */
  runningPod(uid: string): Pod | undefined {
    const worker = this.#workers.get(uid)
    return worker?.state === 'running' && !isTerminal(worker.pod) ? worker.pod : undefined
  }

  #judge(pod: Pod, node: Node | undefined): ReturnType<typeof admitPod> {
    // The node may come to be known only by what such a pod runs.
    if (!node && isStatic(pod)) return undefined
    if (!node) return { reason: 'InvalidNodeInfo', message: 'Kubelet cannot get node info.' }
    const others = [...this.#workers.values()]
      .filter(({ pod: other }) => uidOf(other) !== uidOf(pod))
      .filter(({ state, isRemoved, pod: other }) => !isRemoved && holdsResources(state, other))
      .map((worker) => worker.view())
    return underPressure(pod, this.#parts.pressure.conditions()) ?? admitPod(pod, node, others)
  }
}

function holdsResources(state: string, pod: Pod): boolean {
  return (state === 'running' || state === 'terminating') && !isTerminal(pod)
}

/** Our own status writes come back as updates; only what else changed needs a look. */
function needsLook(pod: Pod, previous: Pod | undefined): boolean {
  if (!previous) return true
  const relevant = ({ metadata, spec, status }: Pod): string =>
    JSON.stringify([
      metadata.deletionTimestamp,
      metadata.deletionGracePeriodSeconds,
      metadata.generation,
      metadata.labels,
      metadata.annotations,
      spec,
      spec?.readinessGates &&
        status?.conditions?.filter(({ type }) => spec.readinessGates?.some((gate) => gate.conditionType === type)),
    ])
  return relevant(pod) !== relevant(previous)
}
