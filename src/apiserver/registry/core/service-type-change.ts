/**
 * What goes when a service changes its type and the client only says the new type: fields of the old type that the
 * client did not touch. Source: core/v1 Service's documented update behaviour.
 */
import { isExternallyAccessible } from '../../../api/defaults/service.ts'
import type { Service, ServiceSpec } from '../../../api/types/core/v1.ts'
import { semanticEqual } from '../validation/equal.ts'
import { isHeadless, mayHaveNodePort, needsClusterIp, needsHealthCheckPort } from './service-allocation.ts'

/** A mere name has no traffic of its own; the field came with an earlier type, or with none. */
export function dropForExternalName({ spec }: Service): void {
  if (spec?.type === 'ExternalName') delete spec.internalTrafficPolicy
}

export function dropUnusedFields(service: Service, old: Service): void {
  const spec = service.spec ?? {}
  const before = old.spec ?? {}
  dropClusterIps(spec, before)
  if (mayHaveNodePort(before) && !mayHaveNodePort(spec) && sameNodePorts(spec, before)) {
    for (const port of spec.ports ?? []) delete port.nodePort
  }
  if (needsHealthCheckPort(before) && !needsHealthCheckPort(spec)) dropSame(spec, before, 'healthCheckNodePort')
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    dropSame(spec, before, 'allocateLoadBalancerNodePorts')
    dropSame(spec, before, 'loadBalancerClass')
  }
  if (isExternallyAccessible(before) && !isExternallyAccessible(spec)) dropSame(spec, before, 'externalTrafficPolicy')
  // The load balancer is taken away in its own time, which is nothing that users have to see.
  if (spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} }
}

function dropClusterIps(spec: ServiceSpec, before: ServiceSpec): void {
  if (!needsClusterIp(before) || needsClusterIp(spec)) return
  if (isHeadless(before) || semanticEqual(spec.clusterIPs, before.clusterIPs)) {
    if (spec.clusterIP === before.clusterIP) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
  }
  dropSame(spec, before, 'ipFamilies')
  dropSame(spec, before, 'ipFamilyPolicy')
}

function dropSame(spec: ServiceSpec, before: ServiceSpec, field: keyof ServiceSpec): void {
  if (semanticEqual(spec[field], before[field])) delete spec[field]
}

/** A client that lists other node ports means them: that is then an error to report. */
function sameNodePorts(spec: ServiceSpec, before: ServiceSpec): boolean {
  const held = new Set((before.ports ?? []).map(({ nodePort }) => nodePort))
  return (spec.ports ?? []).every(({ nodePort }) => !nodePort || held.has(nodePort))
}
