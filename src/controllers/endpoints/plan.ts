/** The Endpoints object of a Service: the older, single-object form of EndpointSlices, still read by many clients. */
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Pod, Service } from '../../api/types/core/v1.ts'
import { isReady } from '../pods.ts'
import { sameJson } from '../same-json.ts'
import { addressOf, hostnameUnder, podReference, targetPortOn } from '../service-pods.ts'

/** More addresses than this are cut off, and the object says so by an annotation. */
export const addressesMax = 1000
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity'
const changeTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'
const headlessLabel = 'service.kubernetes.io/headless'

export function planEndpoints(
  service: Service,
  pods: readonly Pod[],
  { existing, changeTime }: { existing: Endpoints | undefined; changeTime: string },
): Endpoints {
  const all = subsetsOf(service, pods)
  const subsets = cut(all)
  const {
    [overCapacityAnnotation]: _,
    [changeTimeAnnotation]: __,
    ...annotations
  } = existing?.metadata.annotations ?? {}
  if (changeTime !== '') annotations[changeTimeAnnotation] = changeTime
  if (subsets !== all) annotations[overCapacityAnnotation] = 'truncated'
  const { [headlessLabel]: ___, ...own } = service.metadata.labels ?? {}
  const labels = {
    ...own,
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    ...(service.spec?.clusterIP === 'None' ? { [headlessLabel]: '' } : {}),
  }
  const { name = '', namespace = '' } = service.metadata
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...existing?.metadata, name, namespace, labels, annotations },
    ...(subsets.length > 0 ? { subsets } : {}),
  }
}

/** Whether a write would change nothing that counts. */
export function sameEndpoints(existing: Endpoints, wanted: Endpoints): boolean {
  const content = ({ metadata: { labels = {}, annotations = {} }, subsets = [] }: Endpoints) => [
    subsets,
    labels,
    annotations[overCapacityAnnotation] ?? '',
  ]
  return sameJson(content(existing), content(wanted))
}

interface Listed {
  address: EndpointAddress
  ready: boolean
}

/** Ports that the same addresses offer share a subset. Source: kubernetes `pkg/api/v1/endpoints`, `RepackSubsets`. */
function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const byPort = new Map<string, { port: EndpointPort | undefined; listed: Listed[] }>()
  for (const { pod, ...listed } of listedOf(service, pods)) {
    for (const port of portsOn(service, pod)) {
      const key = JSON.stringify(port ?? null)
      const known = byPort.get(key)
      if (known) known.listed.push(listed)
      else byPort.set(key, { port, listed: [listed] })
    }
  }
  const byAddresses = new Map<string, { ports: EndpointPort[]; listed: Listed[] }>()
  for (const { port, listed } of byPort.values()) {
    const key = JSON.stringify(listed.map(({ address, ready }) => [address.ip, address.targetRef?.uid, ready]))
    const subset = byAddresses.get(key) ?? { ports: [], listed }
    byAddresses.set(key, subset)
    if (port) subset.ports.push(port)
  }
  return [...byAddresses.values()].map(({ ports, listed }) => {
    const those = (wanted: boolean) => listed.filter(({ ready }) => ready === wanted).map(({ address }) => address)
    return filled({ addresses: those(true), notReadyAddresses: those(false), ports })
  })
}

/** In the order of their addresses. */
function listedOf(service: Service, pods: readonly Pod[]): (Listed & { pod: Pod })[] {
  const family = service.spec?.ipFamilies?.[0] ?? 'IPv4'
  const tellsOfAll = service.spec?.publishNotReadyAddresses === true
  return pods
    .flatMap((pod) => {
      const ip = addressOf(pod, family)
      if (ip === undefined || (pod.metadata.deletionTimestamp !== undefined && !tellsOfAll)) return []
      return [{ pod, address: addressFor(service, pod, ip), ready: tellsOfAll || isReady(pod) }]
    })
    .sort(({ address: one }, { address: other }) => (rankOf(one) < rankOf(other) ? -1 : 1))
}

function rankOf({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid}`
}

/**
 * The same subsets when all of them fit. Otherwise addresses that are not ready go first, and each subset keeps its share.
 * Source: kubernetes `pkg/controller/endpoint`, `truncateEndpoints`.
 */
function cut(subsets: EndpointSubset[]): EndpointSubset[] {
  const count = (kind: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((sum, subset) => sum + (subset[kind]?.length ?? 0), 0)
  const ready = count('addresses')
  const waiting = count('notReadyAddresses')
  if (ready + waiting <= addressesMax) return subsets
  const cutsReady = ready > addressesMax
  const room = cutsReady ? addressesMax : addressesMax - ready
  let left = room
  const share = (addresses: readonly EndpointAddress[]) => {
    const kept = addresses.slice(
      0,
      Math.min(left, Math.ceil((addresses.length / (cutsReady ? ready : waiting)) * room)),
    )
    left -= kept.length
    return kept
  }
  return subsets
    .map(({ addresses = [], notReadyAddresses = [], ports = [] }) =>
      cutsReady
        ? filled({ addresses: share(addresses), notReadyAddresses: [], ports })
        : filled({ addresses, notReadyAddresses: share(notReadyAddresses), ports }),
    )
    .filter(({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined)
}

/** Nobody manages a list that is empty. */
function filled(subset: EndpointSubset): EndpointSubset {
  return Object.fromEntries(Object.entries(subset).filter(([, list]) => list.length > 0))
}

/** A Service without ports leads to all of a pod: one entry, that is no port. */
function portsOn(service: Service, pod: Pod): (EndpointPort | undefined)[] {
  const ports = service.spec?.ports ?? []
  if (ports.length === 0) return [undefined]
  return ports.flatMap((port) => {
    const number = targetPortOn(pod, port)
    if (number === undefined) return []
    return [
      {
        ...(port.name ? { name: port.name } : {}),
        port: number,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
      },
    ]
  })
}

function addressFor(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = hostnameUnder(service, pod)
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: podReference(pod),
  }
}
