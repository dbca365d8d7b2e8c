/**
 * The EndpointSlices of a Service, reached from the present ones with few writes: endpoints stay in the slice they are
 * in, and new ones go where something is written anyway before slices are added. https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
 */
import type { Node, Pod, Service } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery/v1.ts'
import { isReady } from '../pods.ts'
import { sameJson } from '../same-json.ts'
import { addressOf, hostnameUnder, podReference, targetPortOn } from '../service-pods.ts'
import { canonical } from '../template-hash.ts'
import {
  distributionHints,
  type Hinting,
  hintByZones,
  topologyMode,
  withoutEmptyUpdates,
  type ZoneShares,
} from './hints.ts'

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
  unchanged: EndpointSlice[]
}

export interface SliceInput {
  service: Service
  pods: readonly Pod[]
  slices: readonly EndpointSlice[]
  nodeOf(name: string): Node | undefined
  changeTime: string
  /** Endpoints in a slice. Default `endpointsPerSliceMax`. */
  endpointsMax?: number
  /** Asked for when the Service is in topology mode. */
  zoneShares?(): ZoneShares | undefined
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
  /** Whether endpoints keep the hints that they have. Default false. */
  keepsHints?: boolean
  /** Endpoints in a slice. Default `endpointsPerSliceMax`. */
  endpointsMax?: number
}

/** Pods that are led to nowhere for now, as their node is not known (yet). */
export function podsWithoutNode({ service, pods, nodeOf }: SliceInput): Pod[] {
  if (service.spec?.publishNotReadyAddresses) return []
  return pods.filter((pod) => nodeOf(pod.spec?.nodeName ?? '') === undefined)
}

/** With what came of topology hints for each family of addresses; empty for Services that do not want them. */
export function planSlices(input: SliceInput): SlicePlan & { hinting: ReadonlyMap<string, Hinting> } {
  const { service, slices } = input
  const total: SlicePlan = { create: [], update: [], delete: [], unchanged: [] }
  const hinting = new Map<string, Hinting>()
  const own = slices.filter((slice) => isOwned(slice, service))
  const groups = groupsOf(input)
  const families = new Set(own.map(({ addressType }) => addressType).concat(familiesOf(service)))
  for (const family of families) {
    const present = own.filter(({ addressType }) => addressType === family)
    const plan = planGroups(new Map([...groups].filter(([, group]) => group.addressType === family)), present, {
      namePrefix: `${service.metadata.name}-`,
      namespace: service.metadata.namespace ?? '',
      labels: labelsFor(service),
      annotations: timed(input.changeTime),
      keepsHints: topologyMode(service),
      endpointsMax: input.endpointsMax ?? endpointsPerSliceMax,
    })
    if (topologyMode(service) && familiesOf(service).includes(family)) {
      hinting.set(family, hintByZones(plan, input.zoneShares?.()))
    }
    append(total, withoutEmptyUpdates(plan, present))
  }
  total.delete.push(...slices.filter((slice) => !own.includes(slice)))
  return { ...total, hinting }
}

/** Slices of an earlier Service of the same name are the garbage collector's already. */
function isOwned({ metadata }: EndpointSlice, service: Service): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  return owner === undefined || owner.uid === service.metadata.uid
}

function append(total: SlicePlan, part: SlicePlan): void {
  for (const kind of ['create', 'update', 'delete', 'unchanged'] as const) total[kind].push(...part[kind])
}

function familiesOf({ spec }: Service): string[] {
  return spec?.ipFamilies ?? ['IPv4']
}

/** The fewest writes from the present slices to the wanted groups; groups are keyed by `groupKey`. */
export function planGroups(
  groups: ReadonlyMap<string, Group>,
  slices: readonly EndpointSlice[],
  meta: SliceMeta,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [], unchanged: [] }
  const slicesByGroup = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const key = groupKey(slice.addressType, slice.ports ?? [])
    const known = slicesByGroup.get(key)
    if (known) known.push(slice)
    else slicesByGroup.set(key, [slice])
  }
  for (const [key, group] of groups) {
    planGroup(plan, group, { slices: slicesByGroup.get(key) ?? [], meta })
    slicesByGroup.delete(key)
  }
  for (const stale of slicesByGroup.values()) plan.delete.push(...stale)
  return plan
}

interface Kept {
  slice: EndpointSlice
  endpoints: Endpoint[]
  changed: boolean
}

function planGroup(
  plan: SlicePlan,
  group: Group,
  { slices, meta }: { slices: readonly EndpointSlice[]; meta: SliceMeta },
): void {
  const { kept, left } = keepPlaces(group, slices, meta)
  const { endpointsMax = endpointsPerSliceMax } = meta
  placeRest(kept, left, endpointsMax)
  const full = kept.filter(({ endpoints }) => endpoints.length > 0)
  // A Service without endpoints keeps one slice that says so.
  const staying = full.length > 0 || left.length > 0 ? full : kept.slice(0, 1)
  for (const one of kept) {
    if (!staying.includes(one)) plan.delete.push(one.slice)
    else if (one.changed) plan.update.push(updated(one.slice, one.endpoints, meta))
    else plan.unchanged.push(one.slice)
  }
  do {
    if (left.length === 0 && staying.length > 0) return
    plan.create.push(created(group, left.splice(0, endpointsMax), meta))
  } while (left.length > 0)
}

/** Every endpoint that is wanted stays in its slice. */
function keepPlaces(
  { endpoints: wantedByKey }: Group,
  slices: readonly EndpointSlice[],
  meta: SliceMeta,
): { kept: Kept[]; left: Endpoint[] } {
  const waiting = new Map(wantedByKey)
  const kept = slices.map((slice): Kept => {
    const endpoints: Endpoint[] = []
    for (const present of slice.endpoints ?? []) {
      const key = endpointKey(present)
      const wanted = waiting.get(key)
      if (!wanted) continue
      endpoints.push(meta.keepsHints ? withHintsOf(wanted, present) : wanted)
      waiting.delete(key)
    }
    return { slice, endpoints, changed: differs(slice, endpoints, meta) }
  })
  return { kept, left: [...waiting.values()] }
}

function withHintsOf(wanted: Endpoint, { hints }: Endpoint): Endpoint {
  return hints && wanted.conditions?.ready ? { ...wanted, hints } : wanted
}

/**
 * New endpoints go first where something is written anyway; then, all of what is left, into the fullest slice that has
 * room for it. What is still left in `left` afterwards makes slices of its own.
 */
function placeRest(kept: readonly Kept[], left: Endpoint[], max: number): void {
  const room = ({ endpoints }: Kept) => Math.max(0, max - endpoints.length)
  for (const one of kept) if (one.changed) one.endpoints.push(...left.splice(0, room(one)))
  const rest = left.length % max
  if (rest === 0) return
  const fitting = kept.filter((one) => !one.changed && room(one) >= rest)
  const [fullest] = fitting.sort((one, other) => room(one) - room(other))
  if (!fullest) return
  fullest.endpoints.push(...left.splice(left.length - rest))
  fullest.changed = true
}

function groupsOf({ service, pods, nodeOf }: SliceInput): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const family of familiesOf(service)) {
    for (const pod of pods) {
      const node = nodeOf(pod.spec?.nodeName ?? '')
      // Nobody can be led to a node that is not there, unless the Service wants to be told of everything.
      if (!node && !service.spec?.publishNotReadyAddresses) continue
      const address = addressOf(pod, family)
      if (address === undefined) continue
      const ports = portsOn(service, pod)
      const key = groupKey(family, ports)
      const group = groups.get(key) ?? { addressType: family, ports, endpoints: new Map<string, Endpoint>() }
      groups.set(key, group)
      const endpoint = endpointOf(service, pod, { address, zone: zoneOf(node) })
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
  const endpoint: Endpoint = {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: podReference(pod),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  }
  const hints = ready ? distributionHints(service, endpoint) : undefined
  return hints ? { ...endpoint, hints } : endpoint
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
  return !sameJson(slice.endpoints ?? [], endpoints) || !sameJson(slice.metadata.labels ?? {}, labels)
}

function updated(slice: EndpointSlice, endpoints: Endpoint[], meta: SliceMeta): EndpointSlice {
  const { [changeTimeAnnotation]: _, ...others } = slice.metadata.annotations ?? {}
  const annotations = { ...others, ...meta.annotations }
  const { endpoints: _before, ...rest } = slice
  return { ...rest, metadata: { ...slice.metadata, labels: meta.labels, annotations }, ...given({ endpoints }) }
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
    ...given({ endpoints, ports: group.ports }),
  }
}

/** An empty list is left out: nobody manages what is not there. */
function given(lists: Pick<EndpointSlice, 'endpoints' | 'ports'>): Pick<EndpointSlice, 'endpoints' | 'ports'> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
}

function timed(changeTime: string): Record<string, string> {
  return changeTime === '' ? {} : { [changeTimeAnnotation]: changeTime }
}
