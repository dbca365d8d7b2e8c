/**
 * The part of a pod's plan that gives running containers the resources that are set aside for them: told to the runtime
 * while they run, or by a restart where their policy wants one. Pure. Source: KEP-1287.
 */
import type { Container, Pod, ResourceRequirements } from '../../api/types/core/v1.ts'
import {
  type ContainerAmounts,
  compareAmounts,
  containerAmounts,
  type Resizable,
  sameAmount,
  sameRequirements,
} from '../allocation/pod-resources.ts'
import { type ContainerRecord, latest, type PodRuntime } from './runtime-state.ts'
import { regularContainers } from './spec.ts'

export interface ContainerUpdate {
  record: ContainerRecord
  container: Container
  /** What it was given last. */
  current: ContainerAmounts
  desired: ContainerAmounts
}

export interface ResizePlan extends Record<Resizable, ContainerUpdate[]> {
  /** The pod's own limits change, too. */
  pod: boolean
  /** Containers are restarted with other resources. */
  restarts: boolean
}

/** What was given to the pod and its containers last. */
export interface Given {
  /** Undefined: nothing is known of it. */
  container(record: ContainerRecord): ContainerAmounts | undefined
  pod: ResourceRequirements | undefined
}

export const nothingKnown: Given = { container: () => undefined, pod: undefined }

export const resizables: readonly Resizable[] = ['memory', 'cpu']

export function noResize(): ResizePlan {
  return { cpu: [], memory: [], pod: false, restarts: false }
}

export function isResize({ cpu, memory, pod, restarts }: ResizePlan): boolean {
  return cpu.length > 0 || memory.length > 0 || pod || restarts
}

/** Whether something that runs has other resources than are set aside for it. */
export function isBeingResized(pod: Pod, runtime: PodRuntime, given: Given): boolean {
  if (podDiffers(pod, given)) return true
  return [...(pod.spec?.initContainers ?? []), ...regularContainers(pod)].some((container) => {
    const record = latest(runtime, container.name)
    return record?.state === 'running' && changedAmounts(pod, container, record, given).length > 0
  })
}

/** Whether the pod as a whole has other resources than are set aside for it. */
export function podDiffers({ spec }: Pod, given: Given): boolean {
  return spec?.resources !== undefined && !sameRequirements(spec.resources, given.pod)
}

function changedAmounts(pod: Pod, container: Container, record: ContainerRecord, given: Given): Resizable[] {
  const current = given.container(record)
  const desired = containerAmounts(pod, container)
  return current ? resizables.filter((name) => !sameAmount(current[name], desired[name])) : []
}

/** Fills the plan for a running container. Returns whether it has to be restarted instead. */
export function planContainerResize(
  plan: ResizePlan,
  { pod, container, record, given }: { pod: Pod; container: Container; record: ContainerRecord; given: Given },
): boolean {
  const current = given.container(record)
  if (!current) return false
  const desired = containerAmounts(pod, container)
  const changed = changedAmounts(pod, container, record, given)
  const restart = changed.some((name) =>
    container.resizePolicy?.some(
      (policy) => policy.resourceName === name && policy.restartPolicy === 'RestartContainer',
    ),
  )
  if (restart) {
    plan.restarts = true
    return true
  }
  for (const name of changed) {
    const update = { record, container, current, desired }
    // What shrinks makes room for what grows.
    if (grows(current, desired, name)) plan[name].push(update)
    else plan[name].unshift(update)
  }
  return false
}

function grows(current: ContainerAmounts, desired: ContainerAmounts, name: Resizable): boolean {
  const byLimit = compareAmounts(desired[name].limit, current[name].limit)
  return byLimit === 0 ? compareAmounts(desired[name].request, current[name].request) > 0 : byLimit > 0
}
