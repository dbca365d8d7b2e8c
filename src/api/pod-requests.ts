/**
 * What a pod asks of its node, in the units that are compared: cpu in millicores, everything else in whole units.
 * One rule for the scheduler, the kubelet's admission and quota. Source: KEP-753 (sidecars), KEP-2837 (pod-level
 * resources), https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers.
 */
import { compareQuantities, milliValue, wholeValue } from './quantity.ts'
import type { Container, Node, Pod } from './types/core/v1.ts'

/** Amounts by resource name: cpu in millicores, memory and storage in bytes, others as counted. */
export type ResourceAmounts = Map<string, number>

/** What a container without requests counts when nodes are scored. */
const scoringDefaults = { cpu: 100, memory: 200 * 1024 * 1024 }

export function amountOf(resource: string, quantity: string): number {
  return resource === 'cpu' ? milliValue(quantity) : wholeValue(quantity)
}

export function amounts(list: Record<string, string> | undefined): ResourceAmounts {
  const result: ResourceAmounts = new Map()
  for (const [name, quantity] of Object.entries(list ?? {})) result.set(name, amountOf(name, quantity))
  return result
}

export function nodeAllocatable(node: Node): ResourceAmounts {
  return amounts(node.status?.allocatable ?? node.status?.capacity)
}

/** The effective requests: the larger of what runs together and the peak while initialising, plus overhead. */
export function podRequests(pod: Pod): ResourceAmounts {
  return combine(pod, 'requests', (container) => amounts(container.resources?.requests))
}

/**
 * The most that the pod may be using while it is being resized: what it asks for, what is set aside for it, and what it
 * was given, whichever is more. A resize that its node can't do does not count. Source: KEP-1287, "Scheduler and API server".
 */
export function podRequestsInUse(pod: Pod): ResourceAmounts {
  return combine(inUse(pod), 'requests', (container) => amounts(container.resources?.requests))
}

/** Whether the pod uses less processor time or memory than before, so that others may have it. */
export function usesLess(after: Pod, before: Pod): boolean {
  const [is, was] = [podRequestsInUse(after), podRequestsInUse(before)]
  return ['cpu', 'memory'].some((name) => (is.get(name) ?? 0) < (was.get(name) ?? 0))
}

/** The pod with its requests and limits as `podRequestsInUse` counts them; the same object where no status tells. */
export function inUse(pod: Pod): Pod {
  const { spec, status } = pod
  if (!spec || !status) return pod
  const known = new Map(
    [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].map((one) => [one.name, one]),
  )
  const infeasible = status.conditions?.some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  )
  const most = (asked: List, given: List, allocated: List) => larger([infeasible ? {} : asked, given, allocated])
  const ofContainer = (container: Container): Container => {
    const one = known.get(container.name)
    if (!one?.resources) return container
    const requests = most(container.resources?.requests, one.resources.requests, one.allocatedResources)
    const limits = most(container.resources?.limits, one.resources.limits, undefined)
    return { ...container, resources: { ...container.resources, requests, limits } }
  }
  const sidecar = (container: Container): Container =>
    container.restartPolicy === 'Always' ? ofContainer(container) : container
  const used = { ...spec, containers: spec.containers.map(ofContainer) }
  if (spec.initContainers) used.initContainers = spec.initContainers.map(sidecar)
  if (spec.resources?.requests && status.resources)
    used.resources = {
      ...spec.resources,
      requests: most(spec.resources.requests, status.resources.requests, status.allocatedResources),
    }
  return { ...pod, spec: used }
}

/** The effective limits by the same rule; a resource that some container leaves unlimited is absent. */
export function podLimits(pod: Pod): ResourceAmounts {
  return combine(pod, 'limits', (container) => amounts(container.resources?.limits))
}

/** Requests where a container without a cpu or memory request counts a small default. */
export function podScoringRequests(pod: Pod): ResourceAmounts {
  return combine(pod, 'requests', (container) => {
    const requests = amounts(container.resources?.requests)
    if (!requests.has('cpu')) requests.set('cpu', scoringDefaults.cpu)
    if (!requests.has('memory')) requests.set('memory', scoringDefaults.memory)
    return requests
  })
}

function combine(
  pod: Pod,
  which: 'requests' | 'limits',
  ofContainer: (container: Container) => ResourceAmounts,
): ResourceAmounts {
  const running: ResourceAmounts = new Map()
  for (const container of pod.spec?.containers ?? []) add(running, ofContainer(container))
  const sidecars: ResourceAmounts = new Map()
  const peak: ResourceAmounts = new Map()
  for (const container of pod.spec?.initContainers ?? []) {
    const own = ofContainer(container)
    const withSidecars = new Map(sidecars)
    add(withSidecars, own)
    if (container.restartPolicy === 'Always') {
      add(running, own)
      add(sidecars, own)
    }
    raise(peak, withSidecars)
  }
  raise(running, peak)
  for (const [name, amount] of amounts(pod.spec?.resources?.[which])) running.set(name, amount)
  add(running, amounts(pod.spec?.overhead))
  return running
}

type List = Record<string, string> | undefined

/** The largest amount of each resource. */
function larger(lists: readonly List[]): Record<string, string> {
  const result: Record<string, string> = {}
  for (const list of lists)
    for (const [name, amount] of Object.entries(list ?? {})) {
      const known = result[name]
      if (known === undefined || compareQuantities(amount, known) > 0) result[name] = amount
    }
  return result
}

function add(sum: ResourceAmounts, more: ResourceAmounts): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0) + amount)
}

function raise(floor: ResourceAmounts, other: ResourceAmounts): void {
  for (const [name, amount] of other) floor.set(name, Math.max(floor.get(name) ?? 0, amount))
}
