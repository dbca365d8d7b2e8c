/**
 * One simulated container: waits, pulls, runs, gets ready, ends, is restarted with the kubelet's back-off. It knows
 * nothing of the API; what changed is told, and looked up in `status`.
 */
import type { Container, ContainerState, ContainerStatus, ResourceRequirements } from '../../api/types/core/v1.ts'
import { compareAmounts } from '../../kubelet/allocation/pod-resources.ts'
import { BackOff } from '../../kubelet/pod/back-off.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import { type Delay, delayMs, type PodRule } from './rules.ts'

export interface ContainerRunParts {
  container: Container
  /** `sidecar`: an init container that goes on running. */
  kind: 'init' | 'sidecar' | 'regular'
  restartPolicy: 'Always' | 'OnFailure' | 'Never'
  clock: Clock
  signal: AbortSignal
  /** `name_namespace(uid)` */
  podText: string
  /** As the pod's status had it, when the agent starts on a pod that runs already. */
  previous?: ContainerStatus | undefined
  /** What is set aside for it now. */
  resources(): ResourceRequirements
  /** The rule in force now. */
  rule(): PodRule
  /** From 0 to 1. */
  draw(): number
  id(): string
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
  changed(): void
}

const restartExitCodes: Readonly<Record<string, (exitCode: number) => boolean>> = {
  Always: () => true,
  OnFailure: (exitCode) => exitCode !== 0,
  Never: () => false,
}

/** A container that a liveness probe or the pod's end stopped by force. Source: 128 + SIGKILL. */
const killedExitCode = 137

export class ContainerRun {
  readonly #parts: ContainerRunParts
  readonly #backOff = new BackOff()
  readonly #pullBackOff = new BackOff()
  #state: ContainerState = { waiting: { reason: 'ContainerCreating' } }
  #lastState: ContainerState = {}
  #ready = false
  #started = false
  #restartCount = 0
  #id = ''
  #startedMs = 0
  /** What it was started with, or given since. */
  #resources: ResourceRequirements
  /** Ends with its process. */
  #process = new AbortController()
  #restarting = false

  constructor(parts: ContainerRunParts) {
    this.#parts = parts
    this.#resources = parts.resources()
    const { previous } = parts
    if (!previous) return
    this.#state = previous.state ?? this.#state
    this.#lastState = previous.lastState ?? {}
    this.#ready = previous.ready
    this.#started = previous.started ?? false
    this.#restartCount = previous.restartCount
    this.#id = previous.containerID?.replace('containerd://', '') ?? ''
    this.#startedMs = Date.parse(previous.state?.running?.startedAt ?? '') || 0
    this.#resources = previous.resources ?? this.#resources
  }

  get name(): string {
    return this.#parts.container.name
  }

  get kind(): ContainerRunParts['kind'] {
    return this.#parts.kind
  }

  get isRunning(): boolean {
    return this.#state.running !== undefined
  }

  status(): ContainerStatus {
    const { container } = this.#parts
    const status: ContainerStatus = {
      name: container.name,
      state: this.#state,
      lastState: this.#lastState,
      ready: this.#ready,
      restartCount: this.#restartCount,
      image: container.image ?? '',
      imageID: this.#id === '' ? '' : `${container.image}@simulated`,
      started: this.#started,
      resources: this.isRunning ? this.#resources : this.#parts.resources(),
    }
    const { requests } = this.#parts.resources()
    if (requests) status.allocatedResources = requests
    if (this.#id !== '') status.containerID = `containerd://${this.#id}`
    return status
  }

  /** Resolves with the exit code once it has ended for good; a sidecar's resolves once it has started. */
  async run(): Promise<number> {
    const ended = this.#state.terminated
    if (ended && !this.#restarts(ended.exitCode)) return ended.exitCode
    let resume = this.isRunning
    for (;;) {
      if (!resume) await this.#start()
      resume = false
      if (this.kind === 'sidecar') {
        void this.#keepRunning().catch(() => undefined)
        return 0
      }
      const exitCode = await this.#untilExit()
      if (!this.#restarting && !this.#restarts(exitCode)) return exitCode
      await this.#waitToRestart()
    }
  }

  /** It is given what is set aside for it by now: as it runs, or by a restart where its policy wants one. */
  resize(): void {
    const { container, event } = this.#parts
    const resources = this.#parts.resources()
    const changed = (['cpu', 'memory'] as const).filter((name) => differs(name, this.#resources, resources))
    if (!this.isRunning || changed.length === 0) return
    const restart = container.resizePolicy?.some(
      ({ resourceName, restartPolicy }) =>
        changed.some((name) => name === resourceName) && restartPolicy === 'RestartContainer',
    )
    if (!restart) {
      this.#resources = resources
      return
    }
    event('Normal', 'Killing', `Container ${this.name} resize requires restart`)
    this.#restarting = true
    this.#process.abort(new Error('the container is restarted'))
  }

  /** Ends it as the end of its pod does. */
  stop(): void {
    if (!this.isRunning) return
    this.#parts.event('Normal', 'Killing', `Stopping container ${this.name}`)
    this.#terminate(0, 'Completed')
  }

  /** Waiting or running becomes lost, as when a node's agent finds nothing of it. */
  giveUp(): void {
    if (this.#state.waiting)
      this.#state = { terminated: { exitCode: killedExitCode, reason: 'ContainerStatusUnknown' } }
  }

  async #keepRunning(): Promise<never> {
    for (;;) {
      await this.#untilExit()
      await this.#waitToRestart()
      await this.#start()
    }
  }

  async #start(): Promise<void> {
    const { event, changed, clock } = this.#parts
    await this.#pull()
    const { startAfter = 0 } = this.#parts.rule()
    await this.#wait(startAfter)
    this.#id = this.#parts.id()
    event('Normal', 'Created', 'Container created')
    event('Normal', 'Started', 'Container started')
    this.#startedMs = clock.nowMs()
    this.#resources = this.#parts.resources()
    this.#state = { running: { startedAt: rfc3339(this.#startedMs) } }
    this.#started = true
    this.#ready = false
    changed()
  }

  /** Tries until the rule lets the image be pulled. */
  async #pull(): Promise<void> {
    const { rule, event, changed, container, clock } = this.#parts
    const image = JSON.stringify(container.image ?? '')
    for (;;) {
      const { pullError } = rule()
      if (pullError === undefined) {
        event('Normal', 'Pulled', `Container image ${image} already present on machine and can be accessed by the pod`)
        return
      }
      const message =
        pullError === true
          ? `failed to pull and unpack image ${image}: failed to resolve reference ${image}: not found`
          : pullError
      event('Normal', 'Pulling', `Pulling image ${image}`)
      event('Warning', 'Failed', `Failed to pull image ${image}: ${message}`)
      event('Warning', 'Failed', 'Error: ErrImagePull')
      this.#state = { waiting: { reason: 'ErrImagePull', message } }
      changed()
      this.#pullBackOff.next('', clock.nowMs())
      const delay = this.#pullBackOff.delayMs('')
      await this.#parts.clock.sleep(delay / 2, this.#parts.signal)
      event('Normal', 'BackOff', `Back-off pulling image ${image}`)
      event('Warning', 'Failed', 'Error: ImagePullBackOff')
      this.#state = {
        waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image ${image}: ErrImagePull: ${message}` },
      }
      changed()
      await this.#parts.clock.sleep(delay / 2, this.#parts.signal)
    }
  }

  /** Runs until it ends by itself or is ended. */
  async #untilExit(): Promise<number> {
    this.#process = new AbortController()
    try {
      return await this.#untilItEnds()
    } catch (error) {
      if (!this.#restarting || this.#parts.signal.aborted) throw error
      this.#terminate(killedExitCode, 'Error')
      return killedExitCode
    }
  }

  async #untilItEnds(): Promise<number> {
    const { rule, event, changed } = this.#parts
    const { readyAfter = 0, ready = true, livenessFailsAfter, exitReason, exitCode = 0 } = rule()
    const exitsAfterMs = this.#exitsAfterMs(rule())
    const killedAfterMs = livenessFailsAfter === undefined ? Number.POSITIVE_INFINITY : this.#drawn(livenessFailsAfter)
    const readyAfterMs = ready ? this.#drawn(readyAfter) : Number.POSITIVE_INFINITY
    const endMs = Math.min(exitsAfterMs, killedAfterMs)
    if (readyAfterMs < endMs && !this.#ready && this.kind !== 'init') {
      await this.#waitSinceStart(readyAfterMs)
      this.#ready = true
      changed()
    }
    await this.#waitSinceStart(endMs)
    if (killedAfterMs < exitsAfterMs) {
      event('Warning', 'Unhealthy', 'Liveness probe failed: simulated')
      event('Normal', 'Killing', `Container ${this.name} failed liveness probe, will be restarted`)
      this.#terminate(killedExitCode, 'Error')
      return killedExitCode
    }
    this.#terminate(exitCode, exitReason ?? (exitCode === 0 ? 'Completed' : 'Error'))
    return exitCode
  }

  #exitsAfterMs({ exitAfter, exitCode }: PodRule): number {
    if (exitAfter === 'never') return Number.POSITIVE_INFINITY
    if (exitAfter !== undefined) return this.#drawn(exitAfter)
    const endsByDefault = this.kind === 'init' || this.#parts.restartPolicy !== 'Always' || exitCode !== undefined
    return endsByDefault && this.kind !== 'sidecar' ? 0 : Number.POSITIVE_INFINITY
  }

  #restarts(exitCode: number): boolean {
    const { kind, restartPolicy } = this.#parts
    if (kind === 'sidecar') return true
    if (kind === 'init') return exitCode !== 0 && restartPolicy !== 'Never'
    return restartExitCodes[restartPolicy]?.(exitCode) ?? true
  }

  /** The first restart comes at once, the next ones after a growing delay. */
  async #waitToRestart(): Promise<void> {
    const { clock, event, changed, podText } = this.#parts
    const asked = this.#restarting
    this.#restarting = false
    const remainingMs = asked ? 0 : this.#backOff.remainingMs('', clock.nowMs(), clock.nowMs())
    if (remainingMs > 0) {
      const text = `back-off ${delayText(remainingMs)} restarting failed container=${this.name} pod=${podText}`
      event('Warning', 'BackOff', `Back-off restarting failed container ${this.name} in pod ${podText}`)
      this.#lastState = this.#state
      this.#state = { waiting: { reason: 'CrashLoopBackOff', message: text } }
      changed()
      await clock.sleep(remainingMs, this.#parts.signal)
    } else this.#lastState = this.#state
    if (!asked) this.#backOff.next('', clock.nowMs())
    this.#restartCount++
  }

  #terminate(exitCode: number, reason: string): void {
    const { clock, changed } = this.#parts
    const times = { startedAt: rfc3339(this.#startedMs), finishedAt: rfc3339(clock.nowMs()) }
    const containerID = `containerd://${this.#id}`
    this.#state = { terminated: { exitCode, reason, ...times, containerID } }
    this.#ready = this.kind === 'init' && exitCode === 0
    this.#started = false
    changed()
  }

  #drawn(delay: Delay): number {
    return delayMs(delay, typeof delay === 'object' ? this.#parts.draw() : 0)
  }

  async #wait(delay: Delay): Promise<void> {
    const ms = this.#drawn(delay)
    if (ms > 0) await this.#parts.clock.sleep(ms, this.#parts.signal)
    this.#parts.signal.throwIfAborted()
  }

  /** Forever, until the signal, for an infinite delay. */
  async #waitSinceStart(afterMs: number): Promise<void> {
    const { clock } = this.#parts
    const signal = AbortSignal.any([this.#parts.signal, this.#process.signal])
    signal.throwIfAborted()
    const leftMs = afterMs - (clock.nowMs() - this.#startedMs)
    if (leftMs <= 0) return
    if (leftMs < Number.POSITIVE_INFINITY) return clock.sleep(leftMs, signal)
    await new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
}

function differs(name: 'cpu' | 'memory', before: ResourceRequirements, after: ResourceRequirements): boolean {
  return (['requests', 'limits'] as const).some(
    (list) => compareAmounts(before[list]?.[name], after[list]?.[name]) !== 0,
  )
}

/** As Go writes it: `10s`, `1m20s`, `5m0s`. */
function delayText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
