/**
 * Which pod leaves first when a node runs short: those that use more than they asked for, then those of less priority,
 * then those that use most beyond their request. Pure.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#pod-selection-for-kubelet-eviction
 */
import { podRequests } from '../../api/pod-requests.ts'
import { compareQuantities, quantityOfWhole } from '../../api/quantity.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Shortage, Starved } from './pressure.ts'

export interface PodUsage {
  pod: Pod
  /** Of the resource that is short, by container. */
  containers: ReadonlyMap<string, number>
  /** With what belongs to no container. */
  total: number
}

export function rankedForEviction<T extends PodUsage>(usages: readonly T[], resource: Starved): T[] {
  const beyond = ({ pod, total }: PodUsage): number => total - (podRequests(pod).get(resource) ?? 0)
  return [...usages].sort((left, right) => {
    const [one, other] = [beyond(left), beyond(right)]
    if (one > 0 !== other > 0) return one > 0 ? -1 : 1
    const priority = (left.pod.spec?.priority ?? 0) - (right.pod.spec?.priority ?? 0)
    return priority !== 0 ? priority : other - one
  })
}

export function evictionMessage({ pod, containers }: PodUsage, { resource, threshold, available }: Shortage): string {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const larger = all.flatMap(({ name, resources }) => {
    const request = resources?.requests?.[resource] ?? '0'
    const usage = quantityOfWhole(containers.get(name) ?? 0, 'BinarySI')
    if (compareQuantities(usage, request) <= 0) return []
    return [`Container ${name} was using ${usage}, request is ${request}, has larger consumption of ${resource}. `]
  })
  const low = `The node was low on resource: ${resource}. `
  return `${low}Threshold quantity: ${threshold}, available: ${available}. ${larger.join('')}`
}
