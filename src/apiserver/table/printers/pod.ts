/**
 * The row of a pod: how many containers are ready, what the pod is doing in one word, and its restarts. The word is the
 * most telling reason among the pod's and its containers'.
 */
import type { ContainerStatus, Pod } from '../../../api/types/core/v1.ts'
import { age, isTrue, none, since } from '../cells.ts'
import type { RowCondition } from '../printer.ts'

export function printPod(pod: Pod, nowMs: number): unknown[] {
  const { ready, total, reason, restarts, lastRestart } = podState(pod)
  const restartsText = restarts !== 0 && lastRestart ? `${restarts} (${since(lastRestart, nowMs)} ago)` : `${restarts}`
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    restartsText,
    age(pod, nowMs),
    pod.status?.podIPs?.[0]?.ip || none,
    pod.spec?.nodeName || none,
    pod.status?.nominatedNodeName || none,
    readinessGates(pod),
  ]
}

export function podConditions(pod: Pod): RowCondition[] | undefined {
  const phase = pod.status?.phase
  if (phase === 'Succeeded') return [completed(phase, 'The pod has completed successfully.')]
  if (phase === 'Failed') return [completed(phase, 'The pod failed.')]
  return undefined
}

function completed(reason: string, message: string): RowCondition {
  return { type: 'Completed', status: 'True', reason, message }
}

/** Restarts and the newest end of an earlier run. */
class Restarts {
  count = 0
  last: string | undefined

  add(status: ContainerStatus): void {
    this.count += status.restartCount
    const finished = status.lastState?.terminated?.finishedAt
    if (finished && (!this.last || Date.parse(finished) > Date.parse(this.last))) this.last = finished
  }
}

interface PodState {
  ready: number
  total: number
  reason: string
  restarts: number
  lastRestart: string | undefined
}

function podState(pod: Pod): PodState {
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  )
  const init = initState(pod, sidecars)
  const total = (pod.spec?.containers.length ?? 0) + sidecars.size
  if (init.reason && !isTrue(pod.status?.conditions, 'Initialized')) {
    const { restarts, reason } = init
    return {
      ready: init.ready,
      total,
      reason: finalReason(pod, reason!),
      restarts: restarts.count,
      lastRestart: restarts.last,
    }
  }
  const main = mainState(pod, init.sidecarRestarts, init.reason ?? podReason(pod))
  const { restarts } = main
  const ready = init.ready + main.ready
  return { ready, total, reason: finalReason(pod, main.reason), restarts: restarts.count, lastRestart: restarts.last }
}

function podReason(pod: Pod): string {
  const gated = pod.status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  )
  return gated ? 'SchedulingGated' : pod.status?.reason || pod.status?.phase || ''
}

interface InitState {
  /** Of sidecars. */
  ready: number
  /** Absent when nothing is left to initialize. */
  reason: string | undefined
  restarts: Restarts
  sidecarRestarts: Restarts
}

function initState(pod: Pod, sidecars: ReadonlySet<string>): InitState {
  const state: InitState = { ready: 0, reason: undefined, restarts: new Restarts(), sidecarRestarts: new Restarts() }
  const count = pod.spec?.initContainers?.length ?? 0
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    state.restarts.add(status)
    const isSidecar = sidecars.has(status.name)
    if (isSidecar) state.sidecarRestarts.add(status)
    if (status.state?.terminated?.exitCode === 0) continue
    if (isSidecar && status.started) {
      if (status.ready) state.ready++
      continue
    }
    state.reason = `Init:${initReason(status) ?? `${index}/${count}`}`
    break
  }
  return state
}

function initReason({ state }: ContainerStatus): string | undefined {
  if (state?.terminated) return state.terminated.reason || exitText(state.terminated)
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? waiting : undefined
}

function exitText({ signal, exitCode }: { signal?: number; exitCode: number }): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`
}

function mainState(pod: Pod, restarts: Restarts, start: string): { ready: number; reason: string; restarts: Restarts } {
  let reason = start
  let ready = 0
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    restarts.add(status)
    const { waiting, terminated, running } = status.state ?? {}
    if (waiting?.reason) reason = waiting.reason
    else if (terminated) reason = terminated.reason || exitText(terminated)
    else if (status.ready && running) ready++
  }
  if (reason === 'Completed' && ready > 0) {
    reason = isTrue(pod.status?.conditions, 'Ready') ? 'Running' : 'NotReady'
  }
  return { ready, reason, restarts }
}

function finalReason(pod: Pod, reason: string): string {
  if (!pod.metadata.deletionTimestamp) return reason
  if (pod.status?.reason === 'NodeLost') return 'Unknown'
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? reason : 'Terminating'
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? []
  if (gates.length === 0) return none
  return `${gates.filter(({ conditionType }) => isTrue(pod.status?.conditions, conditionType)).length}/${gates.length}`
}
