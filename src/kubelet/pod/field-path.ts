/**
 * Fields of a pod and of its containers' resources as plain text, for environment variables and downward API volumes.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
 */
import { milliValue, wholeValue } from '../../api/quantity.ts'
import type { Container, Pod, ResourceFieldSelector } from '../../api/types/core/v1.ts'
import { allContainers } from './spec.ts'

/** Addresses that a pod's status does not have yet while it starts. */
export interface Addresses {
  podIps: readonly string[]
  nodeIps: readonly string[]
}

/** Throws when the path is not one that the downward API has. */
export function fieldValue(pod: Pod, path: string, addresses: Addresses): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (subscript) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? ''
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? ''
    case 'metadata.namespace':
      return pod.metadata.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata.uid ?? ''
    case 'metadata.labels':
      return formatMap(pod.metadata.labels)
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? ''
    case 'status.hostIP':
      return addresses.nodeIps[0] ?? ''
    case 'status.hostIPs':
      return addresses.nodeIps.join(',')
    case 'status.podIP':
      return addresses.podIps[0] ?? ''
    case 'status.podIPs':
      return addresses.podIps.join(',')
    default:
      throw new Error(`unsupported fieldPath: ${path}`)
  }
}

/**
 * A request or limit divided by its divisor and rounded up. A limit that is not set counts as what the node can give
 * (`allocatable`).
 */
export function resourceValue(
  pod: Pod,
  own: Container,
  selector: ResourceFieldSelector,
  allocatable: Record<string, string>,
): string {
  const name = selector.containerName || own.name
  const container = allContainers(pod).find((candidate) => candidate.container.name === name)?.container
  if (!container) throw new Error(`container ${name} not found`)
  const [list = '', ...rest] = selector.resource.split('.')
  const resource = rest.join('.')
  const quantity =
    list === 'requests'
      ? (container.resources?.requests?.[resource] ?? '0')
      : (container.resources?.limits?.[resource] ?? allocatable[resource] ?? '0')
  const divisor = selector.divisor && selector.divisor !== '0' ? selector.divisor : '1'
  if (resource === 'cpu') return String(Math.ceil(milliValue(quantity) / milliValue(divisor)))
  return String(Math.ceil(wholeValue(quantity) / wholeValue(divisor)))
}

/** `key="value"` lines in the order of their keys, values quoted as Go does. */
export function formatMap(map: Record<string, string> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map?.[key] ?? '')}`)
    .join('\n')
}
