/**
 * The status of each container of a pod, from what the runtime knows, why starting it failed last, and its probes.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus
 */
import type { Container, ContainerState, ContainerStatus, Pod, VolumeMountStatus } from '../../api/types/core/v1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { containerIdText } from './names.ts'
import { shouldStart } from './plan.ts'
import type { Given } from './plan-resize.ts'
import { resourcesInForce } from './resource-status.ts'
import { type ContainerRecord, latest, type PodRuntime } from './runtime-state.ts'
import { initContainers, isSidecar, type NamedContainer, regularContainers } from './spec.ts'

/** Why a container is not running although it should, as its `waiting` state tells. */
export interface WaitingReason {
  reason: string
  message: string
}

export interface StatusInput {
  pod: Pod
  runtime: PodRuntime
  /** By container name. */
  waiting: ReadonlyMap<string, WaitingReason>
  /** Whether a running container passed its startup probe (or has none). */
  started(record: ContainerRecord): boolean
  /** Whether a running, started container passes its readiness probe (or has none). */
  ready(record: ContainerRecord): boolean
  /** The status published last; empty at first. */
  previous: readonly ContainerStatus[]
  /** Nothing of the pod runs or will run any more. */
  terminated: boolean
  /** Resources that containers were given last. Default: nothing is known of them. */
  given?: Given
}

export function containerStatus(input: StatusInput, named: NamedContainer): ContainerStatus {
  const { container } = named
  const record = latest(input.runtime, container.name)
  const previous = input.previous.find(({ name }) => name === container.name)
  const status = record ? statusOfRecord(input, named, record) : statusWithoutRecord(input, named, previous)
  applyWaitingReason(input, named, record, status)
  if (input.terminated && status.state?.waiting && hasInitialized(input)) endUnlocated(status)
  const mounts = mountStatuses(container)
  if (mounts.length > 0) status.volumeMounts = mounts
  return status
}

function statusOfRecord(input: StatusInput, named: NamedContainer, record: ContainerRecord): ContainerStatus {
  const { container } = named
  const earlier = input.runtime.containers.filter(({ name, id }) => name === container.name && id !== record.id)
  const lastExited = earlier.find(({ state }) => state === 'exited')
  const running = record.state === 'running'
  const started = running && input.started(record)
  const status: ContainerStatus = {
    name: container.name,
    state: stateOf(record),
    lastState: lastExited ? { terminated: terminatedState(lastExited) } : {},
    ready: isReady(input, named, record, started),
    restartCount: record.restartCount,
    image: record.image || (container.image ?? ''),
    imageID: record.imageId,
    containerID: containerIdText(record.id),
    started,
  }
  if (named.kind !== 'ephemeral') {
    status.resources = resourcesInForce(container, record, input.given)
    const requests = container.resources?.requests
    if (requests && Object.keys(requests).length > 0) status.allocatedResources = { ...requests }
  }
  return status
}

function isReady(input: StatusInput, named: NamedContainer, record: ContainerRecord, started: boolean): boolean {
  if (named.kind === 'ephemeral') return false
  if (named.kind === 'init' && !isSidecar(named)) return record.state === 'exited' && record.exitCode === 0
  return started && input.ready(record)
}

function statusWithoutRecord(
  input: StatusInput,
  named: NamedContainer,
  previous: ContainerStatus | undefined,
): ContainerStatus {
  const { container, kind } = named
  const waitsForInit = kind === 'regular' && initContainers(input.pod).length > 0
  const status: ContainerStatus = {
    name: container.name,
    state: { waiting: { reason: waitsForInit || kind === 'init' ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: previous?.lastState ?? {},
    ready: false,
    restartCount: previous?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
    started: false,
  }
  if (kind === 'init' && !isSidecar(named) && previous?.state?.terminated) return keepEnded(status, previous)
  if (previous?.state?.terminated && !input.terminated) status.lastState = { terminated: previous.state.terminated }
  if (previous?.state?.terminated && input.terminated) return keepEnded(status, previous)
  if (previous?.state?.running) {
    status.lastState = { terminated: unlocated('deleted', '  The container used to be Running') }
    if (!input.terminated) status.restartCount++
  }
  return status
}

/** The runtime forgot a container that had ended: what was published about it stays true. */
function keepEnded(status: ContainerStatus, previous: ContainerStatus): ContainerStatus {
  return { ...status, ...previous, name: status.name }
}

/** Whether the init containers ever let the others start. Where one failed, its own status tells enough. */
function hasInitialized({ pod, runtime, previous }: StatusInput): boolean {
  const last = initContainers(pod).at(-1)
  if (!last) return true
  const names = new Set(regularContainers(pod).map(({ name }) => name))
  if (runtime.containers.some(({ name, startedMs }) => names.has(name) && startedMs > 0)) return true
  if (
    previous.some(
      ({ name, state, lastState }) => names.has(name) && (state?.running ?? state?.terminated ?? lastState?.terminated),
    )
  )
    return true
  const ended = previous.find(({ name }) => name === last.name)
  if (isSidecar({ kind: 'init', container: last })) return Boolean(ended?.started)
  if (
    runtime.containers.some(({ name, state, exitCode }) => name === last.name && state === 'exited' && exitCode === 0)
  )
    return true
  return [ended?.state, ended?.lastState].some((state) => state?.terminated?.exitCode === 0)
}

function endUnlocated(status: ContainerStatus): void {
  const last = status.lastState?.terminated
  if (last) {
    status.state = { terminated: last }
    status.lastState = {}
    return
  }
  status.state = { terminated: unlocated('terminated', '') }
}

function unlocated(what: string, suffix: string): NonNullable<ContainerState['terminated']> {
  return {
    reason: 'ContainerStatusUnknown',
    message: `The container could not be located when the pod was ${what}${suffix === '' ? '' : `.${suffix}`}`,
    exitCode: 137,
  }
}

function applyWaitingReason(
  input: StatusInput,
  { kind, container }: NamedContainer,
  record: ContainerRecord | undefined,
  status: ContainerStatus,
): void {
  const waiting = input.waiting.get(container.name)
  if (!waiting || record?.state === 'running') return
  const endedInit = kind === 'init' && record?.state === 'exited' && record.exitCode === 0
  if (endedInit && container.restartPolicy !== 'Always') return
  if (kind !== 'init' && !shouldStart(input.pod, record)) return
  if (status.state?.terminated) status.lastState = status.state
  status.state = { waiting: { reason: waiting.reason } }
  if (waiting.message !== '') status.state = { waiting: { reason: waiting.reason, message: waiting.message } }
}

function stateOf(record: ContainerRecord): ContainerState {
  switch (record.state) {
    case 'running':
      return { running: { startedAt: rfc3339(record.startedMs) } }
    case 'exited':
      return { terminated: terminatedState(record) }
    default:
      return { waiting: { reason: 'ContainerCreating' } }
  }
}

function terminatedState(record: ContainerRecord): NonNullable<ContainerState['terminated']> {
  const state: NonNullable<ContainerState['terminated']> = {
    exitCode: record.exitCode,
    reason: record.reason || (record.exitCode === 0 ? 'Completed' : 'Error'),
    // What never started did so at the beginning of time, as upstream tells it.
    startedAt: rfc3339(record.startedMs),
    finishedAt: rfc3339(record.finishedMs),
    containerID: containerIdText(record.id),
  }
  if (record.message !== '') state.message = record.message
  return state
}

function mountStatuses(container: Container): VolumeMountStatus[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const status: VolumeMountStatus = { name: mount.name, mountPath: mount.mountPath }
    if (mount.readOnly) {
      status.readOnly = true
      status.recursiveReadOnly = 'Disabled'
    }
    return status
  })
}
