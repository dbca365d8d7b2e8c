/**
 * Gives pods to nodes. Informers feed the cluster state and the queue; one pod at a time is planned against a snapshot
 * and assumed, its binding is written while the next one is planned.
 */
import { coreV1 } from '../api/resources.ts'
import type { Node, Pod, PodCondition } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Change, Informers } from '../client/informer.ts'
import { type Clock, rfc3339 } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { type Placement, type Profile, planPlacement } from './plan.ts'
import { filters, scores } from './plugins/index.ts'
import { SchedulingQueue } from './queue.ts'
import { ClusterState } from './snapshot.ts'
import { claimsNotReady } from './volumes.ts'

export interface SchedulerParts {
  client: Client
  informers: Informers
  events: EventRecorder
  clock: Clock
  random: Random
  log: Logger
  /** Pods with another `spec.schedulerName` are left alone. Default `default-scheduler`. */
  name?: string
}

export interface Scheduler {
  readonly idle: boolean
  stop(): Promise<void>
}

const profile: Profile = { filters, scores }

export async function startScheduler(parts: SchedulerParts): Promise<Scheduler> {
  const scheduler = new RunningScheduler(parts)
  await scheduler.start()
  return scheduler
}

class RunningScheduler implements Scheduler {
  readonly #parts: SchedulerParts
  readonly #name: string
  readonly #events: EventRecorder
  readonly #random: Random
  readonly #state = new ClusterState()
  readonly #queue: SchedulingQueue
  readonly #unsubscribe: (() => void)[] = []
  readonly #writes = new Set<Promise<void>>()
  #running = false
  #scheduled = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#name = parts.name ?? 'default-scheduler'
    this.#events = parts.events.as(this.#name)
    this.#random = parts.random.stream('scheduler')
    this.#queue = new SchedulingQueue(parts.clock, () => this.#wake())
  }

  get idle(): boolean {
    return this.#queue.idle && this.#writes.size === 0
  }

  async start(): Promise<void> {
    const { informers } = this.#parts
    const nodes = informers.of(coreV1.nodes)
    const pods = informers.of(coreV1.pods)
    const namespaces = informers.of(coreV1.namespaces)
    const claims = informers.of(coreV1.persistentVolumeClaims)
    this.#unsubscribe.push(
      nodes.onChange((change) => this.#onNode(change)),
      pods.onChange((change) => this.#onPod(change)),
      namespaces.onChange((change) =>
        change.type === 'deleted'
          ? this.#state.removeNamespace(change.object.metadata.name ?? '')
          : this.#state.setNamespace(change.object),
      ),
      claims.onChange(() => this.#queue.clusterChanged()),
    )
    await Promise.all([nodes.synced(), pods.synced(), namespaces.synced(), claims.synced()])
    this.#running = true
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const end of this.#unsubscribe) end()
    this.#queue.stop()
    await Promise.allSettled(this.#writes)
  }

  #onNode(change: Change<Node>): void {
    if (change.type === 'deleted') return this.#state.removeNode(change.object.metadata.name ?? '')
    this.#state.setNode(change.object)
    if (change.type === 'added' || nodeChangeMatters(change.previous, change.object)) this.#queue.clusterChanged()
  }

  #onPod(change: Change<Pod>): void {
    const pod = change.object
    const uid = pod.metadata.uid ?? ''
    if (change.type === 'deleted') {
      this.#queue.remove(uid)
      if (!this.#state.isPlaced(uid)) return
      this.#state.removePod(uid)
      return this.#queue.clusterChanged()
    }
    const wasPlaced = this.#state.isPlaced(uid)
    this.#state.setPod(pod)
    if (pod.spec?.nodeName) {
      this.#queue.remove(uid)
      const previous = change.type === 'updated' ? change.previous : undefined
      if (!wasPlaced || !this.#state.isPlaced(uid) || labelsDiffer(previous, pod)) this.#queue.clusterChanged()
    } else if (this.#isOurs(pod) && !wasPlaced) {
      this.#offer(pod, change.type === 'updated' ? change.previous : undefined)
    } else {
      this.#queue.remove(uid)
    }
  }

  #isOurs(pod: Pod): boolean {
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    return (pod.spec?.schedulerName ?? this.#name) === this.#name && !pod.metadata.deletionTimestamp && !finished
  }

  #offer(pod: Pod, previous: Pod | undefined): void {
    const uid = pod.metadata.uid ?? ''
    if ((pod.spec?.schedulingGates ?? []).length > 0) return this.#queue.remove(uid)
    const sameAsked =
      previous &&
      JSON.stringify([previous.spec, previous.metadata.labels]) === JSON.stringify([pod.spec, pod.metadata.labels])
    if (this.#queue.has(uid) && sameAsked) this.#queue.refresh(pod)
    else this.#queue.add(pod)
  }

  /** Plans in turns of the event loop, so that a long queue does not hold up everything else. */
  #wake(): void {
    if (!this.#running || this.#scheduled) return
    this.#scheduled = true
    this.#parts.clock.after(0, () => {
      this.#scheduled = false
      if (!this.#running) return
      for (let count = 0; count < 32; count++) {
        const pod = this.#queue.take()
        if (!pod) return
        this.#scheduleOne(pod)
      }
      this.#wake()
    })
  }

  #scheduleOne(pod: Pod): void {
    const snapshot = this.#state.snapshot()
    const blocked = claimsNotReady(pod, this.#parts.informers)
    const placement: Placement = blocked
      ? {
          kind: 'unschedulable',
          message: `0/${snapshot.nodes.length} nodes are available: ${blocked}. not found`,
          rejectedBy: new Set(['VolumeBinding']),
          preemptionMightHelp: [],
        }
      : planPlacement(pod, snapshot, profile, this.#random)
    if (placement.kind === 'node') {
      this.#state.assume(pod, placement.nodeName)
      this.#track(this.#bind(pod, placement.nodeName))
    } else {
      this.#queue.park(pod.metadata.uid ?? '')
      this.#track(this.#report(pod, 'Unschedulable', placement.message))
    }
  }

  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { kind: 'Node', name: nodeName },
    }
    try {
      await this.#parts.client.of(coreV1.pods, namespace).createSub(name, 'binding', binding)
      this.#queue.placed(uid)
      this.#events.event(
        { resource: coreV1.pods, object: pod },
        'Normal',
        'Scheduled',
        `Successfully assigned ${namespace}/${name} to ${nodeName}`,
      )
    } catch (error) {
      this.#state.removePod(uid)
      this.#queue.retryLater(uid)
      const message = `binding rejected: ${error instanceof Error ? error.message : String(error)}`
      this.#parts.log.warn('binding failed', { pod: `${namespace}/${name}`, node: nodeName, error: message })
      await this.#report(pod, 'SchedulerError', message)
    }
  }

  /** Says on the pod, and in an event, why it has no node. */
  async #report(pod: Pod, reason: string, message: string): Promise<void> {
    const { name = '', namespace = '', generation } = pod.metadata
    this.#events.event({ resource: coreV1.pods, object: pod }, 'Warning', 'FailedScheduling', message)
    const known = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled')
    if (known?.status === 'False' && known.reason === reason && known.message === message) return
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime:
        known?.status === 'False' && known.lastTransitionTime
          ? known.lastTransitionTime
          : rfc3339(this.#parts.clock.nowMs()),
      reason,
      message,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    try {
      await this.#parts.client
        .of(coreV1.pods, namespace)
        .patchStatus(name, { type: 'strategic', patch: { status: { conditions: [condition] } } })
    } catch (error) {
      this.#parts.log.debug('pod condition not written', { pod: `${namespace}/${name}`, error: String(error) })
    }
  }

  #track(write: Promise<void>): void {
    const tracked = write.finally(() => this.#writes.delete(tracked))
    this.#writes.add(tracked)
  }
}

/** Heartbeats and image lists do not make room for a pod; these do. */
function nodeChangeMatters(previous: Node, node: Node): boolean {
  const relevant = ({ metadata, spec, status }: Node) => JSON.stringify([metadata.labels, spec, status?.allocatable])
  return relevant(previous) !== relevant(node)
}

function labelsDiffer(previous: Pod | undefined, pod: Pod): boolean {
  return previous !== undefined && JSON.stringify(previous.metadata.labels) !== JSON.stringify(pod.metadata.labels)
}
