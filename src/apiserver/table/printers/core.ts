/** Rows of the core group, but for pods, events and volumes, which have files of their own. */
import type {
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Namespace,
  Node,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
} from '../../../api/types/core/v1.ts'
import { age, containerImages, containerNames, createdAt, labelsText, listText, none, unknown } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'
import { replicaCells } from './apps.ts'
import { printCoreEvent } from './events.ts'
import { printPod } from './pod.ts'
import { printPersistentVolume, printPersistentVolumeClaim } from './volumes.ts'

export const corePrinters: Printers = {
  componentstatuses: printer(printComponentStatus),
  configmaps: printer<ConfigMap>((map, nowMs) => [
    map.metadata.name,
    size(map.data) + size(map.binaryData),
    age(map, nowMs),
  ]),
  endpoints: printer<Endpoints>((endpoints, nowMs) => [
    endpoints.metadata.name,
    endpointsText(endpoints),
    age(endpoints, nowMs),
  ]),
  events: printer(printCoreEvent),
  limitranges: (range) => [range.metadata.name, createdAt(range)],
  namespaces: printer<Namespace>((space, nowMs) => [space.metadata.name, space.status?.phase ?? '', age(space, nowMs)]),
  nodes: printer(printNode),
  persistentvolumeclaims: printer(printPersistentVolumeClaim),
  persistentvolumes: printer(printPersistentVolume),
  pods: printer(printPod),
  podtemplates: printer(printPodTemplate),
  replicationcontrollers: printer(printReplicationController),
  resourcequotas: printer(printResourceQuota),
  secrets: printer<Secret>((secret, nowMs) => [
    secret.metadata.name,
    secret.type ?? '',
    size(secret.data),
    age(secret, nowMs),
  ]),
  serviceaccounts: (account, nowMs) => [account.metadata.name, age(account, nowMs)],
  services: printer(printService),
}

function size(entries: object | undefined): number {
  return Object.keys(entries ?? {}).length
}

function printComponentStatus(component: ComponentStatus): unknown[] {
  const healthy = component.conditions?.find(({ type }) => type === 'Healthy')
  const status = healthy?.status === 'True' ? 'Healthy' : healthy?.status === 'False' ? 'Unhealthy' : 'Unknown'
  return [component.metadata.name, status, healthy?.message ?? '', healthy?.error ?? '']
}

function endpointsText({ subsets }: Endpoints): string {
  if (!subsets?.length) return none
  const addresses = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  )
  return listText(addresses, 3)
}

function printNode(node: Node, nowMs: number): unknown[] {
  const info = node.status?.nodeInfo
  return [
    node.metadata.name,
    nodeStatus(node),
    nodeRoles(node) || none,
    age(node, nowMs),
    info?.kubeletVersion ?? '',
    nodeAddress(node, 'InternalIP'),
    nodeAddress(node, 'ExternalIP'),
    info?.osImage || unknown,
    info?.kernelVersion || unknown,
    info?.containerRuntimeVersion || unknown,
  ]
}

function nodeStatus({ status, spec }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word
}

function nodeRoles({ metadata }: Node): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length))
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value)
  }
  return [...roles].sort().join(',')
}

function nodeAddress({ status }: Node, wanted: string): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? none
}

function printPodTemplate({ metadata, template }: PodTemplate): unknown[] {
  const containers = template?.spec?.containers
  return [
    metadata.name,
    containerNames(containers),
    containerImages(containers),
    labelsText(template?.metadata?.labels),
  ]
}

function printReplicationController(controller: ReplicationController, nowMs: number): unknown[] {
  return replicaCells(controller, labelsText(controller.spec?.selector), nowMs)
}

function printResourceQuota(quota: ResourceQuota, nowMs: number): unknown[] {
  const { hard = {}, used = {} } = quota.status ?? {}
  const text = (wantsLimits: boolean): string =>
    Object.keys(hard)
      .filter((name) => name.startsWith('limits.') === wantsLimits)
      .sort()
      .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
      .join(', ')
  return [quota.metadata.name, text(false), text(true), age(quota, nowMs)]
}

function printService(service: Service, nowMs: number): unknown[] {
  const { spec } = service
  const ports = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  )
  return [
    service.metadata.name,
    spec?.type ?? '',
    spec?.clusterIP || none,
    externalAddress(service),
    ports.join(',') || none,
    age(service, nowMs),
    labelsText(spec?.selector),
  ]
}

function externalAddress({ spec, status }: Service): string {
  const external = spec?.externalIPs ?? []
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || none
    case 'LoadBalancer':
      return [...loadBalancerAddresses(status?.loadBalancer?.ingress), ...external].join(',') || '<pending>'
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return unknown
  }
}

/** Distinct addresses or host names, sorted. */
export function loadBalancerAddresses(ingress: readonly { ip?: string; hostname?: string }[] | undefined): string[] {
  const addresses = (ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [...new Set(addresses)].filter((address) => address !== '').sort()
}
