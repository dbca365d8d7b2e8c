/**
 * Carries out a resize: memory first, then processor time; for each, what grows the pod before its containers, what
 * shrinks it after them, so that containers always fit in their pod. Any failure ends the attempt; the next round goes on
 * from what was given by then. Source: KEP-1287, "Resizing containers".
 */
import { wholeValue } from '../../api/quantity.ts'
import type { Container, Pod, ResourceRequirements } from '../../api/types/core/v1.ts'
import { messageOf } from '../../platform/log.ts'
import { type ContainerAmounts, compareAmounts, containerAmounts, type Resizable } from '../allocation/pod-resources.ts'
import type { HeldResources } from '../allocation/resource-state.ts'
import type { PodCgroup } from '../cgroups/cgroups.ts'
import { containerIdText, uidOf } from './names.ts'
import type { PodParts } from './parts.ts'
import { type ContainerUpdate, type Given, isResize, type ResizePlan, resizables } from './plan-resize.ts'
import { containerResources, type PodLimits, podLimitsOf } from './resources.ts'
import type { ContainerRecord } from './runtime-state.ts'

type ResizeParts = Pick<PodParts, 'actuated' | 'cgroups' | 'clock' | 'node' | 'resizeMetrics' | 'runtime'>

/** What the pod's containers were given last. Without a record of it, what was published tells. */
export function givenTo(actuated: HeldResources, pod: Pod): Given {
  const known = actuated.get(uidOf(pod))
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const published = ({ id, name }: ContainerRecord): ResourceRequirements | undefined =>
    statuses.find((status) => status.name === name && status.containerID === containerIdText(id))?.resources
  return {
    container(record) {
      const resources = known?.containers.get(record.name) ?? published(record)
      return resources && containerAmounts({ metadata: {} }, { resources })
    },
    pod: known?.pod,
  }
}

/** Notes what a container was started with. */
export function noteGiven(actuated: HeldResources, pod: Pod, container: Container): void {
  actuated.setContainer(uidOf(pod), container.name, withAmounts(container, containerAmounts(pod, container)))
}

/** Returns why it failed. */
export async function resizePod(parts: ResizeParts, pod: Pod, plan: ResizePlan): Promise<string | undefined> {
  const startedMs = parts.clock.monotonicMs()
  const failure = await carryOut(parts, pod, plan).catch(messageOf)
  parts.resizeMetrics.carriedOut(parts.clock.monotonicMs() - startedMs, failure === undefined)
  return failure
}

async function carryOut(parts: ResizeParts, pod: Pod, plan: ResizePlan): Promise<string | undefined> {
  if (!isResize(plan)) return undefined
  const before = await parts.cgroups.readPod(pod)
  const wanted = podLimitsOf(pod)
  const refusal = plan.memory.length > 0 || plan.restarts ? await tooSmall(parts, plan, before, wanted) : undefined
  if (refusal) return refusal
  for (const name of resizables) {
    if (plan[name].length === 0 && !plan.pod && !plan.restarts) continue
    const { grow, shrink } = podSteps(name, before, wanted)
    for (const limits of grow) await parts.cgroups.writePod(pod, limits)
    for (const update of plan[name]) await updateContainer(parts, pod, update, name)
    for (const limits of shrink) await parts.cgroups.writePod(pod, limits)
  }
  if (pod.spec?.resources) parts.actuated.setPod(uidOf(pod), structuredClone(pod.spec.resources))
  return undefined
}

/** Changes of the pod's cgroup before and after those of its containers. A limit grows before a request and shrinks after it. Pure. */
export function podSteps(
  name: Resizable,
  before: PodCgroup | undefined,
  wanted: PodLimits,
): { grow: Partial<PodLimits>[]; shrink: Partial<PodLimits>[] } {
  const grow: Partial<PodLimits>[] = []
  const shrink: Partial<PodLimits>[] = []
  if (!before) return { grow, shrink }
  const keys = name === 'memory' ? (['memoryBytes'] as const) : (['cpuQuotaUs', 'cpuShares'] as const)
  for (const key of keys) {
    const value = wanted[key]
    const present = before[key] ?? Number.POSITIVE_INFINITY
    if (value === undefined || value === present) continue
    if (value > present) grow.push({ [key]: value })
    else shrink.unshift({ [key]: value })
  }
  return { grow, shrink }
}

/** The amounts of the resource as desired, of the other one as they are by now. */
async function updateContainer(parts: ResizeParts, pod: Pod, update: ContainerUpdate, name: Resizable): Promise<void> {
  const { container, record, desired } = update
  const amounts: ContainerAmounts = { ...update.current, [name]: desired[name] }
  const resources = withAmounts(container, amounts)
  await parts.runtime.updateContainerResources(
    record.id,
    containerResources(pod, { ...container, resources }, parts.node),
  )
  parts.actuated.setContainer(uidOf(pod), container.name, resources)
  // The update of the other resource shares the object.
  update.current[name] = desired[name]
}

function withAmounts({ resources }: Container, amounts: ContainerAmounts): ResourceRequirements {
  const list = (field: 'requests' | 'limits', which: 'request' | 'limit'): Record<string, string> => {
    const result = { ...resources?.[field] }
    for (const name of resizables) {
      const amount = amounts[name][which]
      if (amount === undefined) delete result[name]
      else result[name] = amount
    }
    return result
  }
  return { requests: list('requests', 'request'), limits: list('limits', 'limit') }
}

/** Memory limits do not go below what is in use: the kernel would kill, or refuse half way. */
async function tooSmall(
  { runtime }: ResizeParts,
  plan: ResizePlan,
  before: PodCgroup | undefined,
  wanted: PodLimits,
): Promise<string | undefined> {
  const podBytes = wanted.memoryBytes
  const podShrinks = before && podBytes !== undefined && podBytes < (before.memoryBytes ?? Number.POSITIVE_INFINITY)
  const shrinking = plan.memory.filter(({ current, desired }) => limitShrinks(current, desired))
  if (!podShrinks && shrinking.length === 0) return undefined
  const errors: string[] = []
  if (podShrinks && before.memoryUsageBytes >= podBytes)
    errors.push(`attempting to set pod memory limit (${podBytes}) below current usage (${before.memoryUsageBytes})`)
  const stats = shrinking.length > 0 ? await runtime.listContainerStats() : []
  for (const { record, container, desired } of shrinking) {
    const found = stats.find(({ attributes }) => attributes?.id === record.id)
    if (!found) continue
    const usage = found.memory?.usageBytes?.value ?? found.memory?.workingSetBytes?.value
    const limit = wholeValue(desired.memory.limit ?? '0')
    const what = JSON.stringify(container.name)
    if (usage === undefined) errors.push(`missing container ${what} memory usage`)
    else if (usage >= limit)
      errors.push(`attempting to set container ${what} memory limit (${limit}) below current usage (${usage})`)
  }
  if (errors.length === 0) return undefined
  return `cannot decrease memory limits: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`
}

/** A limit that is new counts as smaller than none. */
function limitShrinks(current: ContainerAmounts, desired: ContainerAmounts): boolean {
  if (compareAmounts(desired.memory.limit, undefined) === 0) return false
  return (
    compareAmounts(current.memory.limit, undefined) === 0 ||
    compareAmounts(desired.memory.limit, current.memory.limit) < 0
  )
}
