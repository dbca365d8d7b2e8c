/**
 * Defaults of resources of a pod as a whole, filled from its containers. Only a pod that sets some of them gets more.
 * Source: KEP-2837 (pod-level resources).
 */
import { podLimits, podRequests, type ResourceAmounts } from '../pod-requests.ts'
import { quantityOfMilli, quantityOfWhole } from '../quantity.ts'
import type { Pod, PodSpec, ResourceRequirements } from '../types/core/v1.ts'

const supported = ['cpu', 'memory']

/** Expects container requests to be defaulted already. */
export function defaultPodLevelResources(pod: Pod): void {
  const resources = pod.spec?.resources
  if (!pod.spec || !resources) return
  const { resources: _own, overhead: _overhead, ...containersOnly } = pod.spec
  const bare = { metadata: {}, spec: containersOnly as PodSpec }
  defaultPages(resources, podLimits(bare))
  if (Object.keys(resources.limits ?? {}).length > 0) {
    const requests: Record<string, string> = { ...resources.requests }
    const together = podRequests(bare)
    for (const name of supported) {
      const amount = together.get(name)
      if (amount !== undefined) requests[name] ??= textOf(name, amount)
    }
    for (const [name, limit] of Object.entries(resources.limits ?? {})) requests[name] ??= limit
    if (Object.keys(requests).length > 0) resources.requests = requests
  }
}

/** Huge pages are limited to what the containers have of them together. */
function defaultPages(resources: ResourceRequirements, together: ResourceAmounts): void {
  if (Object.keys({ ...resources.requests, ...resources.limits }).length === 0) return
  for (const [name, amount] of together) {
    if (!name.startsWith('hugepages-') || resources.requests?.[name] !== undefined) continue
    resources.limits = { [name]: textOf(name, amount), ...resources.limits }
  }
}

function textOf(resource: string, amount: number): string {
  if (resource === 'cpu') return quantityOfMilli(Math.round(amount))
  return quantityOfWhole(Math.round(amount), 'BinarySI')
}
