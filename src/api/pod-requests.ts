/**
 * What a pod asks of its node, in the units that are compared: cpu in millicores, everything else in whole units.
 * One rule for the scheduler, the kubelet's admission and quota. Source: KEP-753 (sidecars), KEP-2837 (pod-level
 * resources), https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers.
 */
import { milliValue, wholeValue } from './quantity.ts'
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

function add(sum: ResourceAmounts, more: ResourceAmounts): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0) + amount)
}

function raise(floor: ResourceAmounts, other: ResourceAmounts): void {
  for (const [name, amount] of other) floor.set(name, Math.max(floor.get(name) ?? 0, amount))
}
