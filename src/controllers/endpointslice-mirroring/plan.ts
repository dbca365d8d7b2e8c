/**
 * The EndpointSlices that say the same as a hand-made Endpoints object, for clients that read slices alone. At most
 * 1,000 addresses of a subset are mirrored. https://kubernetes.io/docs/concepts/services-networking/service/#endpointslice-mirroring
 */
import type { EndpointAddress, EndpointSubset, Endpoints, Service } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery/v1.ts'
import {
  endpointKey,
  type Group,
  groupKey,
  managedByLabel,
  planGroups,
  type SlicePlan,
  serviceNameLabel,
} from '../endpointslice/plan.ts'

export const mirroredBy = 'endpointslicemirroring-controller.k8s.io'
export const addressesPerSubsetMax = 1000

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
])

export interface MirrorPlan extends SlicePlan {
  /** Addresses left out since they are no IP addresses, and all that were, with those beyond the limit. */
  invalid: number
  skipped: number
}

/** Whether the object is a person's, about a Service that selects no pods. */
export function isMirrored(endpoints: Endpoints | undefined, service: Service | undefined): endpoints is Endpoints {
  if (!endpoints || endpoints.metadata.deletionTimestamp || !service) return false
  const { labels, annotations } = endpoints.metadata
  if (labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true') return false
  // Written by old leader elections.
  if (annotations?.['control-plane.alpha.kubernetes.io/leader'] !== undefined) return false
  return Object.keys(service.spec?.selector ?? {}).length === 0 && service.spec?.type !== 'ExternalName'
}

/** `addressesMax`: those of a subset that are mirrored, 1,000 by default. */
export function planMirror(
  endpoints: Endpoints,
  slices: readonly EndpointSlice[],
  addressesMax = addressesPerSubsetMax,
): MirrorPlan {
  const groups = new Map<string, Group>()
  let invalid = 0
  let skipped = 0
  for (const subset of endpoints.subsets ?? []) {
    const all = addressesOf(subset)
    let added = 0
    for (const { address, ready } of all) {
      if (added === addressesMax) break
      const addressType = familyOf(address.ip)
      if (addressType) {
        add(groups, { addressType, ports: portsOf(subset) }, endpointOf(address, ready))
        added++
      } else invalid++
    }
    skipped += all.length - added
  }
  const { name = '', namespace = '', labels, annotations } = endpoints.metadata
  const plan = planGroups(groups, slices, {
    namePrefix: `${name}-`,
    namespace,
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirroredBy },
    annotations: Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !notCopied.has(key))),
    // A subset is one slice.
    endpointsMax: addressesMax,
  })
  return { ...plan, invalid, skipped }
}

function addressesOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset) {
  return [
    ...addresses.map((address) => ({ address, ready: true })),
    ...notReadyAddresses.map((address) => ({ address, ready: false })),
  ]
}

function add(groups: Map<string, Group>, of: Pick<Group, 'addressType' | 'ports'>, endpoint: Endpoint): void {
  const key = groupKey(of.addressType, of.ports)
  const group = groups.get(key) ?? { ...of, endpoints: new Map<string, Endpoint>() }
  groups.set(key, group)
  group.endpoints.set(endpointKey(endpoint), endpoint)
}

function portsOf({ ports = [] }: EndpointSubset): EndpointPort[] {
  return ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    protocol,
    port,
    ...(appProtocol ? { appProtocol } : {}),
  }))
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(targetRef ? { targetRef } : {}),
    ...(nodeName ? { nodeName } : {}),
  }
}

function familyOf(ip: string): 'IPv4' | 'IPv6' | undefined {
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(ip)) return 'IPv4'
  return /^[0-9a-f:.]+$/i.test(ip) && ip.includes(':') ? 'IPv6' : undefined
}
