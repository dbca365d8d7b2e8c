/** Rows of networking.k8s.io and discovery.k8s.io. */
import type { EndpointSlice } from '../../../api/types/discovery/v1.ts'
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../../../api/types/networking/v1.ts'
import { age, listText, none, selectorText, unset } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'
import { loadBalancerAddresses } from './core.ts'

export const networkingPrinters: Printers = {
  ingressclasses: printer(printIngressClass),
  ingresses: printer(printIngress),
  ipaddresses: printer(printIPAddress),
  networkpolicies: printer<NetworkPolicy>((policy, nowMs) => [
    policy.metadata.name,
    selectorText(policy.spec?.podSelector),
    age(policy, nowMs),
  ]),
  servicecidrs: printer<ServiceCIDR>((range, nowMs) => [
    range.metadata.name,
    (range.spec?.cidrs ?? []).join(','),
    age(range, nowMs),
  ]),
}

export const discoveryPrinters: Printers = { endpointslices: printer(printEndpointSlice) }

function printIngressClass(ingressClass: IngressClass, nowMs: number): unknown[] {
  const parameters = ingressClass.spec?.parameters
  const kind = parameters?.apiGroup ? `${parameters.kind}.${parameters.apiGroup}` : parameters?.kind
  return [
    ingressClass.metadata.name,
    ingressClass.spec?.controller ?? '',
    parameters ? `${kind}/${parameters.name}` : none,
    age(ingressClass, nowMs),
  ]
}

function printIngress(ingress: Ingress, nowMs: number): unknown[] {
  const { metadata, spec, status } = ingress
  return [
    metadata.name,
    spec?.ingressClassName ?? none,
    hosts(ingress),
    loadBalancerAddresses(status?.loadBalancer?.ingress).join(','),
    spec?.tls?.length ? '80, 443' : '80',
    age(ingress, nowMs),
  ]
}

function hosts({ spec }: Ingress): string {
  const rules = spec?.rules ?? []
  const shown: string[] = []
  let more = false
  for (const { host } of rules) {
    if (shown.length === 3) more = true
    else if (host) shown.push(host)
  }
  if (shown.length === 0) return '*'
  return more ? `${shown.join(',')} + ${rules.length - 3} more...` : shown.join(',')
}

function printIPAddress({ metadata, spec }: IPAddress): unknown[] {
  const parent = spec?.parentRef
  if (!parent) return [metadata.name, none]
  const resource = parent.group ? `${parent.resource}.${parent.group}` : parent.resource
  return [metadata.name, [resource, parent.namespace, parent.name].filter(Boolean).join('/')]
}

function printEndpointSlice(slice: EndpointSlice, nowMs: number): unknown[] {
  const ports = (slice.ports ?? []).map(({ port, name }) => `${port ?? (name || '*')}`)
  const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? [])
  return [
    slice.metadata.name,
    slice.addressType,
    listText(ports, 3) || unset,
    listText(addresses, 3) || unset,
    age(slice, nowMs),
  ]
}
