/**
 * The EndpointSlices of a Service, reached from the present ones with few writes: endpoints stay in the slice they are
 * in, gaps are filled before slices are added. https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
 */
import type { Node, Pod, Service } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery/v1.ts'
import { isReady } from '../pods.ts'
import { addressOf, hostnameUnder, podReference, targetPortOn } from '../service-pods.ts'
import { canonical } from '../template-hash.ts'

export const endpointsPerSliceMax = 100
export const managedBy = 'endpointslice-controller.k8s.io'
export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const headlessLabel = 'service.kubernetes.io/headless'
const changeTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

export interface SlicePlan {
  create: EndpointSlice[]
  update: EndpointSlice[]
  delete: EndpointSlice[]
}

export interface SliceInput {
  service: Service
  pods: readonly Pod[]
  slices: readonly EndpointSlice[]
  nodeOf(name: string): Node | undefined
  changeTime: string
}

/** Slices of one address family and one set of ports form a group. */
export interface Group {
  addressType: string
  ports: EndpointPort[]
  endpoints: Map<string, Endpoint>
}

/** What all slices of one owner carry. */
export interface SliceMeta {
  namePrefix: string
  namespace: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

export function planSlices(input: SliceInput): SlicePlan {
  const { service } = input
  return planGroups(groupsOf(input), input.slices, {
    namePrefix: `${service.metadata.name}-`,
    namespace: service.metadata.namespace ?? '',
    labels: labelsFor(service),
    annotations: timed(input.changeTime),
  })
}

/** The fewest writes from the present slices to the wanted groups; groups are keyed by `groupKey`. */
export function planGroups(
  groups: ReadonlyMap<string, Group>,
  slices: readonly EndpointSlice[],
  meta: SliceMeta,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [] }
  const slicesByGroup = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const key = groupKey(slice.addressType, slice.ports ?? [])
    slicesByGroup.set(key, [...(slicesByGroup.get(key) ?? []), slice])
  }
  for (const [key, group] of groups) {
    planGroup(plan, group, { slices: slicesByGroup.get(key) ?? [], meta })
    slicesByGroup.delete(key)
  }
  for (const stale of slicesByGroup.values()) plan.delete.push(...stale)
  return plan
}

function planGroup(
  plan: SlicePlan,
  group: Group,
  { slices, meta }: { slices: readonly EndpointSlice[]; meta: SliceMeta },
): void {
  const waiting = new Map(group.endpoints)
  const kept = slices.map((slice) => {
    const endpoints: Endpoint[] = []
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint)
      const wanted = waiting.get(key)
      if (!wanted) continue
      endpoints.push(wanted)
      waiting.delete(key)
    }
    return { slice, endpoints }
  })
  const left = [...waiting.values()]
  for (const { endpoints } of kept) endpoints.push(...left.splice(0, endpointsPerSliceMax - endpoints.length))
  let anyLeft = false
  for (const { slice, endpoints } of kept) {
    const spare = endpoints.length === 0 && (anyLeft || kept.some((one) => one.endpoints.length > 0))
    if (spare) {
      plan.delete.push(slice)
      continue
    }
    anyLeft = true
    if (differs(slice, endpoints, meta)) plan.update.push(updated(slice, endpoints, meta))
  }
  while (left.length > 0 || (!anyLeft && kept.length === 0)) {
    plan.create.push(created(group, left.splice(0, endpointsPerSliceMax), meta))
    anyLeft = true
  }
}

function groupsOf({ service, pods, nodeOf }: SliceInput): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const family of service.spec?.ipFamilies ?? ['IPv4']) {
    for (const pod of pods) {
      const address = addressOf(pod, family)
      if (address === undefined) continue
      const ports = portsOn(service, pod)
      const key = groupKey(family, ports)
      const group = groups.get(key) ?? { addressType: family, ports, endpoints: new Map<string, Endpoint>() }
      groups.set(key, group)
      const endpoint = endpointOf(service, pod, { address, zone: zoneOf(nodeOf(pod.spec?.nodeName ?? '')) })
      group.endpoints.set(endpointKey(endpoint), endpoint)
    }
    if (![...groups.values()].some((group) => group.addressType === family)) {
      groups.set(groupKey(family, []), { addressType: family, ports: [], endpoints: new Map() })
    }
  }
  return groups
}

function portsOn(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = []
  for (const port of service.spec?.ports ?? []) {
    const number = targetPortOn(pod, port)
    if (number === undefined) continue
    ports.push({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: number,
      ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
    })
  }
  return ports
}

function endpointOf(
  service: Service,
  pod: Pod,
  { address, zone }: { address: string; zone: string | undefined },
): Endpoint {
  const serving = isReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating)
  const hostname = hostnameUnder(service, pod)
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: podReference(pod),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  }
}

function zoneOf(node: Node | undefined): string | undefined {
  return node?.metadata.labels?.['topology.kubernetes.io/zone']
}

function labelsFor(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...own } = service.metadata.labels ?? {}
  return {
    ...own,
    [serviceNameLabel]: service.metadata.name ?? '',
    [managedByLabel]: managedBy,
    ...(service.spec?.clusterIP === 'None' ? { [headlessLabel]: '' } : {}),
  }
}

export function groupKey(addressType: string, ports: readonly EndpointPort[]): string {
  const named = ports.map((port) => canonical({ ...port, name: port.name ?? '' })).sort()
  return `${addressType} ${named.join(' ')}`
}

export function endpointKey(endpoint: Endpoint): string {
  return `${endpoint.targetRef?.uid ?? ''} ${endpoint.addresses.join(',')}`
}

function differs(slice: EndpointSlice, endpoints: readonly Endpoint[], { labels }: SliceMeta): boolean {
  return (
    canonical(slice.endpoints ?? []) !== canonical(endpoints) ||
    canonical(slice.metadata.labels ?? {}) !== canonical(labels)
  )
}

function updated(slice: EndpointSlice, endpoints: Endpoint[], meta: SliceMeta): EndpointSlice {
  const annotations = { ...slice.metadata.annotations, ...meta.annotations }
  return { ...slice, metadata: { ...slice.metadata, labels: meta.labels, annotations }, endpoints }
}

function created(group: Group, endpoints: Endpoint[], meta: SliceMeta): EndpointSlice {
  const { namePrefix, namespace, labels, annotations } = meta
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: namePrefix,
      namespace,
      labels,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    addressType: group.addressType,
    endpoints,
    ports: group.ports,
  }
}

function timed(changeTime: string): Record<string, string> {
  return changeTime === '' ? {} : { [changeTimeAnnotation]: changeTime }
}
