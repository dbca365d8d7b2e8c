/**
 * How the single and the plural form of a service's addresses follow each other, and what an update that leaves
 * allocated values out keeps. Source: KEP-563 (dual stack), core/v1 ServiceSpec.
 */
import type { Service, ServiceSpec } from '../../../api/types/core/v1.ts'
import { semanticEqual } from '../validation/equal.ts'

type Old = Service | undefined

export function isHeadless(spec: ServiceSpec | undefined): boolean {
  return spec?.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None'
}

export function needsClusterIp(spec: ServiceSpec | undefined): boolean {
  return ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec?.type ?? '')
}

/** A load balancer that is given no node ports may still name some. */
export function mayHaveNodePort(spec: ServiceSpec | undefined): boolean {
  return spec?.type === 'NodePort' || spec?.type === 'LoadBalancer'
}

function isGivenNodePorts(spec: ServiceSpec | undefined): boolean {
  return mayHaveNodePort(spec) && !(spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false)
}

export function needsHealthCheckPort(spec: ServiceSpec | undefined): boolean {
  return spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
}

/** A client that knows only `clusterIP` gets `clusterIPs` in step. */
export function normalizeClusterIps(service: Service, old: Old): void {
  const spec = service.spec
  if (!spec) return
  if (!old) {
    if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP]
    return
  }
  const before = old.spec ?? {}
  if ((spec.clusterIP ?? '') === (before.clusterIP ?? '')) return
  const untouched = semanticEqual(spec.clusterIPs, before.clusterIPs)
  if (spec.clusterIP) {
    if (untouched || (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP]
  } else if (untouched) delete spec.clusterIPs
}

/** What the old object holds and the new one neither sets nor gives up. */
export function keepAllocated(service: Service, old: Service): void {
  const spec = service.spec ?? {}
  const before = old.spec ?? {}
  if (needsClusterIp(spec) && needsClusterIp(before)) {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === before.clusterIP && before.clusterIPs) {
      spec.clusterIPs = [...before.clusterIPs]
    }
  }
  if (isGivenNodePorts(spec) && isGivenNodePorts(before)) keepNodePorts(spec, before)
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(before) && before.healthCheckNodePort) {
    spec.healthCheckNodePort ||= before.healthCheckNodePort
  }
}

/** By name, the empty one included: all else of a port may change. */
function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const ports = spec.ports ?? []
  const held = new Map((before.ports ?? []).map(({ name = '', nodePort }) => [name, nodePort]))
  const taken = new Set(ports.map(({ nodePort }) => nodePort))
  for (const port of ports) {
    const nodePort = held.get(port.name ?? '')
    if (!port.nodePort && nodePort && !taken.has(nodePort)) port.nodePort = nodePort
  }
}
