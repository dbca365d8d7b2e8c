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

export function needsNodePort(spec: ServiceSpec | undefined): boolean {
  if (spec?.type === 'NodePort') return true
  return spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false
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
    keepFamilies(spec, before)
  }
  if (needsNodePort(spec) && needsNodePort(before)) keepNodePorts(spec, before)
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(before) && before.healthCheckNodePort) {
    spec.healthCheckNodePort ||= before.healthCheckNodePort
  }
}

function keepFamilies(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.ipFamilyPolicy === undefined && before.ipFamilyPolicy !== undefined)
    spec.ipFamilyPolicy = before.ipFamilyPolicy
  if ((spec.ipFamilies ?? []).length === 0 && before.ipFamilies) spec.ipFamilies = [...before.ipFamilies]
}

/** By name and protocol first, since a port's number may change; then by number. */
function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const ports = spec.ports ?? []
  const given = new Set(ports.filter(({ nodePort }) => nodePort).map((port) => `${port.protocol}/${port.nodePort}`))
  const held = before.ports ?? []
  for (const port of ports) {
    if (port.nodePort) continue
    const match =
      held.find((other) => other.protocol === port.protocol && other.port === port.port) ??
      held.find((other) => other.protocol === port.protocol && (other.name ?? '') === (port.name ?? '') && port.name)
    if (!match?.nodePort || given.has(`${match.protocol}/${match.nodePort}`)) continue
    port.nodePort = match.nodePort
    given.add(`${match.protocol}/${match.nodePort}`)
  }
}

/** Families of a cluster that has IPv4 alone; a headless service without a selector may serve both. */
export function fillFamilies(service: Service): void {
  const spec = service.spec
  if (!spec || !needsClusterIp(spec)) return
  const families = [...(spec.ipFamilies ?? [])]
  if (families.length === 0) families.push(familyOf(spec.clusterIPs?.[0]))
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) {
    spec.ipFamilyPolicy ??= 'RequireDualStack'
    if (families.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
      families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4')
    }
  } else spec.ipFamilyPolicy ??= 'SingleStack'
  spec.ipFamilies = families
}

function familyOf(address: string | undefined): 'IPv4' | 'IPv6' {
  return address?.includes(':') ? 'IPv6' : 'IPv4'
}
