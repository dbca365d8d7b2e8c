/** Where a proxied request goes: URLs on a kubelet, a pod or a Service's endpoint, from the objects concerned. */
import { apiError, badRequest } from '../../api/errors.ts'
import { plainFailure } from '../../api/patch/failures.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { Node, Pod, Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import type { Random } from '../../platform/random.ts'
import type { ProxyCall } from '../node-proxy.ts'
import type { Objects } from '../objects.ts'

export interface Target {
  url: string
  /** Kubelets are spoken to with the API server's own certificate; pods and Services are not verified. */
  kind: 'kubelet' | 'workload'
}

/** What is picked where several would do. */
export interface TargetChoice {
  /** Picks among a Service's endpoints. */
  random: Random
  /** Types of a node's addresses, the preferred first. */
  addressTypes?: readonly string[]
}

/** Host name last, since it may not resolve. */
const standardOrder = ['InternalIP', 'ExternalIP', 'InternalDNS', 'ExternalDNS', 'Hostname']

/** The kubelet's address, by the order of preference. */
export function kubeletBase(node: Node, order: readonly string[] = standardOrder): string {
  const addresses = node.status?.addresses ?? []
  const found = order.map((type) => addresses.find((one) => one.type === type)).find((one) => one !== undefined)
  if (!found) throw plainFailure(`no preferred addresses found; known addresses: ${JSON.stringify(addresses)}`)
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250
  return `https://${hostText(found.address)}:${port}`
}

export async function nodeOf(pod: Pod, objects: Objects): Promise<Node> {
  const name = pod.spec?.nodeName
  if (!name) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  const node = await objects.get(coreV1.nodes, name)
  if (!node) throw internal(`nodes "${name}" not found`)
  return node
}

/** The container meant by a request that may leave it out. Messages are upstream's; clients show them. */
export function containerOf(pod: Pod, wanted: string | null): string {
  const names = (list: readonly { name?: string }[] | undefined) => (list ?? []).map(({ name = '' }) => name)
  const containers = names(pod.spec?.containers)
  const initContainers = names(pod.spec?.initContainers)
  const ephemeral = names(pod.spec?.ephemeralContainers)
  const podName = pod.metadata.name ?? ''
  if (wanted) {
    if ([...containers, ...initContainers, ...ephemeral].includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${podName}`)
  }
  if (containers.length === 1) return containers[0] ?? ''
  let message = `a container name must be specified for pod ${podName}, choose one of: [${containers.join(' ')}]`
  if (initContainers.length > 0) message += ` or one of the init containers: [${initContainers.join(' ')}]`
  throw badRequest(message)
}

/** `https:name:port`, `name:port`, `https:name:` or `name`, as `/proxy` URLs spell them. */
export function splitName(text: string): { scheme: string; name: string; port: string } {
  const parts = text.split(':')
  if (parts.length === 1) return { scheme: '', name: text, port: '' }
  if (parts.length === 2) return { scheme: '', name: parts[0] ?? '', port: parts[1] ?? '' }
  const [scheme = '', name = '', port = ''] = parts
  if (parts.length > 3 || (scheme !== 'http' && scheme !== 'https'))
    throw badRequest(`invalid service request "${text}"`)
  return { scheme, name, port }
}

export async function proxyTarget(call: ProxyCall, choice: TargetChoice): Promise<Target> {
  const { scheme, port } = splitName(call.name)
  const tail = call.path === '' ? '/' : encodePath(call.path)
  if (call.resource === 'nodes') return nodeTarget(call.object as Node, { port, tail }, choice.addressTypes)
  if (call.resource === 'pods') return podTarget(call.object as Pod, { scheme, port, tail })
  return serviceTarget(call, choice.random, { scheme, port, tail })
}

function nodeTarget(
  node: Node,
  { port, tail }: { port: string; tail: string },
  addressTypes: TargetChoice['addressTypes'],
): Target {
  const base = kubeletBase(node, addressTypes)
  const own = base.slice(base.lastIndexOf(':') + 1)
  if (port === '' || port === own) return { url: `${base}${tail}`, kind: 'kubelet' }
  return { url: `http://${base.slice('https://'.length, base.lastIndexOf(':'))}:${port}${tail}`, kind: 'workload' }
}

function podTarget(pod: Pod, { scheme, port, tail }: { scheme: string; port: string; tail: string }): Target {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? [])
  const named = ports.find(({ name }) => name !== undefined && name === port)
  const number = port === '' ? ports[0]?.containerPort : (named?.containerPort ?? port)
  const ip = pod.status?.podIP
  if (!ip) throw badRequest('address not allowed')
  return {
    url: `${scheme || 'http'}://${hostText(ip)}${number === undefined ? '' : `:${number}`}${tail}`,
    kind: 'workload',
  }
}

/** A ready endpoint of the Service, any of them. */
async function serviceTarget(
  call: ProxyCall,
  random: Random,
  { scheme, port, tail }: { scheme: string; port: string; tail: string },
): Promise<Target> {
  const service = call.object as Service
  const ports = service.spec?.ports ?? []
  const wanted =
    port === ''
      ? ports.length === 1
        ? ports[0]
        : undefined
      : ports.find((one) => one.name === port || String(one.port) === port)
  const unavailable = () =>
    apiError({ code: 503, reason: 'ServiceUnavailable', message: `no endpoints available for service "${call.name}"` })
  if (!wanted)
    throw apiError({
      code: 503,
      reason: 'ServiceUnavailable',
      message: `no service port "${port}" found for service "${service.metadata.name}"`,
    })
  const slices = await call.objects.list(discoveryV1.endpointSlices, call.namespace)
  const addresses = slices
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
    .flatMap((slice) => readyAddresses(slice, wanted.name ?? ''))
  if (addresses.length === 0) throw unavailable()
  const chosen = addresses[random.int(addresses.length)]
  return { url: `${scheme || 'http'}://${chosen}${tail}`, kind: 'workload' }
}

function readyAddresses(slice: EndpointSlice, portName: string): string[] {
  const port = (slice.ports ?? []).find((one) => (one.name ?? '') === portName)?.port
  if (port === undefined) return []
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.slice(0, 1).map((address) => `${hostText(address)}:${port}`))
}

function hostText(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

function internal(message: string) {
  return apiError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  })
}
