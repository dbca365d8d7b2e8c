/**
 * Which load balancers' addresses this node answers for on its own network, so that hosts there need no route: those in
 * a subnet of the node, each by one node alone. All nodes come to the same answer from what the API server says. Pure.
 */
import { isIPv6 } from 'node:net'
import { addressNumber, containsCidr } from '../../api/addresses.ts'
import type { Node, Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import type { Announced, OwnAddress } from './kernel.ts'

export interface AnnounceView {
  nodeName: string
  nodes: readonly Node[]
  services: readonly Service[]
  slicesOf(service: Service): readonly EndpointSlice[]
  /** This node's own addresses with their prefixes. */
  ownAddresses: readonly OwnAddress[]
  /** Whether the service proxy serves IPv6. Default false: such addresses are nobody's then. */
  ipv6?: boolean
  /** Whether the address may be a load balancer's at all. */
  isBalancer(address: string): boolean
}

const excludedLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** Sorted, IPv4 first. */
export function planAnnouncements(view: AnnounceView): Announced[] {
  const announced = new Map<string, Announced>()
  for (const service of view.services) {
    for (const address of addressesOf(service, view)) {
      const subnet = view.ownAddresses.find(({ cidr }) => containsCidr(cidr, address))
      if (subnet === undefined || !view.isBalancer(address)) continue
      // A machine's own address is answered for already, and whoever has it must keep it.
      if (isMachines(address, view)) continue
      if (speaker(address, candidates(service, subnet.cidr, view)) === view.nodeName)
        announced.set(address, { address, link: subnet.link })
    }
  }
  return [...announced.values()].sort(({ address: one }, { address: other }) => {
    const families = Number(isIPv6(one)) - Number(isIPv6(other))
    return families || (addressNumber(one) < addressNumber(other) ? -1 : 1)
  })
}

function addressesOf({ spec, status }: Service, { ipv6 = false }: AnnounceView): string[] {
  if (spec?.type !== 'LoadBalancer') return []
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = 'VIP' }) =>
    ip && (ipv6 || !isIPv6(ip)) && ipMode === 'VIP' ? [ip] : [],
  )
}

function isMachines(address: string, { ownAddresses, nodes }: AnnounceView): boolean {
  return (
    ownAddresses.some(({ cidr }) => cidr.split('/')[0] === address) ||
    nodes.some(({ status }) => status?.addresses?.some((one) => one.address === address))
  )
}

/** Nodes of the subnet that would serve what they are sent. */
function candidates(service: Service, subnet: string, view: AnnounceView): string[] {
  const withEndpoints = service.spec?.externalTrafficPolicy === 'Local' ? servingNodes(service, view) : undefined
  return view.nodes
    .filter(({ metadata, status }) => {
      if (metadata.labels?.[excludedLabel] !== undefined) return false
      if (status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') return false
      if (withEndpoints && !withEndpoints.has(metadata.name ?? '')) return false
      const internal = (status.addresses ?? []).filter(({ type }) => type === 'InternalIP')
      return internal.some(({ address }) => containsCidr(subnet, address))
    })
    .map(({ metadata }) => metadata.name ?? '')
}

function servingNodes(service: Service, { slicesOf }: AnnounceView): Set<string> {
  const ready = slicesOf(service)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
  return new Set(ready.flatMap(({ nodeName }) => (nodeName ? [nodeName] : [])))
}

/** Rendezvous hashing: when a node goes, only its own addresses move. */
function speaker(address: string, nodes: readonly string[]): string | undefined {
  let best: { node: string; weight: number } | undefined
  for (const node of nodes) {
    const weight = weightOf(`${node} ${address}`)
    if (!best || weight > best.weight || (weight === best.weight && node < best.node)) best = { node, weight }
  }
  return best?.node
}

/** FNV-1a, mixed once more: names of nodes often differ in their last letter alone. */
function weightOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
