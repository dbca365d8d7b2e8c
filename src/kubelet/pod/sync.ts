/**
 * One round for a pod that should run: read its state, publish its status, decide, do. What failed to start is
 * remembered and published by the next round, as upstream does.
 */
import type { Pod, PodStatus } from '../../api/types/core/v1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { resizeMessage } from '../allocation/resize-message.ts'
import { type MountedVolume, VolumeFailure } from '../volumes/manager.ts'
import { BackOff } from './back-off.ts'
import type { WaitingReason } from './container-status.ts'
import { uidOf } from './names.ts'
import type { PodParts } from './parts.ts'
import { type PodPlan, planPod, sandboxNeed } from './plan.ts'
import { type Given, isBeingResized, isResize } from './plan-resize.ts'
import { givenTo, resizePod } from './resize.ts'
import { type ContainerRecord, emptyRuntime, inspectPod, type PodRuntime, runningContainers } from './runtime-state.ts'
import { usesHostNetwork } from './spec.ts'
import { makeSandboxConfig, type StartContext, StartFailure, startContainer, startSandbox } from './start.ts'
import { type PodFailure, podStatus } from './status.ts'
import { stopContainer, stopPod } from './stop.ts'

/** What the worker has to know of a round. */
export interface RoundResult {
  /** Something was started or stopped: look again soon. */
  acted: boolean
  /** Something failed: look again after this long. */
  retryAfterMs: number | undefined
  status: PodStatus
}

const retryDefaultMs = 10_000
const newsRoundMs = 100
const volumeRetryFirstMs = 500
const volumeRetryMaxMs = 122_000

export class PodSync {
  runtime: PodRuntime = emptyRuntime
  /** Containers that this round is waiting for, to be started again. */
  readonly stopping = new Set<ContainerRecord>()
  readonly #parts: PodParts
  readonly #waiting = new Map<string, WaitingReason>()
  readonly #backOff = new BackOff()
  #volumeRetryMs = volumeRetryFirstMs
  #mounted: Map<string, MountedVolume> | undefined

  constructor(parts: PodParts) {
    this.#parts = parts
  }

  async inspect(pod: Pod): Promise<void> {
    this.runtime = await inspectPod(this.#parts.runtime, this.#parts.disk, uidOf(pod), this.runtime)
  }

  /** The status of the state read last. */
  status(pod: Pod, options: { terminated: boolean; failure?: PodFailure | undefined }): PodStatus {
    const { probes, node, clock, actuated, allocation } = this.#parts
    return podStatus({
      pod,
      given: givenTo(actuated, pod),
      resize: options.terminated ? [] : allocation.conditions.of(uidOf(pod)),
      runtime: this.runtime,
      waiting: this.#waiting,
      started: (record) => probes.hasStarted(pod, record),
      ready: (record) => probes.isReady(pod, record),
      terminated: options.terminated,
      failure: options.failure,
      nodeIps: node.ips(),
      now: rfc3339(clock.nowMs()),
    })
  }

  /** `ending`: the pod is to end; what takes long is given up. */
  async round(seen: Pod, ending: AbortSignal): Promise<RoundResult> {
    const { probes, statuses } = this.#parts
    await this.inspect(seen)
    // Other resources may have been set aside meanwhile; what is said of a resize is of those.
    const pod = this.#parts.allocation.applied(seen)
    probes.sync(pod, this.runtime)
    const given = givenTo(this.#parts.actuated, pod)
    this.#noteResize(pod, given)
    const status = this.status(pod, { terminated: false })
    statuses.publish(pod, status)
    const plan = planPod({
      pod,
      runtime: this.runtime,
      given,
      probes: {
        liveness: (id) => probes.verdict(id, 'liveness'),
        startup: (id) => probes.verdict(id, 'startup'),
      },
    })
    return { ...(await this.#carryOut(pod, plan, ending)), status }
  }

  /** Whether what runs has the resources that are set aside for it by now. */
  #noteResize(pod: Pod, given: Given): void {
    const { allocation, events } = this.#parts
    if (sandboxNeed(pod, this.runtime).needed) return
    if (isBeingResized(pod, this.runtime, given)) {
      allocation.conditions.setInProgress(pod)
      return
    }
    const generation = allocation.conditions.clearInProgress(uidOf(pod))
    if (generation !== undefined)
      events.pod(pod, 'Normal', 'ResizeCompleted', resizeMessage('completed', pod, generation))
  }

  /** Writes volume content that changed since it was mounted. */
  async refreshVolumes(pod: Pod): Promise<void> {
    // Containers that run since before this agent started have volumes too.
    if (runningContainers(this.runtime).length > 0)
      await this.#parts.volumes.refresh(pod, this.#contentSources(pod, false))
  }

  async #carryOut(pod: Pod, plan: PodPlan, ending: AbortSignal): Promise<Omit<RoundResult, 'status'>> {
    if (plan.stopPod) {
      const anew = plan.createSandbox && this.runtime.sandboxes.length > 0
      if (anew)
        this.#parts.events.pod(
          pod,
          'Normal',
          'SandboxChanged',
          'Pod sandbox changed, it will be killed and re-created.',
        )
      const acted = this.#isAlive()
      await stopPod(this.#parts, pod, this.runtime)
      if (!plan.createSandbox) return { acted, retryAfterMs: undefined }
    }
    for (const { record, message } of plan.stop) {
      this.stopping.add(record)
      try {
        await stopContainer(this.#parts, pod, record, { message })
      } finally {
        this.stopping.delete(record)
      }
    }
    const resized = await this.#resize(pod, plan)
    const started = await this.#start(pod, plan, ending)
    const acted = started.acted || resized.acted || plan.stop.length > 0
    return { acted, retryAfterMs: started.retryAfterMs ?? resized.retryAfterMs }
  }

  async #resize(pod: Pod, plan: PodPlan): Promise<Omit<RoundResult, 'status'>> {
    const { allocation, events } = this.#parts
    if (!isResize(plan.resize)) return { acted: false, retryAfterMs: undefined }
    const failure = await resizePod(this.#parts, pod, plan.resize)
    if (failure === undefined) return { acted: true, retryAfterMs: undefined }
    const news = allocation.conditions.setInProgress(pod, failure)
    if (news) events.pod(pod, 'Warning', 'ResizeError', resizeMessage('error', pod, news.generation, failure))
    return { acted: false, retryAfterMs: news ? newsRoundMs : retryDefaultMs }
  }

  #isAlive(): boolean {
    const { sandboxes, containers } = this.runtime
    return sandboxes.some(({ ready }) => ready) || containers.some(({ state }) => state === 'running')
  }

  async #start(pod: Pod, plan: PodPlan, ending: AbortSignal): Promise<Omit<RoundResult, 'status'>> {
    const names = [...plan.startEphemeral, ...plan.startInit, ...plan.start]
    if (!plan.createSandbox && names.length === 0) return { acted: false, retryAfterMs: undefined }
    const volumes = await this.#mountVolumes(pod)
    if (volumes === undefined) return { acted: false, retryAfterMs: this.#nextVolumeRetryMs() }
    let acted = false
    let retryAfterMs: number | undefined
    const sandbox = await makeSandboxConfig(this.#parts, pod, plan.attempt)
    const context: StartContext = {
      pod,
      runtime: this.runtime,
      sandboxId: plan.sandboxId,
      sandbox,
      podIps: this.#podIps(pod),
      volumes,
      backOff: this.#backOff,
      ending,
    }
    try {
      if (plan.createSandbox) {
        const { id, ips } = await startSandbox(this.#parts, pod, sandbox)
        context.sandboxId = id
        if (!usesHostNetwork(pod)) context.podIps = ips
        acted = true
      }
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error
      return { acted, retryAfterMs: retryDefaultMs }
    }
    for (const name of names) {
      if (ending.aborted) break
      const failure = await this.#startOne(context, name)
      if (!failure) acted = true
      else retryAfterMs = Math.min(retryAfterMs ?? Number.POSITIVE_INFINITY, failure.retryAfterMs ?? retryDefaultMs)
    }
    return { acted, retryAfterMs }
  }

  async #startOne(context: StartContext, name: string): Promise<StartFailure | undefined> {
    try {
      await startContainer(this.#parts, context, name)
      this.#waiting.delete(name)
      return undefined
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error
      const known = this.#waiting.get(name)?.message
      if (error.message !== '') this.#waiting.set(name, error.waiting)
      // Nothing else happens to a container in back-off that would make another round, which tells about it.
      const isNews = error.waiting.reason === 'CrashLoopBackOff' && known !== error.message
      return isNews ? new StartFailure(error.waiting.reason, error.message, newsRoundMs) : error
    }
  }

  #podIps(pod: Pod): readonly string[] {
    return usesHostNetwork(pod) ? this.#parts.node.ips() : (this.runtime.sandboxes[0]?.ips ?? [])
  }

  /** Undefined when a volume can't be had now; the event has been written. */
  async #mountVolumes(pod: Pod): Promise<Map<string, MountedVolume> | undefined> {
    try {
      const sources = this.#contentSources(pod, this.#mounted === undefined)
      this.#mounted = await this.#parts.volumes.setUp(pod, sources)
      this.#volumeRetryMs = volumeRetryFirstMs
      return this.#mounted
    } catch (error) {
      if (!(error instanceof VolumeFailure)) throw error
      this.#parts.events.pod(pod, 'Warning', 'FailedMount', error.message)
      return undefined
    }
  }

  #nextVolumeRetryMs(): number {
    const delay = this.#volumeRetryMs
    this.#volumeRetryMs = Math.min(delay * 2, volumeRetryMaxMs)
    return delay
  }

  #contentSources(pod: Pod, fresh: boolean): Parameters<PodParts['volumes']['setUp']>[1] {
    const { references, tokens, node } = this.#parts
    return {
      references,
      tokens,
      addresses: { podIps: this.#podIps(pod), nodeIps: node.ips() },
      allocatable: node.allocatable(),
      fresh,
    }
  }
}
