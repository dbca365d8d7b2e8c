/**
 * What the tables must hold for one Service, or for one pod's host ports. Pure.
 *
 * A Service port has several fronts: its cluster IP, its external and load balancer addresses, its node port. Each has
 * its own list of endpoints, because who comes from outside may be kept to this node.
 * Sources: Kubernetes documentation, "Virtual IPs and Service proxies"; "Service internal traffic policy".
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { Pod, Service, ServicePort } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { type Element, type Family, type MapName, type Protocol, protocolOf } from './element.ts'
import { type Backend, type Backends, backendsOf, type NodePlace } from './endpoints.ts'
import { routedSlices, routesExternal, type Trust } from './trust.ts'

export interface PlanContext extends NodePlace {
  family: Family
  /** Default: no external address is routed. */
  trust?: Trust
}

/** Services with this label belong to another proxy. */
const otherProxyLabel = 'service.kubernetes.io/service-proxy-name'
const defaultAffinitySeconds = 10_800

export function planService(service: Service, slices: readonly EndpointSlice[], context: PlanContext): Element[] {
  const { spec } = service
  if (!spec || spec.type === 'ExternalName' || service.metadata.labels?.[otherProxyLabel] !== undefined) return []
  const clusterIp = clusterIpsOf(service).find((address) => isOf(context.family, address))
  if (clusterIp === undefined) return []
  const ours = routedSlices(
    service,
    slices.filter((slice) => slice.addressType === context.family),
    context.trust ?? {},
  )
  const elements: Element[] = [{ map: 'cluster-ips', key: clusterIp, value: '' }]
  for (const port of spec.ports ?? []) {
    const protocol = protocolOf(port.protocol)
    if (protocol === undefined) continue
    const backends = backendsOf(port, ours, context)
    elements.push(...planPort({ service, port, protocol, backends, clusterIp, context }))
  }
  return elements
}

interface PortInput {
  service: Service
  port: ServicePort
  protocol: Protocol
  backends: Backends
  clusterIp: string
  context: PlanContext
}

function planPort({ service, port, protocol, backends, clusterIp, context }: PortInput): Element[] {
  const { spec } = service
  const affinitySeconds = affinityOf(service)
  const front = (key: string, byPort: boolean): Front => ({ key, byPort, affinitySeconds, backends })
  const elements: Element[] = []
  const internal = spec?.internalTrafficPolicy === 'Local' ? backends.local : backends.cluster
  elements.push(...served(front(`${clusterIp} . ${protocol} . ${port.port}`, false), 'cluster', internal))
  const external = spec?.externalTrafficPolicy === 'Local' ? outsideLocal : outsideCluster
  for (const address of externalAddresses(service, context))
    elements.push(...external(front(`${address} . ${protocol} . ${port.port}`, false)))
  if (port.nodePort) elements.push(...external(front(`${protocol} . ${port.nodePort}`, true)))
  for (const backend of backends.cluster)
    if (backend.isLocal) elements.push({ map: 'hairpin', key: `${backend.address} . ${backend.address}`, value: '' })
  return elements
}

/** One address (or node port) of a Service port. */
interface Front {
  key: string
  byPort: boolean
  affinitySeconds: number | undefined
  backends: Backends
}

function outsideCluster(front: Front): Element[] {
  return served(front, 'external', front.backends.cluster)
}

/** Clients outside get local endpoints alone, with their address kept; clients inside get any. */
function outsideLocal(front: Front): Element[] {
  const { backends, key } = front
  if (!backends.exist) return [unserved(front)]
  const elements = [
    { map: mapOf(front, 'services'), key, value: `goto ${chainOf(front, 'split')}` },
    { map: mapOf(front, 'inside-verdicts'), key, value: `goto ${countedChain(front, 'inside', backends.cluster)}` },
    ...listed(front, 'endpoints', backends.cluster),
    ...remembered(front),
  ]
  const toLocal = backends.local.length > 0 ? `goto ${countedChain(front, 'local', backends.local)}` : 'drop'
  elements.push({ map: mapOf(front, 'outside-verdicts'), key, value: toLocal })
  elements.push(...listed(front, 'local-endpoints', backends.local))
  return elements
}

function served(front: Front, flow: 'cluster' | 'external', backends: readonly Backend[]): Element[] {
  if (backends.length === 0) return [unserved(front)]
  const verdict = `goto ${countedChain(front, flow, backends)}`
  return [
    { map: mapOf(front, 'services'), key: front.key, value: verdict },
    ...listed(front, 'endpoints', backends),
    ...remembered(front),
  ]
}

/** Nobody serves: refuse. Somebody does, but not on this node, as the policy demands: stay silent. */
function unserved(front: Front): Element {
  return { map: mapOf(front, 'unserved'), key: front.key, value: front.backends.exist ? 'drop' : 'goto refuse' }
}

function listed(front: Front, map: 'endpoints' | 'local-endpoints', backends: readonly Backend[]): Element[] {
  return backends.map((backend, index) => ({
    map: `${front.byPort ? 'port-' : ''}${map}-${index}` as const,
    key: front.key,
    value: `${backend.address} . ${backend.port}`,
  }))
}

function remembered(front: Front): Element[] {
  if (front.affinitySeconds === undefined) return []
  return [{ map: mapOf(front, 'sticky'), key: front.key, value: `jump remember-${front.affinitySeconds}` }]
}

type PlainMap = 'services' | 'inside-verdicts' | 'outside-verdicts' | 'unserved' | 'sticky'

function mapOf(front: Front, name: PlainMap): MapName {
  return front.byPort ? `port-${name}` : name
}

function chainOf(front: Front, flow: string): string {
  return front.byPort ? `port-${flow}` : flow
}

/** Chains are shared by all fronts with the same treatment and number of endpoints; see `ruleset.ts`. */
function countedChain(front: Front, flow: string, backends: readonly Backend[]): string {
  const sticky = front.affinitySeconds === undefined ? '' : 'sticky-'
  return `${chainOf(front, flow)}-${sticky}${backends.length}`
}

function affinityOf({ spec }: Service): number | undefined {
  if (spec?.sessionAffinity !== 'ClientIP') return undefined
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds
}

function clusterIpsOf({ spec }: Service): string[] {
  return spec?.clusterIPs?.length ? spec.clusterIPs : spec?.clusterIP ? [spec.clusterIP] : []
}

/** Those external IPs that are trusted, and load balancer addresses unless the balancer itself forwards (`ipMode: Proxy`). */
function externalAddresses({ spec, status }: Service, { family, trust = {} }: PlanContext): string[] {
  const balancers = (status?.loadBalancer?.ingress ?? [])
    .filter((each) => each.ip && (each.ipMode ?? 'VIP') === 'VIP')
    .map((each) => each.ip!)
    .filter((address) => trust.isBalancer?.(address) || routesExternal(trust, address))
  const external = (spec?.externalIPs ?? []).filter((address) => routesExternal(trust, address))
  return [...new Set([...external, ...balancers])].filter((address) => isOf(family, address))
}

function isOf(family: Family, address: string): boolean {
  return family === 'IPv4' ? isIPv4(address) : isIPv6(address)
}

const anyAddress: Readonly<Record<Family, string>> = { IPv4: '0.0.0.0', IPv6: '::' }

/** A pod's host ports, while it runs with an address of its own. */
export function planHostPorts(pod: Pod, family: Family): Element[] {
  const address = (pod.status?.podIPs?.map((each) => each.ip) ?? [pod.status?.podIP]).find(
    (each) => each !== undefined && isOf(family, each),
  )
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  if (address === undefined || ended || pod.spec?.hostNetwork) return []
  const elements: Element[] = []
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  for (const port of containers.flatMap((container) => container.ports ?? [])) {
    const protocol = protocolOf(port.protocol)
    if (!port.hostPort || protocol === undefined) continue
    const value = `${address} . ${port.containerPort}`
    const key = `${protocol} . ${port.hostPort}`
    if (!port.hostIP || port.hostIP === anyAddress[family]) elements.push({ map: 'host-ports', key, value })
    else if (isOf(family, port.hostIP))
      elements.push({ map: 'host-address-ports', key: `${port.hostIP} . ${key}`, value })
  }
  if (elements.length > 0) elements.push({ map: 'hairpin', key: `${address} . ${address}`, value: '' })
  return elements
}
