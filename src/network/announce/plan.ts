/**
 * Which load balancers' addresses this node answers for on its own network, so that hosts there need no route: those in
 * a subnet of the node, each by one node alone. All nodes come to the same answer from what the API server says. Pure.
 */
import { addressNumber, containsCidr } from '../../api/addresses.ts'
import type { Node, Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'

export interface AnnounceView {
  nodeName: string
  nodes: readonly Node[]
  services: readonly Service[]
  slicesOf(service: Service): readonly EndpointSlice[]
  /** This node's own addresses with their prefixes, `192.0.2.1/24`. */
  ownAddresses: readonly string[]
  /** Whether the address may be a load balancer's at all. */
  isBalancer(address: string): boolean
}

const excludedLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** Sorted. IPv4 alone: the service proxy serves no other. */
export function planAnnouncements(view: AnnounceView): string[] {
  const announced = new Set<string>()
  for (const service of view.services) {
    for (const address of addressesOf(service)) {
      const subnet = view.ownAddresses.find((own) => containsCidr(own, address))
      if (subnet === undefined || !view.isBalancer(address)) continue
      // A machine's own address is answered for already, and whoever has it must keep it.
      if (isMachines(address, view)) continue
      if (speaker(address, candidates(service, subnet, view)) === view.nodeName) announced.add(address)
    }
  }
  return [...announced].sort((one, other) => (addressNumber(one) < addressNumber(other) ? -1 : 1))
}

function addressesOf({ spec, status }: Service): string[] {
  if (spec?.type !== 'LoadBalancer') return []
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = 'VIP' }) =>
    ip && !ip.includes(':') && ipMode === 'VIP' ? [ip] : [],
  )
}

function isMachines(address: string, { ownAddresses, nodes }: AnnounceView): boolean {
  return (
    ownAddresses.some((own) => own.split('/')[0] === address) ||
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
