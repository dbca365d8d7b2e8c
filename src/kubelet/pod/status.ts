/**
 * A pod's whole status as its node agent publishes it. Pure: the same facts give the same status.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
 */
import { qosClassOf } from '../../api/pod-qos.ts'
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../api/types/core/v1.ts'
import { condition, ownConditions, type PodPhase, podConditions, resizeConditions } from './conditions.ts'
import { containerStatus, type StatusInput } from './container-status.ts'
import { sandboxNeed } from './plan.ts'
import { podResources } from './resource-status.ts'
import { allContainers, initContainers, regularContainers, restartPolicyOf, usesHostNetwork } from './spec.ts'

export interface PodStatusInput extends Omit<StatusInput, 'previous'> {
  /** Addresses of the node, the preferred family first. */
  nodeIps: readonly string[]
  /** RFC 3339. */
  now: string
  /** Ends the pod as Failed with this reason: eviction, deadline, rejection. */
  failure: PodFailure | undefined
  /** What there is to say of a resize. Default: nothing. */
  resize?: readonly PodCondition[]
}

export interface PodFailure {
  reason: string
  message: string
  /** Adds the condition DisruptionTarget with this reason (KEP-3329). */
  disruption?: string
}

export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, failure } = input
  const old = pod.status ?? {}
  const previous = [
    ...(old.initContainerStatuses ?? []),
    ...(old.containerStatuses ?? []),
    ...(old.ephemeralContainerStatuses ?? []),
  ]
  const of = (kind: string): ContainerStatus[] =>
    allContainers(pod)
      .filter((named) => named.kind === kind)
      .filter(
        (named) =>
          kind !== 'ephemeral' ||
          input.runtime.containers.some(({ name }) => name === named.container.name) ||
          input.waiting.has(named.container.name),
      )
      .map((named) => containerStatus({ ...input, previous }, named))
  const initStatuses = of('init')
  const statuses = of('regular')
  const ephemeral = of('ephemeral')
  const phase = failure ? 'Failed' : phaseOf(input, initStatuses, statuses)
  const sandboxReady = !input.terminated && !sandboxNeed(pod, input.runtime).needed
  const conditions = podConditions({ ...input, phase, initStatuses, statuses, sandboxReady })
  const status: PodStatus = { phase, conditions: withDisruption(input, conditions), qosClass: qosClassOf(pod) }
  if (pod.metadata.generation !== undefined) status.observedGeneration = pod.metadata.generation
  if (initStatuses.length > 0) status.initContainerStatuses = initStatuses
  status.containerStatuses = statuses
  if (ephemeral.length > 0) status.ephemeralContainerStatuses = ephemeral
  Object.assign(status, podResources(pod, [...initStatuses, ...statuses], input.given))
  status.startTime = old.startTime ?? input.now
  if (failure) Object.assign(status, { reason: failure.reason, message: failure.message })
  addAddresses(status, input)
  return status
}

/** What is published about a pod that this node refuses to run: no containers, no addresses. */
export function rejectedStatus(pod: Pod, failure: PodFailure, now: string): PodStatus {
  const { message, reason } = failure
  const own = new Set<string>([...ownConditions, ...resizeConditions])
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => !own.has(type))
  const status: PodStatus = { ...pod.status, phase: 'Failed', reason, message, startTime: now, conditions }
  if (pod.metadata.generation !== undefined) status.observedGeneration = pod.metadata.generation
  return status
}

function withDisruption(input: PodStatusInput, conditions: ReturnType<typeof podConditions>): typeof conditions {
  const { pod, failure, now } = input
  if (!failure?.disruption) return conditions
  const verdict = { status: 'True' as const, reason: failure.disruption, message: failure.message }
  const added = condition(pod, conditions, 'DisruptionTarget', verdict, now)
  return [...conditions.filter(({ type }) => type !== 'DisruptionTarget'), added]
}

function addAddresses(status: PodStatus, { pod, runtime, nodeIps }: PodStatusInput): void {
  const [hostIp] = nodeIps
  if (hostIp) {
    status.hostIP = hostIp
    status.hostIPs = nodeIps.map((ip) => ({ ip }))
  }
  const known = pod.status?.podIPs?.map(({ ip }) => ip) ?? []
  const current = usesHostNetwork(pod) ? nodeIps : (runtime.sandboxes[0]?.ips ?? [])
  const ips = current.length > 0 ? current : known
  if (ips[0]) {
    status.podIP = ips[0]
    status.podIPs = ips.map((ip) => ({ ip }))
  }
}

/** The phase that follows from the containers. */
export function phaseOf(
  { pod, terminated }: Pick<PodStatusInput, 'pod' | 'terminated'>,
  initStatuses: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
): PodPhase {
  const policy = restartPolicyOf(pod)
  const init = initCounts(pod, initStatuses)
  const counts = { waiting: 0, running: 0, stopped: 0, succeeded: 0 }
  for (const { name } of regularContainers(pod))
    count(
      counts,
      statuses.find((status) => status.name === name),
    )
  const begun = statuses.some(
    (status) => status.state?.running || status.state?.terminated || status.lastState?.terminated,
  )
  if (init.failed > 0 && policy === 'Never') return 'Failed'
  if (init.pending > 0 && !begun) return terminated ? 'Failed' : 'Pending'
  if (counts.waiting > 0) return 'Pending'
  if (counts.running > 0) return 'Running'
  if (counts.stopped === 0) return 'Pending'
  const allSucceeded = counts.stopped === counts.succeeded
  if (terminated) return allSucceeded ? 'Succeeded' : 'Failed'
  if (policy === 'Always') return 'Running'
  if (allSucceeded) return init.sidecarsRunning > 0 ? 'Running' : 'Succeeded'
  return policy === 'Never' ? (init.sidecarsRunning > 0 ? 'Running' : 'Failed') : 'Running'
}

function count(
  counts: { waiting: number; running: number; stopped: number; succeeded: number },
  status: ContainerStatus | undefined,
): void {
  const state = status?.state
  if (state?.running) counts.running++
  else if (state?.terminated || status?.lastState?.terminated) {
    counts.stopped++
    if (state?.terminated?.exitCode === 0) counts.succeeded++
  } else counts.waiting++
}

function initCounts(
  pod: Pod,
  statuses: readonly ContainerStatus[],
): { pending: number; failed: number; sidecarsRunning: number } {
  const counts = { pending: 0, failed: 0, sidecarsRunning: 0 }
  for (const { name, restartPolicy } of initContainers(pod)) {
    const status = statuses.find((candidate) => candidate.name === name)
    const sidecar = restartPolicy === 'Always'
    if (sidecar) {
      if (status?.state?.running) counts.sidecarsRunning++
      if (!status?.started) counts.pending++
    } else if (status?.state?.terminated) {
      if (status.state.terminated.exitCode !== 0) {
        counts.failed++
        counts.pending++
      }
    } else counts.pending++
  }
  return counts
}
