/**
 * The life of one pod on this node, one step at a time: it runs, it ends, it is cleaned up. Whatever happens (a changed
 * specification, an exited container, a probe's verdict, time) only wakes the worker, which then looks at everything.
 *
 *   admitted ─▶ running ─▶ terminating ─▶ terminated ─▶ (deleted from the API) ─▶ finished
 *       └────────────────────▶ rejected ──────────────────────┘
 */

import { qosClassOf } from '../../api/pod-qos.ts'
import { usesLess } from '../../api/pod-requests.ts'
import type { Pod, PodStatus } from '../../api/types/core/v1.ts'
import type { CancelTimer } from '../../platform/clock.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import type { RetryTrigger } from '../allocation/allocation-manager.ts'
import { fixed } from '../config.ts'
import { nameOf, namespaceOf, uidOf } from './names.ts'
import type { PodParts } from './parts.ts'
import { runningContainers } from './runtime-state.ts'
import { isTerminal } from './spec.ts'
import { type PodFailure, rejectedStatus } from './status.ts'
import { graceSecondsOf, stopPod } from './stop.ts'
import { PodSync } from './sync.ts'

export type WorkerState = 'running' | 'terminating' | 'terminated' | 'rejected' | 'finished'

export interface WorkerOptions {
  /** Something of the pod's resources is free again. */
  onFreed(trigger: RetryTrigger): void
  /** Refuses the pod; asked once, for pods that do not run here yet. */
  admit(pod: Pod): PodFailure | Promise<PodFailure | undefined> | undefined
  onFinished(uid: string): void
}

const resyncJitter = 0.5
/** After a failure a pod is looked at this often at the latest, so that its status tells about a long back-off. */
const failureLookMsMax = 15_000
/** After a round that did something and failed at something else. */
const mixedRoundMs = 1_000
const errorRetryMs = 2_000

export class PodWorker {
  pod: Pod
  state: WorkerState = 'running'
  readonly #parts: PodParts
  readonly #options: WorkerOptions
  readonly #sync: PodSync
  #admitted = false
  #removed = false
  #failure: PodFailure | undefined
  /** Aborted once the pod is to end: what takes long on its behalf is given up. */
  readonly #ending = new AbortController()
  #failureGraceSeconds: number | undefined
  #graceGivenSeconds: number | undefined
  #timer: CancelTimer | undefined
  #running = false
  #again = false
  #stopped = false
  #refreshedMs: number

  constructor(parts: PodParts, options: WorkerOptions, pod: Pod) {
    this.#parts = parts
    this.#options = options
    this.#sync = new PodSync(parts)
    this.#refreshedMs = parts.clock.monotonicMs()
    this.pod = pod
  }

  /** The API's newest view of the pod. */
  update(pod: Pod): void {
    this.pod = pod
    // Labels and annotations may stand in a downward API volume.
    this.#refreshedMs = Number.NEGATIVE_INFINITY
    this.#shortenGrace()
    this.#wakeToEnd()
  }

  /** The API no longer has the pod. */
  remove(): void {
    this.#removed = true
    this.#shortenGrace()
    this.#wakeToEnd()
  }

  /** Ends the pod as Failed. */
  fail(failure: PodFailure, graceSeconds?: number): void {
    if (this.#failure || this.state !== 'running') return
    this.#failure = failure
    this.#failureGraceSeconds = graceSeconds
    this.#wakeToEnd()
  }

  /** A pod that is to end does not wait for pulls, hooks and restarts that were under way for it. */
  #wakeToEnd(): void {
    if (this.#mustEnd && !this.#ending.signal.aborted) {
      this.#ending.abort()
      if (this.state === 'running') this.#hastenStops(this.#endingGraceSeconds())
    }
    this.wake()
  }

  wake(): void {
    this.#timer?.()
    this.#timer = undefined
    if (this.#stopped || this.state === 'finished') return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#running = true
    this.#step()
      .catch((error: unknown) => {
        this.#parts.log.warn('pod round failed', { pod: nameOf(this.pod), error: String(error) })
        return errorRetryMs
      })
      .then((delayMs) => {
        this.#running = false
        if (this.#again) {
          this.#again = false
          this.wake()
        } else if (delayMs !== undefined) this.#wakeAfter(delayMs)
      })
      .catch((error: unknown) => this.#parts.log.error('pod worker failed', { error: String(error) }))
  }

  /** The agent stops; the pod goes on without it. */
  stop(): void {
    this.#stopped = true
    this.#timer?.()
  }

  /** The API has given its place to others already. */
  get isRemoved(): boolean {
    return this.#removed
  }

  get isEvicted(): boolean {
    return this.#failure?.reason === 'Evicted'
  }

  get containers(): PodSync['runtime'] {
    return this.#sync.runtime
  }

  publishedStatus(): PodStatus | undefined {
    return this.#parts.statuses.latest(uidOf(this.pod)) ?? this.pod.status
  }

  #wakeAfter(delayMs: number): void {
    if (this.#stopped) return
    this.#timer = this.#parts.clock.after(delayMs, () => {
      this.#timer = undefined
      this.wake()
    })
  }

  get #mustEnd(): boolean {
    return this.#isLeaving || this.#failure !== undefined
  }

  /** Nothing of the pod is to stay on the node. */
  get #isLeaving(): boolean {
    return this.#removed || this.pod.metadata.deletionTimestamp !== undefined
  }

  /** Does one step and returns after how long to look again; undefined: when something happens. */
  async #step(): Promise<number | undefined> {
    switch (this.state) {
      case 'running':
        return this.#stepRunning()
      case 'terminating':
        return this.#stepTerminating()
      case 'terminated':
      case 'rejected':
        return this.#stepEnded()
      default:
        return undefined
    }
  }

  async #stepRunning(): Promise<number | undefined> {
    if (!this.#admitted && !(await this.#admit())) return 0
    const pod = this.view()
    const deadline = this.#deadline(pod)
    if (deadline === 0) this.#exceedDeadline()
    if (this.#mustEnd) {
      this.state = 'terminating'
      return 0
    }
    const result = await this.#sync.round(pod, this.#ending.signal)
    this.#tellFreed(pod, result.status)
    if (isTerminal({ ...pod, status: result.status }) && !result.acted) {
      this.state = 'terminating'
      return 0
    }
    await this.#refreshVolumes(pod)
    return Math.min(this.#delayAfter(result), deadline ?? Number.POSITIVE_INFINITY)
  }

  /** Other pods' resizes may wait for what this one does not use any more. */
  #tellFreed(pod: Pod, status: PodStatus): void {
    if (this.#parts.allocation.hasPending && usesLess({ ...pod, status }, pod)) this.#options.onFreed('pod_resized')
  }

  #exceedDeadline(): void {
    const reason = 'DeadlineExceeded'
    const message = 'Pod was active on the node longer than the specified deadline'
    this.#parts.events.pod(this.pod, 'Normal', reason, message)
    this.fail({ reason, message })
  }

  #delayAfter({ acted, retryAfterMs }: { acted: boolean; retryAfterMs: number | undefined }): number {
    if (retryAfterMs === undefined) return acted ? 0 : this.#jittered(fixed.syncMs)
    return acted ? mixedRoundMs : Math.min(this.#jittered(retryAfterMs), failureLookMsMax)
  }

  #jittered(milliseconds: number): number {
    return milliseconds * (1 + resyncJitter * this.#parts.random.float())
  }

  /** Whether the pod goes on; a refused one has its status published. */
  async #admit(): Promise<boolean> {
    this.#admitted = true
    await this.#sync.inspect(this.pod)
    if (this.#mustEnd) return true
    if (isTerminal(this.pod)) {
      this.state = 'terminating'
      return false
    }
    const { allocation } = this.#parts
    const asked = this.pod
    const refusal = this.#sync.runtime.sandboxes.length > 0 ? undefined : await this.#options.admit(asked)
    if (!refusal || this.#mustEnd) {
      allocation.allocate(asked)
      if (this.pod !== asked) allocation.observe(this.pod, asked)
      return true
    }
    this.#parts.events.pod(this.pod, 'Warning', refusal.reason, refusal.message)
    const failure = { ...refusal, message: `Pod was rejected: ${refusal.message}` }
    const status = rejectedStatus(this.pod, failure, rfc3339(this.#parts.clock.nowMs()))
    this.#parts.statuses.publish(this.pod, { ...status, qosClass: qosClassOf(this.pod) })
    this.state = 'rejected'
    return false
  }

  /** Milliseconds until activeDeadlineSeconds is over; undefined without one. */
  #deadline(pod: Pod): number | undefined {
    const seconds = pod.spec?.activeDeadlineSeconds
    const startTime = pod.status?.startTime
    if (seconds === undefined || !startTime) return undefined
    return Math.max(0, Date.parse(startTime) + seconds * 1000 - this.#parts.clock.nowMs())
  }

  async #stepTerminating(): Promise<number | undefined> {
    const { probes, statuses } = this.#parts
    const pod = this.view()
    const failure = this.#failure
    await this.#sync.inspect(pod)
    if (!isTerminal(pod) || failure) statuses.publish(pod, this.#endingStatus(pod))
    const graceSeconds = this.#endingGraceSeconds()
    this.#graceGivenSeconds = graceSeconds
    await stopPod(this.#parts, pod, this.#sync.runtime, { graceSeconds, keepSandbox: this.#isLeaving })
    probes.stopPod(uidOf(pod))
    await this.#sync.inspect(pod)
    if (runningContainers(this.#sync.runtime).length > 0) return errorRetryMs
    const view = this.view()
    const known = isTerminal(view) && this.#sync.runtime.containers.length === 0
    if (!known) statuses.publish(view, this.#sync.status(view, { terminated: true, failure }))
    this.state = 'terminated'
    this.#parts.allocation.conditions.forget(uidOf(pod))
    this.#options.onFreed('pod_terminated')
    return 0
  }

  /** While containers may still run, a pod's phase does not become final. */
  #endingStatus(pod: Pod): PodStatus {
    const status = this.#sync.status(pod, { terminated: false, failure: this.#failure })
    const before = pod.status?.phase
    const final = status.phase === 'Succeeded' || status.phase === 'Failed'
    return final && !this.#failure && before && !isTerminal(pod) ? { ...status, phase: before } : status
  }

  async #stepEnded(): Promise<number | undefined> {
    const { volumes, tokens, cgroups, images, statuses } = this.#parts
    const { pod } = this
    const uid = uidOf(pod)
    await volumes.tearDown(uid)
    tokens.forget(uid)
    images.forget(pod)
    if (!this.#isLeaving) {
      await cgroups.removePod(uid)
      return undefined
    }
    await this.#removeFromRuntime()
    await cgroups.removePod(uid)
    if (!this.#removed) {
      statuses.finish(pod)
      return undefined
    }
    await this.#removeLogs()
    statuses.forget(uid)
    this.state = 'finished'
    this.#parts.allocation.forget(uid)
    this.#parts.actuated.keep((kept) => kept !== uid)
    this.#options.onFinished(uid)
    return undefined
  }

  async #removeFromRuntime(): Promise<void> {
    const { runtime } = this.#parts
    await this.#sync.inspect(this.pod)
    await Promise.all(this.#sync.runtime.containers.map(({ id }) => runtime.removeContainer(id)))
    await Promise.all(this.#sync.runtime.sandboxes.map(({ id }) => runtime.removePodSandbox(id)))
  }

  async #removeLogs(): Promise<void> {
    const { disk, settings } = this.#parts
    await disk.remove(`${settings.logRoot}/${namespaceOf(this.pod)}_${nameOf(this.pod)}_${uidOf(this.pod)}`)
  }

  /** A second delete with less grace reaches containers that are ending already. */
  #shortenGrace(): void {
    if (this.state !== 'terminating' || this.#graceGivenSeconds === undefined) return
    const seconds = this.#removed ? 0 : (this.pod.metadata.deletionGracePeriodSeconds ?? this.#graceGivenSeconds)
    if (seconds >= this.#graceGivenSeconds) return
    this.#graceGivenSeconds = seconds
    this.#hasten(runningContainers(this.#sync.runtime), seconds)
  }

  /** Containers that are being stopped for a restart end with the pod's grace, if that is less. */
  #hastenStops(graceSeconds: number): void {
    this.#hasten(this.#sync.stopping, graceSeconds)
  }

  #hasten(records: Iterable<{ id: string }>, seconds: number): void {
    const stops = [...records].map(({ id }) => this.#parts.runtime.stopContainer(id, seconds))
    Promise.all(stops).catch((error: unknown) =>
      this.#parts.log.warn('stop container failed', { error: String(error) }),
    )
  }

  #endingGraceSeconds(): number {
    const own = this.#removed ? undefined : this.#failureGraceSeconds
    return own ?? graceSecondsOf(this.pod)
  }

  async #refreshVolumes(pod: Pod): Promise<void> {
    const now = this.#parts.clock.monotonicMs()
    if (now - this.#refreshedMs < fixed.syncMs) return
    this.#refreshedMs = now
    await this.#sync.refreshVolumes(pod).catch((error: unknown) => {
      this.#parts.events.pod(pod, 'Warning', 'FailedMount', messageOf(error))
    })
  }

  /** The API's pod with the resources that are set aside for it and the status as we published it last; conditions of others come from the API. */
  view(): Pod {
    const pod = this.#parts.allocation.applied(this.pod)
    const own = this.#parts.statuses.latest(uidOf(pod))
    if (!own) return pod
    const ours = new Set((own.conditions ?? []).map(({ type }) => type))
    const foreign = (this.pod.status?.conditions ?? []).filter(({ type }) => !ours.has(type))
    return { ...pod, status: { ...own, conditions: [...(own.conditions ?? []), ...foreign] } }
  }
}
