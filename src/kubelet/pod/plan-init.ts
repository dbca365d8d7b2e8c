/**
 * The part of a pod's plan that concerns init containers: one after the other until each has succeeded, sidecars as soon
 * as they have started, and sidecars restarted for as long as the pod lives. Source: KEP-753.
 */
import type { Container } from '../../api/types/core/v1.ts'
import { type PlanInput, type PodPlan, planResize, troubleOf } from './plan.ts'
import { type ContainerRecord, latest, type PodRuntime } from './runtime-state.ts'
import { initContainers, regularContainers, restartPolicyOf } from './spec.ts'

/** Fills the plan and returns whether all init containers have done their part, so that the regular ones may start. */
export function planInitContainers(plan: PodPlan, input: PlanInput): boolean {
  const { pod, runtime } = input
  const containers = initContainers(pod)
  if (containers.length === 0) return true
  let initialized = regularContainers(pod).some(({ name }) => isActive(latest(runtime, name)))
  /** A later container exists, so those before it have been passed. */
  let passed = initialized
  for (const [index, container] of [...containers.entries()].reverse()) {
    const record = latest(runtime, container.name)
    if (passed) {
      planPassed(plan, input, container, record)
      continue
    }
    if (!record) continue
    passed = true
    const step = stepOf(plan, input, container, record)
    if (step === 'failed') {
      plan.stopPod = true
      plan.startInit = []
      return false
    }
    if (step !== 'done') continue
    const next = containers[index + 1]
    if (next) plan.startInit.unshift(next.name)
    else initialized = true
  }
  if (!passed && !initialized) plan.startInit = [containers[0]?.name ?? '']
  return initialized
}

/** Whether the started condition of a sidecar holds: no startup probe, or it succeeded. */
export function hasStarted(container: Container, record: ContainerRecord, input: Pick<PlanInput, 'probes'>): boolean {
  if (record.state !== 'running') return false
  return !container.startupProbe || input.probes.startup(record.id) === 'success'
}

function isActive(record: ContainerRecord | undefined): boolean {
  return record !== undefined && record.state !== 'exited'
}

function isSidecarContainer(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** An init container before the current step: only sidecars still matter. */
function planPassed(plan: PodPlan, input: PlanInput, container: Container, record: ContainerRecord | undefined): void {
  if (!isSidecarContainer(container)) return
  if (record?.state === 'running') replaceTroubled(plan, input, container, record)
  else plan.startInit.unshift(container.name)
}

/** Where the newest init container stands. */
function stepOf(
  plan: PodPlan,
  input: PlanInput,
  container: Container,
  record: ContainerRecord,
): 'waits' | 'done' | 'failed' {
  const sidecar = isSidecarContainer(container)
  if (record.state === 'running') {
    if (replaceTroubled(plan, input, container, record)) return 'waits'
    return sidecar && hasStarted(container, record, input) ? 'done' : 'waits'
  }
  if (record.state === 'exited' && !sidecar && record.exitCode === 0) return 'done'
  if (record.state === 'exited' && !sidecar && restartPolicyOf(input.pod) === 'Never') return 'failed'
  plan.startInit.unshift(container.name)
  return 'waits'
}

function replaceTroubled(plan: PodPlan, input: PlanInput, container: Container, record: ContainerRecord): boolean {
  const trouble = troubleOf(container, record, input.probes)
  if (!trouble) {
    const restart = planResize(plan, input, container, record)
    if (restart) plan.startInit.unshift(container.name)
    return restart
  }
  plan.stop.push({ record, message: `${trouble.message}, will be restarted` })
  plan.startInit.unshift(container.name)
  return true
}

/** Whether the pod's init containers have all completed or, for sidecars, started; for its phase and conditions. */
export function isInitialized(input: PlanInput): boolean {
  const { pod, runtime } = input
  if (hasRegularContainer(input.pod, runtime)) return true
  return initContainers(pod).every((container) => {
    const record = latest(runtime, container.name)
    if (!record) return false
    return isSidecarContainer(container)
      ? hasStarted(container, record, input)
      : record.state === 'exited' && record.exitCode === 0
  })
}

function hasRegularContainer(pod: PlanInput['pod'], runtime: PodRuntime): boolean {
  return regularContainers(pod).some(({ name }) => (latest(runtime, name)?.startedMs ?? 0) > 0)
}
