/** The Endpoints object of a Service: the older, single-object form of EndpointSlices, still read by many clients. */
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Pod, Service } from '../../api/types/core/v1.ts'
import { isReady } from '../pods.ts'
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
  const { subsets, truncated } = subsetsOf(service, pods)
  const {
    [overCapacityAnnotation]: _,
    [changeTimeAnnotation]: __,
    ...annotations
  } = existing?.metadata.annotations ?? {}
  if (changeTime !== '') annotations[changeTimeAnnotation] = changeTime
  if (truncated) annotations[overCapacityAnnotation] = 'truncated'
  const labels = {
    ...service.metadata.labels,
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

function subsetsOf(service: Service, pods: readonly Pod[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const family = service.spec?.ipFamilies?.[0] ?? 'IPv4'
  const byPorts = new Map<
    string,
    EndpointSubset & { addresses: EndpointAddress[]; notReadyAddresses: EndpointAddress[] }
  >()
  const candidates = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined || service.spec?.publishNotReadyAddresses,
  )
  for (const pod of candidates.slice(0, addressesMax)) {
    const ip = addressOf(pod, family)
    if (ip === undefined) continue
    const ports = portsOn(service, pod)
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue
    const key = JSON.stringify(ports)
    const subset = byPorts.get(key) ?? { addresses: [], notReadyAddresses: [], ports }
    byPorts.set(key, subset)
    const ready = isReady(pod) || service.spec?.publishNotReadyAddresses === true
    const list = ready ? subset.addresses : subset.notReadyAddresses
    list.push(addressFor(service, pod, ip))
  }
  const subsets = [...byPorts.values()].map(({ addresses, notReadyAddresses, ports }) => ({
    ...(addresses.length > 0 ? { addresses: addresses.sort(byIp) } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses: notReadyAddresses.sort(byIp) } : {}),
    ...(ports && ports.length > 0 ? { ports } : {}),
  }))
  return { subsets, truncated: candidates.length > addressesMax }
}

function portsOn(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
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

function byIp(one: EndpointAddress, other: EndpointAddress): number {
  return one.ip < other.ip ? -1 : 1
}
