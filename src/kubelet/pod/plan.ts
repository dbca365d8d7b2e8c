/**
 * Decides what to do next for a pod that should run: which sandbox, which containers to stop and which to start. It is
 * level-triggered: the same state always gives the same actions, and each round brings the pod one step further.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/, KEP-753 (sidecar containers).
 */
import type { Container, Pod } from '../../api/types/core/v1.ts'
import { containerHash } from './names.ts'
import { planInitContainers } from './plan-init.ts'
import { type Given, noResize, nothingKnown, planContainerResize, podDiffers, type ResizePlan } from './plan-resize.ts'
import { type ContainerRecord, latest, type PodRuntime } from './runtime-state.ts'
import { allContainers, initContainers, regularContainers, restartPolicyOf, usesHostNetwork } from './spec.ts'

/** What the probes say about a running container. */
export type ProbeVerdict = 'unknown' | 'success' | 'failure'

export interface ProbeVerdicts {
  /** `unknown` while the container has no such probe or no result yet. */
  liveness(containerId: string): ProbeVerdict
  startup(containerId: string): ProbeVerdict
}

export interface StopAction {
  record: ContainerRecord
  /** Text of the Killing event. */
  message: string
}

export interface PodPlan {
  /** Stop every container and the sandbox; nothing of it may go on. */
  stopPod: boolean
  /** Make a sandbox with this attempt number. */
  createSandbox: boolean
  attempt: number
  /** The sandbox to start containers in; empty when one is to be made. */
  sandboxId: string
  stop: StopAction[]
  /** Names in the order to start them. */
  startInit: string[]
  start: string[]
  startEphemeral: string[]
  resize: ResizePlan
}

export interface PlanInput {
  pod: Pod
  runtime: PodRuntime
  probes: ProbeVerdicts
  /** What runs was given these resources. Default: nothing is known of them, and none are changed. */
  given?: Given
}

export function planPod(input: PlanInput): PodPlan {
  const { pod, runtime } = input
  const { needed, attempt, sandboxId } = sandboxNeed(pod, runtime)
  const plan: PodPlan = {
    stopPod: needed,
    createSandbox: needed,
    attempt,
    sandboxId,
    stop: [],
    startInit: [],
    start: [],
    startEphemeral: [],
    resize: noResize(),
  }
  if (needed) planFirstStart(plan, pod, runtime)
  else planNextStep(plan, input)
  return plan
}

/** Whether the pod's network is (to be made) anew: the state behind the condition PodReadyToStartContainers. */
export function sandboxNeed(pod: Pod, runtime: PodRuntime): { needed: boolean; attempt: number; sandboxId: string } {
  const [newest] = runtime.sandboxes
  if (!newest) return { needed: true, attempt: 0, sandboxId: '' }
  const anew = { needed: true, attempt: newest.attempt + 1, sandboxId: '' }
  if (!newest.ready || newest.hostNetwork !== usesHostNetwork(pod)) return anew
  if (!newest.hostNetwork && newest.ips.length === 0) return anew
  return { needed: false, attempt: newest.attempt, sandboxId: newest.id }
}

/** Whether a container that does not run now is to be started (again). */
export function shouldStart(pod: Pod, record: ContainerRecord | undefined): boolean {
  if (pod.metadata.deletionTimestamp) return false
  if (!record) return true
  if (record.state === 'running') return false
  if (record.state !== 'exited') return true
  const policy = restartPolicyOf(pod)
  if (policy === 'Never') return false
  return policy === 'Always' || record.exitCode !== 0
}

function planFirstStart(plan: PodPlan, pod: Pod, runtime: PodRuntime): void {
  const nothingRestarts = restartPolicyOf(pod) === 'Never' && runtime.containers.length > 0
  const toStart = regularContainers(pod).filter((container) => shouldStart(pod, latest(runtime, container.name)))
  if ((plan.attempt > 0 && nothingRestarts) || toStart.length === 0) {
    plan.createSandbox = false
    return
  }
  const [firstInit] = initContainers(pod)
  if (firstInit) plan.startInit = [firstInit.name]
  else plan.start = toStart.map(({ name }) => name)
}

function planNextStep(plan: PodPlan, input: PlanInput): void {
  const { pod, runtime } = input
  for (const { kind, container } of allContainers(pod)) {
    if (kind === 'ephemeral' && !latest(runtime, container.name)) plan.startEphemeral.push(container.name)
  }
  if (!planInitContainers(plan, input) || plan.stopPod) return
  plan.resize.pod = podDiffers(pod, input.given ?? nothingKnown)
  let kept = 0
  for (const container of regularContainers(pod)) if (planRegular(plan, input, container)) kept++
  if (kept === 0 && plan.start.length === 0) {
    plan.stopPod = true
    plan.startInit = []
  }
}

/** Returns whether the container keeps running. */
function planRegular(plan: PodPlan, input: PlanInput, container: Container): boolean {
  const { pod, runtime, probes } = input
  const record = latest(runtime, container.name)
  if (record?.state !== 'running') {
    if (!shouldStart(pod, record)) return false
    if (record?.state === 'unknown')
      plan.stop.push({ record, message: `Container is in unknown state, try killing it before restart` })
    plan.start.push(container.name)
    return false
  }
  const trouble = troubleOf(container, record, probes)
  if (!trouble) {
    const restart = planResize(plan, input, container, record)
    if (restart) plan.start.push(container.name)
    return !restart
  }
  const restarts = restartPolicyOf(pod) !== 'Never' || trouble.always
  plan.stop.push({ record, message: restarts ? `${trouble.message}, will be restarted` : trouble.message })
  if (restarts) plan.start.push(container.name)
  return false
}

/** Whether the container is stopped to be started with other resources. */
export function planResize(plan: PodPlan, input: PlanInput, container: Container, record: ContainerRecord): boolean {
  const { pod, given = nothingKnown } = input
  if (!planContainerResize(plan.resize, { pod, container, record, given })) return false
  plan.stop.push({ record, message: `Container ${container.name} resize requires restart` })
  return true
}

/** Why a running container can't stay. `always`: restarted whatever the restart policy says. */
export function troubleOf(
  container: Container,
  record: ContainerRecord,
  probes: ProbeVerdicts,
): { message: string; always: boolean } | undefined {
  const { name } = container
  if (record.hash !== '' && record.hash !== containerHash(container))
    return { message: `Container ${name} definition changed`, always: true }
  if (probes.liveness(record.id) === 'failure')
    return { message: `Container ${name} failed liveness probe`, always: false }
  if (probes.startup(record.id) === 'failure')
    return { message: `Container ${name} failed startup probe`, always: false }
  return undefined
}
