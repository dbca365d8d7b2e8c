/**
 * Gives pods to nodes. Informers feed the cluster state and the queue; one pod at a time is planned against the state
 * and assumed, its binding is written while the next ones are planned.
 */

import { usesLess } from '../api/pod-requests.ts'
import { coreV1, policyV1 } from '../api/resources.ts'
import type { Node, Pod } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Change, Informers } from '../client/informer.ts'
import type { Meters } from '../client/meters.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { Attempts } from './attempts.ts'
import type { DeviceMatcher } from './devices/allocate.ts'
import { DeviceBinder, type DeviceChoice } from './devices/binder.ts'
import { isServedByDevices } from './devices/extended.ts'
import { priorityOf, uidOf } from './node-info.ts'
import { type Placement, type Profile, planPlacement } from './plan.ts'
import { dynamicResourcesFilter, dynamicResourcesScore, wantsDevices } from './plugins/dynamic-resources.ts'
import { profileOf } from './plugins/index.ts'
import { nodeResourcesFit, nodeResourcesFitBeside } from './plugins/node-resources.ts'
import { volumeBindingFilter } from './plugins/volume-binding.ts'
import { planPreemption } from './preemption.ts'
import { type QueueTimes, SchedulingQueue } from './queue.ts'
import { ClusterState } from './snapshot.ts'
import { VolumeBinder } from './volumes.ts'
import { bindPod, clearNomination, preempt, reportFailure, type WriteParts } from './writes.ts'

export interface SchedulerParts {
  client: Client
  informers: Informers
  events: EventRecorder
  clock: Clock
  random: Random
  log: Logger
  /** Pods with another `spec.schedulerName` are left alone. Default `default-scheduler`. */
  name?: string
  /** Default: the standard filters and scores. */
  profile?: Profile
  /** Judges devices by the expressions of classes and claims. Default: no claim with an expression can be served. */
  matchDevice?: DeviceMatcher
  /** Whether DeviceTaintRules count. Default false, as their feature gate. */
  deviceTaintRules?: boolean
  /** How long pods wait after a failure. */
  queueTimes?: Partial<QueueTimes>
  /** Keeps what is counted. Default: nobody does. */
  meters?: Meters
}

export interface Scheduler {
  /** No pod is ready to be planned or being written about. */
  readonly idle: boolean
  /** Milliseconds until the earliest pod in back-off is tried again; undefined when none is. */
  readonly nextRetryMs: number | undefined
  stop(): Promise<void>
}

/** Pods planned before other work of the process gets its turn. */
const podsPerTurn = 32

type Refusal = Extract<Placement, { kind: 'unschedulable' }>

export async function startScheduler(parts: SchedulerParts): Promise<Scheduler> {
  const scheduler = new RunningScheduler(parts)
  await scheduler.start()
  return scheduler
}

class RunningScheduler implements Scheduler {
  readonly #parts: SchedulerParts
  readonly #name: string
  readonly #profile: Profile
  readonly #writer: WriteParts
  readonly #random: Random
  readonly #state = new ClusterState()
  readonly #queue: SchedulingQueue
  readonly #attempts: Attempts
  readonly #unsubscribe: (() => void)[] = []
  readonly #writes = new Set<Promise<void>>()
  readonly #volumes: VolumeBinder
  readonly #devices: DeviceBinder
  /** Pods that are not tried before their claims are there. */
  readonly #claimWaits = new Map<string, Pod>()
  /** Pods with a node that wait for their volumes. */
  readonly #volumeWaits = new Set<Promise<void>>()
  /** Pods whose victims are being told to go. */
  readonly #preempting = new Set<string>()
  #startAt = 0
  #running = false
  #scheduled = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#name = parts.name ?? 'default-scheduler'
    const { client, clock } = parts
    this.#volumes = new VolumeBinder(parts)
    this.#devices = new DeviceBinder({ ...parts, matches: parts.matchDevice ?? noMatcher })
    const { filters, scores } = parts.profile ?? profileOf()
    const live = [volumeBindingFilter(this.#volumes), dynamicResourcesFilter(this.#devices)]
    const added = live.filter((one) => !filters.some(({ name }) => name === one.name))
    const { classForResource } = this.#devices
    const fit = nodeResourcesFitBeside((resource, node) => isServedByDevices(resource, node, classForResource))
    const standard = filters.map((filter) => (filter === nodeResourcesFit ? fit : filter))
    this.#profile = { filters: [...standard, ...added], scores: [...scores, dynamicResourcesScore(this.#devices)] }
    this.#writer = { client, clock, events: parts.events.as(this.#name), schedulerName: this.#name }
    this.#random = parts.random.stream('scheduler')
    this.#queue = new SchedulingQueue(parts.clock, () => this.#wake(), parts.queueTimes)
    this.#attempts = new Attempts(parts, this.#name)
  }

  get idle(): boolean {
    return this.#queue.idle && this.#writes.size === 0
  }

  get nextRetryMs(): number | undefined {
    return this.#queue.nextRetryMs
  }

  async start(): Promise<void> {
    const { informers } = this.#parts
    const nodes = informers.of(coreV1.nodes)
    const pods = informers.of(coreV1.pods)
    const namespaces = informers.of(coreV1.namespaces)
    const budgets = informers.of(policyV1.podDisruptionBudgets)
    this.#unsubscribe.push(
      nodes.onChange((change) => this.#onNode(change)),
      pods.onChange((change) => this.#onPod(change)),
      namespaces.onChange((change) =>
        change.type === 'deleted'
          ? this.#state.removeNamespace(change.object.metadata.name ?? '')
          : this.#state.setNamespace(change.object),
      ),
    )
    const known = [nodes, pods, namespaces, budgets].map((informer) => informer.synced())
    const volumes = this.#volumes.start(() => this.#queue.clusterChanged())
    await Promise.all([...known, volumes, this.#devices.start(() => this.#onDevices())])
    this.#attempts.show({
      queued: () => this.#queue.counts,
      gated: () => pods.list().filter((pod) => !pod.spec?.nodeName && this.#isOurs(pod) && !this.#isTried(pod)).length,
      nodes: () => this.#state.nodes.length,
      pods: () => this.#state.nodes.reduce((sum, node) => sum + node.pods.size, 0),
    })
    this.#running = true
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const end of this.#unsubscribe) end()
    this.#queue.stop()
    this.#volumes.stop()
    this.#devices.stop()
    await Promise.allSettled([...this.#writes, ...this.#volumeWaits])
  }

  #onDevices(): void {
    for (const [uid, pod] of this.#claimWaits) {
      if (!this.#devices.isReady(pod)) continue
      this.#claimWaits.delete(uid)
      this.#queue.add(pod)
    }
    this.#queue.clusterChanged()
  }

  #onNode(change: Change<Node>): void {
    if (change.type === 'deleted') return this.#state.removeNode(change.object.metadata.name ?? '')
    this.#state.setNode(change.object)
    if (change.type === 'added' || nodeChangeMatters(change.previous, change.object)) this.#queue.clusterChanged()
  }

  #onPod(change: Change<Pod>): void {
    const pod = change.object
    const uid = uidOf(pod)
    this.#claimWaits.delete(uid)
    if (change.type === 'deleted') {
      this.#queue.remove(uid)
      this.#attempts.forget(uid)
      this.#state.removeNomination(uid)
      if (!this.#state.isPlaced(uid)) return
      this.#state.removePod(uid)
      return this.#queue.clusterChanged()
    }
    const wasPlaced = this.#state.isPlaced(uid)
    this.#state.setPod(pod)
    if (pod.spec?.nodeName) {
      this.#queue.remove(uid)
      this.#state.removeNomination(uid)
      const previous = change.type === 'updated' ? change.previous : undefined
      const frees = previous !== undefined && usesLess(pod, previous)
      if (!wasPlaced || !this.#state.isPlaced(uid) || frees || labelsDiffer(previous, pod)) this.#queue.clusterChanged()
    } else if (this.#isOurs(pod) && !wasPlaced) {
      this.#noteNomination(pod)
      this.#offer(pod, change.type === 'updated' ? change.previous : undefined)
    } else if (!wasPlaced) {
      this.#queue.remove(uid)
      this.#state.removeNomination(uid)
    }
  }

  #isOurs(pod: Pod): boolean {
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    return (pod.spec?.schedulerName ?? this.#name) === this.#name && !pod.metadata.deletionTimestamp && !finished
  }

  /** What the pod says of its nomination counts, but for what was decided here and is still being written. */
  #noteNomination(pod: Pod): void {
    const uid = uidOf(pod)
    if (this.#preempting.has(uid)) return
    const nodeName = pod.status?.nominatedNodeName
    if (nodeName) this.#state.nominate(pod, nodeName)
    else this.#state.removeNomination(uid)
  }

  #isTried(pod: Pod): boolean {
    return !isGated(pod) && !this.#claimWaits.has(uidOf(pod))
  }

  #offer(pod: Pod, previous: Pod | undefined): void {
    const uid = uidOf(pod)
    if (isGated(pod)) return this.#queue.remove(uid)
    if (!this.#devices.isReady(pod)) {
      this.#claimWaits.set(uid, pod)
      return this.#queue.remove(uid)
    }
    const sameAsked = previous && JSON.stringify(askedBy(previous)) === JSON.stringify(askedBy(pod))
    if (this.#queue.has(uid) && sameAsked) this.#queue.refresh(pod)
    else this.#queue.add(pod)
  }

  /** Plans in turns of the event loop, and never further ahead of the writes than these may be at once. */
  #wake(): void {
    if (!this.#running || this.#scheduled) return
    this.#scheduled = true
    this.#parts.clock.after(0, () => {
      this.#scheduled = false
      if (!this.#running) return
      for (let count = 0; count < podsPerTurn; count++) {
        // Whoever finishes a write wakes us again.
        if (this.#writes.size >= limits.schedulerWritesInFlightMax) return
        if (this.#volumeWaits.size >= limits.schedulerVolumeWaitsMax) return
        const pod = this.#queue.take()
        if (!pod) return
        this.#scheduleOne(pod)
      }
      this.#wake()
    })
  }

  #scheduleOne(pod: Pod): void {
    const options = { profile: this.#profile, random: this.#random, startAt: this.#startAt }
    this.#attempts.begins(uidOf(pod), this.#queue.historyOf(uidOf(pod)))
    const placement = planPlacement(pod, this.#state, options)
    this.#attempts.planned(uidOf(pod))
    if (placement.kind === 'unschedulable') return this.#refuse(pod, placement)
    this.#startAt = (this.#startAt + placement.examined) % Math.max(1, this.#state.nodes.length)
    this.#state.assume(pod, placement.nodeName)
    this.#track(this.#bind(pod, placement.nodeName))
  }

  /** The pod's devices and volumes first: they can take long, and hold up nobody else. */
  async #bind(pod: Pod, nodeName: string): Promise<void> {
    try {
      const node = this.#state.node(nodeName)
      const devices = node && this.#devices.promise(pod, node)
      const volumes = node && this.#volumes.promise(pod, node.node)
      if (devices) await this.#devices.write(devices)
      if (volumes) await this.#volumes.write(volumes, nodeName)
      const waits = [
        ...(volumes ? [this.#volumes.bound(volumes, nodeName)] : []),
        ...(devices && this.#devices.mustWait(devices) ? [this.#devicesReady(devices, nodeName)] : []),
      ]
      if (waits.length === 0) return await this.#bindPod(pod, nodeName)
      const wait = Promise.all(waits)
        .then(() => this.#track(this.#bindPod(pod, nodeName)))
        .catch((error: unknown) => this.#track(this.#giveUp(pod, nodeName, error)))
        .finally(() => this.#volumeWaits.delete(wait))
      this.#volumeWaits.add(wait)
    } catch (error) {
      await this.#giveUp(pod, nodeName, error)
    }
  }

  #devicesReady(choice: DeviceChoice, nodeName: string): Promise<void> {
    const message = `waiting for binding conditions for device on node ${nodeName}`
    const about = { resource: coreV1.pods, object: choice.pod }
    this.#writer.events.event(about, 'Normal', 'BindingConditionsPending', message, { action: 'Scheduling' })
    return this.#devices.ready(choice)
  }

  async #bindPod(pod: Pod, nodeName: string): Promise<void> {
    try {
      await bindPod(this.#writer, pod, nodeName)
      this.#noteBound(pod)
    } catch (error) {
      await this.#giveUp(pod, nodeName, error)
    }
  }

  #noteBound(pod: Pod): void {
    this.#queue.placed(uidOf(pod))
    this.#attempts.scheduled(uidOf(pod))
  }

  /** Whether the pod is seen on a node: a binding may have happened although its answer was lost. */
  #isSeenBound({ metadata }: Pod): boolean {
    const seen = this.#parts.informers.of(coreV1.pods).get(`${metadata.namespace}/${metadata.name}`)
    return seen?.metadata.uid === metadata.uid && Boolean(seen?.spec?.nodeName)
  }

  async #giveUp(pod: Pod, nodeName: string, error: unknown): Promise<void> {
    if (this.#isSeenBound(pod)) return this.#noteBound(pod)
    const uid = uidOf(pod)
    this.#state.removePod(uid)
    this.#queue.retryLater(uid)
    this.#attempts.failed(uid)
    // What the failed binding held is free again.
    this.#queue.clusterChanged()
    const message = `binding rejected: ${messageOf(error)}`
    const { namespace, name } = pod.metadata
    this.#parts.log.warn('binding failed', { pod: `${namespace}/${name}`, node: nodeName, error: message })
    await this.#devices.release(pod)
    await reportFailure(this.#writer, pod, { reason: 'SchedulerError', message })
  }

  /** No node fits: parks the pod, and makes room for it where that can be done. */
  #refuse(pod: Pod, refusal: Refusal): void {
    const uid = uidOf(pod)
    this.#queue.park(uid)
    this.#attempts.refused(uid, refusal.rejectedBy)
    if (this.#preempting.has(uid)) return
    if (refusal.everywhere) {
      // Upstream's resource claims are asked next and miss what the early refusal kept them from preparing.
      const message = this.#state.nodes.length === 0 ? refusal.message : `${refusal.message} not found`
      return this.#report(pod, { message })
    }
    const offset = this.#random.int(Math.max(1, refusal.rejected.length))
    const budgets = this.#parts.informers.of(policyV1.podDisruptionBudgets).list()
    const plan = planPreemption({
      pod,
      snapshot: this.#state,
      profile: this.#profile,
      rejected: refusal.rejected,
      budgets,
      offset,
    })
    this.#attempts.preempts(plan.kind === 'nominate' ? plan.victims.length : 0)
    if (plan.kind === 'nominate') return this.#makeRoom(pod, { ...plan, message: refusal.message })
    if (plan.reconsidered) this.#state.removeNomination(uid)
    const cleared = plan.reconsidered ? { nominatedNodeName: '' } : {}
    this.#track(
      this.#reportRefusal(pod, refusal, (claims) => ({
        message: `${refusal.message} ${claims}, ${plan.message}`,
        ...cleared,
      })),
    )
  }

  /** Claims that hold devices where the pod cannot run are freed first, where nobody else uses them. */
  async #reportRefusal(
    pod: Pod,
    { rejected }: Refusal,
    failure: (claims: string) => { message: string; nominatedNodeName?: string },
  ): Promise<void> {
    const report = (claims: string) => reportFailure(this.#writer, pod, { reason: 'Unschedulable', ...failure(claims) })
    if (!wantsDevices(pod, this.#devices)) return await report('no new claims to deallocate')
    const nodes = rejected.flatMap(({ node }) => this.#state.node(node)?.node ?? [])
    const reasons = rejected.flatMap((one) => one.reasons)
    const freed = await this.#devices.deallocate(pod, nodes, reasons)
    await report(freed ? 'deallocation of ResourceClaim completed' : 'still not schedulable')
  }

  #makeRoom(pod: Pod, plan: { nodeName: string; victims: readonly Pod[]; message: string }): void {
    const { nodeName, victims, message } = plan
    const uid = uidOf(pod)
    this.#state.nominate(pod, nodeName)
    this.#preempting.add(uid)
    const displaced = this.#state
      .nominatedOn(nodeName)
      .filter((one) => uidOf(one.pod) !== uid && priorityOf(one.pod) < priorityOf(pod))
    for (const one of displaced) this.#state.removeNomination(uidOf(one.pod))
    const writes = async () => {
      await reportFailure(this.#writer, pod, { reason: 'Unschedulable', message, nominatedNodeName: nodeName })
      const leaving = victims.map((victim) => preempt(this.#writer, victim, { pod, nodeName }))
      const cleared = displaced.map((one) => clearNomination(this.#writer, one.pod))
      const failed = (await Promise.allSettled([...leaving, ...cleared])).find(({ status }) => status === 'rejected')
      if (failed?.status === 'rejected') throw failed.reason
    }
    this.#track(
      writes().finally(() => {
        this.#preempting.delete(uid)
        // Events that came in between have been passed over.
        this.#queue.clusterChanged()
      }),
    )
  }

  #report(pod: Pod, failure: { message: string; nominatedNodeName?: string }): void {
    this.#track(reportFailure(this.#writer, pod, { reason: 'Unschedulable', ...failure }))
  }

  /** A write that fails is made again when the pod is next planned. */
  #track(write: Promise<void>): void {
    const tracked = write
      .catch((error: unknown) => this.#parts.log.debug('scheduling result not written', { error: String(error) }))
      .finally(() => {
        this.#writes.delete(tracked)
        this.#wake()
      })
    this.#writes.add(tracked)
  }
}

function isGated({ spec }: Pod): boolean {
  return (spec?.schedulingGates ?? []).length > 0
}

function askedBy({ spec, metadata, status }: Pod): unknown[] {
  return [spec, metadata.labels, status?.resourceClaimStatuses]
}

function noMatcher(): never {
  throw new Error('expressions are not evaluated here')
}

/** Heartbeats and image lists do not make room for a pod; these do. */
function nodeChangeMatters(previous: Node, node: Node): boolean {
  const relevant = ({ metadata, spec, status }: Node) => JSON.stringify([metadata.labels, spec, status?.allocatable])
  return relevant(previous) !== relevant(node)
}

function labelsDiffer(previous: Pod | undefined, pod: Pod): boolean {
  return previous !== undefined && JSON.stringify(previous.metadata.labels) !== JSON.stringify(pod.metadata.labels)
}
