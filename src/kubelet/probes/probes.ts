/**
 * Runs the probes of all containers on the node and keeps their results. A result changes once enough probes in a row
 * agree. Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
 */

import type { ContainerStatus, Pod, Probe } from '../../api/types/core/v1.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import { containerIdText, uidOf } from '../pod/names.ts'
import type { PodEvents } from '../pod/parts.ts'
import type { ProbeVerdict } from '../pod/plan.ts'
import { type ContainerRecord, latest, type PodRuntime } from '../pod/runtime-state.ts'
import { allContainers, type NamedContainer } from '../pod/spec.ts'
import { type HandlerParts, type Outcome, runHandler } from './handlers.ts'

export type ProbeKind = 'startup' | 'liveness' | 'readiness'

const kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']
const titles: Record<ProbeKind, string> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' }

export interface ProbeParts extends HandlerParts {
  clock: Clock
  events: PodEvents
  /** Called when a result of a pod's container changed. */
  onChange(uid: string): void
}

interface Worker {
  kind: ProbeKind
  uid: string
  containerId: string
  /** Probes now, if it may. */
  once(): void
  cancel: CancelTimer
}

export class Probes {
  readonly #parts: ProbeParts
  readonly #results = new Map<string, ProbeVerdict>()
  readonly #workers = new Map<string, Worker>()

  constructor(parts: ProbeParts) {
    this.#parts = parts
  }

  /** Starts probes of containers that run and ends those of containers that no longer do. */
  sync(pod: Pod, runtime: PodRuntime): void {
    const uid = uidOf(pod)
    const running = new Set<string>()
    for (const named of allContainers(pod)) {
      const record = latest(runtime, named.container.name)
      if (record?.state !== 'running') continue
      running.add(record.id)
      for (const kind of kinds) this.#ensure(pod, named, record, kind, runtime)
    }
    for (const worker of this.#workers.values())
      if (worker.uid === uid && !running.has(worker.containerId)) this.stopContainer(worker.containerId)
  }

  stopContainer(containerId: string): void {
    for (const kind of kinds) {
      const key = `${containerId}/${kind}`
      this.#workers.get(key)?.cancel()
      this.#workers.delete(key)
      this.#results.delete(key)
    }
  }

  stopPod(uid: string): void {
    for (const worker of this.#workers.values()) if (worker.uid === uid) this.stopContainer(worker.containerId)
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.cancel()
    this.#workers.clear()
  }

  verdict(containerId: string, kind: ProbeKind): ProbeVerdict {
    return this.#results.get(`${containerId}/${kind}`) ?? 'unknown'
  }

  /** Whether the startup probe succeeded, or there is none. */
  hasStarted(pod: Pod, record: ContainerRecord): boolean {
    return !probeOf(pod, record.name, 'startup') || this.verdict(record.id, 'startup') === 'success'
  }

  isReady(pod: Pod, record: ContainerRecord): boolean {
    return !probeOf(pod, record.name, 'readiness') || this.verdict(record.id, 'readiness') === 'success'
  }

  #ensure(pod: Pod, named: NamedContainer, record: ContainerRecord, kind: ProbeKind, runtime: PodRuntime): void {
    const probe = probeOf(pod, record.name, kind)
    const key = `${record.id}/${kind}`
    if (!probe || this.#workers.has(key)) return
    this.#adopt(pod, record, kind, key)
    const ip = runtime.sandboxes[0]?.ips[0] ?? pod.status?.podIP ?? '127.0.0.1'
    const run = new ProbeRun(this.#parts, { pod, named, record, kind, probe, ip }, (verdict) => {
      if (this.#results.get(key) === verdict) return
      this.#results.set(key, verdict)
      if (kind === 'startup') this.#probeOthers(record.id)
      this.#parts.onChange(uidOf(pod))
    })
    const mayRun = (): boolean => kind === 'startup' || this.hasStarted(pod, record)
    const isOver = (): boolean => kind === 'startup' && this.verdict(record.id, 'startup') === 'success'
    const once = (): void => {
      if (!isOver() && mayRun()) run.once()
    }
    const cancelTimer = this.#parts.clock.every((probe.periodSeconds ?? 10) * 1000, once)
    const cancel = (): void => {
      cancelTimer()
      run.cancel()
    }
    this.#workers.set(key, { kind, uid: uidOf(pod), containerId: record.id, once, cancel })
    if (mayRun() && hurries(kind, probe)) run.hurry()
    else once()
  }

  /** Once a container has started, its other probes need not wait for their next turn. */
  #probeOthers(containerId: string): void {
    for (const kind of kinds) if (kind !== 'startup') this.#workers.get(`${containerId}/${kind}`)?.once()
  }

  /** After a restart of the agent, what was published about a container that still runs holds until probed again. */
  #adopt(pod: Pod, record: ContainerRecord, kind: ProbeKind, key: string): void {
    const status = statusOf(pod, record.name)
    if (this.#results.has(key) || status?.containerID !== containerIdText(record.id)) return
    if (kind === 'startup' && status.started) this.#results.set(key, 'success')
    if (kind === 'readiness' && status.ready) this.#results.set(key, 'success')
  }
}

function probeOf(pod: Pod, name: string, kind: ProbeKind): Probe | undefined {
  const container = allContainers(pod).find((named) => named.container.name === name)?.container
  return container?.[`${kind}Probe`]
}

function statusOf(pod: Pod, name: string): ContainerStatus | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  return statuses.find((status) => status.name === name)
}

interface RunFacts {
  pod: Pod
  named: NamedContainer
  record: ContainerRecord
  kind: ProbeKind
  probe: Probe
  ip: string
}

/** Whether it is worth asking more often than the period says while a container comes up. Commands cost too much. */
function hurries(kind: ProbeKind, probe: Probe): boolean {
  return kind !== 'liveness' && !probe.exec && !probe.initialDelaySeconds
}

/** Delays of the extra probes before the first regular one. */
const hurryFirstMs = 50

/** One probe of one run of a container. */
class ProbeRun {
  #cancelled = false
  #cancelHurry: CancelTimer | undefined
  readonly #parts: ProbeParts
  readonly #facts: RunFacts
  readonly #report: (verdict: ProbeVerdict) => void
  #busy = false
  #last: Outcome['result'] | undefined
  #inARow = 0
  /** A liveness or startup failure holds until the container is replaced. */
  #onHold = false

  constructor(parts: ProbeParts, facts: RunFacts, report: (verdict: ProbeVerdict) => void) {
    this.#parts = parts
    this.#facts = facts
    this.#report = report
  }

  once(): void {
    const { probe, record } = this.#facts
    const ageMs = this.#parts.clock.nowMs() - record.startedMs
    if (this.#busy || this.#onHold || this.#cancelled || ageMs < (probe.initialDelaySeconds ?? 0) * 1000) return
    this.#busy = true
    this.#run()
      .then((outcome) => this.#count(outcome))
      .catch((error: unknown) => this.#count({ result: 'error', output: String(error) }))
      .finally(() => {
        this.#busy = false
      })
  }

  cancel(): void {
    this.#cancelled = true
    this.#cancelHurry?.()
  }

  /**
   * Probes at once and again after growing delays until it succeeds or the first period is over, so that a container
   * is ready as soon as it can be. Failures are neither counted nor told: the container is still coming up.
   */
  hurry(delayMs = hurryFirstMs, spentMs = 0): void {
    const periodMs = (this.#facts.probe.periodSeconds ?? 10) * 1000
    if (this.#cancelled || this.#busy || this.#last !== undefined) return
    this.#busy = true
    this.#run()
      .then((outcome) => {
        this.#busy = false
        if (outcome.result === 'success') this.#count(outcome)
        else if (spentMs + delayMs < periodMs)
          this.#cancelHurry = this.#parts.clock.after(delayMs, () => this.hurry(delayMs * 2, spentMs + delayMs))
      })
      .catch(() => {
        this.#busy = false
      })
  }

  async #run(): Promise<Outcome> {
    const { pod, named, record, probe, ip } = this.#facts
    const target = { pod, container: named.container, containerId: record.id, ip }
    try {
      return await runHandler(this.#parts, target, probe, (probe.timeoutSeconds ?? 1) * 1000)
    } catch (error) {
      return { result: 'error', output: messageOf(error) }
    }
  }

  #count({ result, output }: Outcome): void {
    if (this.#cancelled) return
    const { pod, named, kind, probe } = this.#facts
    const event = (text: string): void => this.#parts.events.container(pod, named, 'Warning', 'Unhealthy', text)
    if (result === 'error') {
      event(`${titles[kind]} probe errored and resulted in unknown state: ${output}`)
      return
    }
    if (result === 'failure') event(`${titles[kind]} probe failed: ${output}`)
    this.#inARow = this.#last === result ? this.#inARow + 1 : 1
    this.#last = result
    const needed = result === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
    if (this.#inARow < needed) return
    if (result === 'failure' && kind !== 'readiness') this.#onHold = true
    this.#report(result)
  }
}
