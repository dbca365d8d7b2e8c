/** One simulated pod on its node: runs its containers in order, publishes what becomes of them, ends when it is deleted. */
import { ApiError } from '../../api/errors.ts'
import { qosClassOf } from '../../api/pod-qos.ts'
import { usesLess } from '../../api/pod-requests.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Container, ObjectReference, Pod, PodStatus, ResourceRequirements } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { AllocationManager } from '../../kubelet/allocation/allocation-manager.ts'
import { withResources } from '../../kubelet/allocation/pod-resources.ts'
import { resizeMessage } from '../../kubelet/allocation/resize-message.ts'
import { podConditions } from '../../kubelet/pod/conditions.ts'
import { podResources } from '../../kubelet/pod/resource-status.ts'
import { phaseOf } from '../../kubelet/pod/status.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { endOfTurn } from '../../platform/turn.ts'
import { ContainerRun } from './container-run.ts'
import { delayMs, type PodRule } from './rules.ts'

export interface PodRunParts {
  client: Client
  clock: Clock
  random: Random
  /** Absent: no events are written. */
  events?: EventRecorder
  hostIp: string
  podIp: string
  ruleOf(pod: Pod, container: string): PodRule
  /** Of its node. */
  allocation: AllocationManager
  /** Whether the node can reach the API server. */
  reachable(): boolean
}

export class PodRun {
  readonly #parts: PodRunParts
  readonly #stopping = new AbortController()
  readonly #containers: ContainerRun[]
  #pod: Pod
  #publishing = false
  #dirty = false
  #ended = false
  #terminating = false
  /** The status of its condition Ready, as last written. */
  #published: string | undefined

  constructor(pod: Pod, parts: PodRunParts) {
    this.#pod = pod
    this.#parts = parts
    // What a node that was lost had set aside is what it published.
    parts.allocation.allocate(asPublished(pod))
    const make = (container: Container, kind: 'init' | 'regular') => this.#makeRun(container, kind)
    this.#containers = [
      ...(pod.spec?.initContainers ?? []).map((container) => make(container, 'init')),
      ...(pod.spec?.containers ?? []).map((container) => make(container, 'regular')),
    ]
  }

  get pod(): Pod {
    return this.#pod
  }

  get podIp(): string {
    return this.#parts.podIp
  }

  /** A status waits to be written, or is being written. */
  get busy(): boolean {
    return this.#publishing
  }

  isRunning(container: string): boolean {
    return this.#containers.some(({ name, isRunning }) => name === container && isRunning)
  }

  start(): void {
    const { allocation } = this.#parts
    allocation.conditions.adopt(this.#pod)
    allocation.observe(this.#pod, asPublished(this.#pod))
    this.#changed()
    void this.#run().catch(() => undefined)
  }

  /** The object changed. Its end is begun when it is being deleted. */
  update(pod: Pod): void {
    const previous = this.#pod
    this.#pod = pod
    if (pod.metadata.generation !== previous.metadata.generation) {
      this.#parts.allocation.observe(pod, previous)
      this.#changed()
    }
    if (pod.metadata.deletionTimestamp) this.#terminate()
    // Who took the node for lost says that its pods are not ready; only the node can take that back.
    else if (this.#published !== undefined && readiness(pod.status) !== this.#published) this.#changed()
  }

  /** Its resources, or what is to be said of them, are others now. */
  resize(): void {
    if (this.#ended) return
    for (const container of this.#containers) container.resize()
    const generation = this.#parts.allocation.conditions.clearInProgress(this.#pod.metadata.uid ?? '')
    if (generation !== undefined)
      this.tell('Normal', 'ResizeCompleted', resizeMessage('completed', this.#pod, generation))
    this.#changed()
  }

  tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#parts.events?.event(this.#reference(), type, reason, message)
  }

  /** While it holds resources of its node: as they are set aside. */
  get held(): Pod | undefined {
    const { phase } = this.#pod.status ?? {}
    if (this.#ended || phase === 'Succeeded' || phase === 'Failed') return undefined
    return this.#parts.allocation.applied(this.#pod)
  }

  /** The node can reach the API server again. */
  reconnected(): void {
    this.#changed()
  }

  /** The node is gone, or the object: nothing more is done or written. */
  abandon(): void {
    this.#ended = true
    this.#stopping.abort(new Error('the pod was abandoned'))
  }

  async #run(): Promise<void> {
    for (const container of this.#containers.filter(({ kind }) => kind !== 'regular')) {
      if ((await container.run()) !== 0) return this.#changed()
    }
    await Promise.all(this.#containers.filter(({ kind }) => kind === 'regular').map((container) => container.run()))
    for (const container of this.#containers) if (container.kind === 'sidecar') container.stop()
    this.#changed()
  }

  #terminate(): void {
    if (this.#terminating || this.#ended) return
    this.#terminating = true
    const { clock, random } = this.#parts
    const graceMs = (this.#pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000
    const { stopAfter = 0 } = this.#parts.ruleOf(this.#pod, this.#containers[0]?.name ?? '')
    const waitMs = Math.min(graceMs, delayMs(stopAfter, random.float()))
    if (waitMs > 0) clock.after(waitMs, () => this.#end())
    else this.#end()
  }

  #end(): void {
    if (this.#ended) return
    this.#stopping.abort(new Error('the pod is being deleted'))
    for (const container of this.#containers) container.stop()
    for (const container of this.#containers) container.giveUp()
    this.#changed()
  }

  #changed(): void {
    this.#dirty = true
    if (this.#publishing || this.#ended) return
    this.#publishing = true
    // At the end of the turn, so that what happens without time passing is written once.
    endOfTurn(() => {
      void this.#publish().finally(() => {
        this.#publishing = false
        if (this.#dirty) this.#changed()
      })
    })
  }

  async #publish(): Promise<void> {
    const { name = '', namespace, uid = '' } = this.#pod.metadata
    const api = this.#parts.client.of(coreV1.pods, namespace)
    const stopped = this.#stopping.signal.aborted
    this.#dirty = false
    if (this.#ended || !this.#parts.reachable()) return
    try {
      const status = this.#status()
      const patch = { metadata: { uid }, status }
      const before = this.held
      this.#pod = { ...this.#pod, status: { ...this.#pod.status, ...status } }
      this.#tellFreed(before)
      await api.patchStatus(name, { type: 'merge', patch })
      this.#published = readiness(status)
      if (!this.#terminating || !stopped) return
      this.#ended = true
      await api.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } })
    } catch (error) {
      this.#failed(error, stopped)
    }
  }

  /** Other pods' resizes may wait for what this one does not use any more. */
  #tellFreed(before: Pod | undefined): void {
    const { allocation } = this.#parts
    if (!before || !allocation.hasPending) return
    const { held } = this
    if (!held) allocation.retry('pod_terminated')
    else if (usesLess(held, before)) allocation.retry('pod_resized')
  }

  /** Gone objects need nothing more; everything else is tried again, until the object is known to be another one. */
  #failed(error: unknown, wasLast: boolean): void {
    if (error instanceof ApiError && error.code === 404) {
      this.#ended = true
      return
    }
    if (wasLast) this.#ended = false
    this.#parts.clock.after(retryMs, () => this.#changed())
  }

  #status(): PodStatus {
    const { clock, hostIp, allocation } = this.#parts
    const pod = allocation.applied(this.#pod)
    const of = (kinds: string[]) =>
      this.#containers.filter(({ kind }) => kinds.includes(kind)).map((container) => container.status())
    const [initStatuses, statuses] = [of(['init', 'sidecar']), of(['regular'])]
    const phase = phaseOf({ pod, terminated: this.#stopping.signal.aborted }, initStatuses, statuses)
    const now = rfc3339(clock.nowMs())
    const resize = allocation.conditions.of(pod.metadata.uid ?? '')
    const conditions = podConditions({ pod, phase, initStatuses, statuses, sandboxReady: true, resize, now })
    const podIp = pod.spec?.hostNetwork ? hostIp : this.#parts.podIp
    const status: PodStatus = { phase, conditions, qosClass: qosClassOf(pod), containerStatuses: statuses }
    if (initStatuses.length > 0) status.initContainerStatuses = initStatuses
    if (pod.metadata.generation !== undefined) status.observedGeneration = pod.metadata.generation
    Object.assign(status, podResources(pod, [...initStatuses, ...statuses]))
    const addresses = { hostIP: hostIp, hostIPs: [{ ip: hostIp }], podIP: podIp, podIPs: [{ ip: podIp }] }
    return { ...status, ...addresses, startTime: pod.status?.startTime ?? now }
  }

  #makeRun(container: Container, kind: 'init' | 'regular'): ContainerRun {
    const { clock, random, events } = this.#parts
    const { name = '', namespace = '', uid = '' } = this.#pod.metadata
    const statuses = [
      ...(this.#pod.status?.initContainerStatuses ?? []),
      ...(this.#pod.status?.containerStatuses ?? []),
    ]
    const list = kind === 'init' ? 'initContainers' : 'containers'
    return new ContainerRun({
      container,
      kind: kind === 'init' && container.restartPolicy === 'Always' ? 'sidecar' : kind,
      restartPolicy: (this.#pod.spec?.restartPolicy ?? 'Always') as 'Always' | 'OnFailure' | 'Never',
      clock,
      signal: this.#stopping.signal,
      podText: `${name}_${namespace}(${uid})`,
      previous: statuses.find((status) => status.name === container.name),
      resources: () => this.#resourcesOf(container),
      rule: () => this.#parts.ruleOf(this.#pod, container.name),
      draw: () => random.float(),
      id: () => Buffer.from(random.bytes(32)).toString('hex'),
      event: (type, reason, message) => events?.event(this.#reference(list, container.name), type, reason, message),
      changed: () => this.#changed(),
    })
  }

  #resourcesOf({ name, resources }: Container): ResourceRequirements {
    const { spec } = this.#parts.allocation.applied(this.#pod)
    const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
    return all.find((container) => container.name === name)?.resources ?? resources ?? {}
  }

  #reference(list = '', container = ''): ObjectReference {
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = this.#pod.metadata
    const reference = { kind: 'Pod', apiVersion: 'v1', namespace, name, uid, resourceVersion }
    return list === '' ? reference : { ...reference, fieldPath: `spec.${list}{${container}}` }
  }
}

/** With the resources that its node told last. */
function asPublished(pod: Pod): Pod {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  const containers = new Map(
    [...initContainerStatuses, ...containerStatuses].flatMap(({ name, resources }) =>
      resources ? [[name, resources] as const] : [],
    ),
  )
  return withResources(pod, pod.spec?.resources ? { containers, pod: pod.spec.resources } : { containers })
}

function readiness(status: PodStatus | undefined): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'False'
}

/** Between tries to write a status. */
const retryMs = 1_000
