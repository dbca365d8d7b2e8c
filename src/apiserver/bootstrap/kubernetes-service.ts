/**
 * The Service `default/kubernetes`, through which pods reach the API servers. Each server keeps a short lease on its own
 * address in the store; the endpoints are the addresses whose lease lives, so a server that dies disappears by itself
 * (upstream's lease endpoint reconciler).
 */
import type { KubeObject } from '../../api/meta.ts'
import { jsonEqual } from '../../api/patch/json-value.ts'
import { coreV1, discoveryV1, networkingV1 } from '../../api/resources.ts'
import type { Endpoints } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import type { CancelTimer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { addressObject } from '../allocators/addresses.ts'
import { type EnsureParts, ensureObjects, type Wanted } from './ensure.ts'

export interface KubernetesServiceParts extends EnsureParts {
  log: Logger
  /** Where this server can be reached from pods and nodes. */
  address: string
  port: number
  /** The Service's own address: the first of the service range. */
  serviceAddress: string
}

const leasePrefix = '/registry/masterleases/'
const leaseSeconds = 15
const renewPeriodMs = 10_000

export class KubernetesService {
  readonly #parts: KubernetesServiceParts
  #cancel: CancelTimer | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(parts: KubernetesServiceParts) {
    this.#parts = parts
  }

  /** Resolves when the Service and its endpoints stand; they are kept until `stop`. */
  async start(): Promise<void> {
    await this.#renew()
    this.#cancel = this.#parts.clock.every(renewPeriodMs, () => {
      this.#running = this.#renew().catch((error: unknown) => {
        this.#parts.log.warn('the endpoints of the kubernetes service were not renewed', { error: String(error) })
      })
    })
  }

  /** Takes this server out of the endpoints, unless it is the only one: then its successor finds them in place. */
  async stop(): Promise<void> {
    this.#cancel?.()
    await this.#running
    const { store, address } = this.#parts
    const others = (await this.#addresses()).filter((other) => other !== address)
    if (others.length === 0) return
    await store.commit([{ op: 'delete', key: leasePrefix + address }])
    await ensureObjects(this.#parts, endpointObjects(this.#parts, others))
  }

  async #renew(): Promise<void> {
    const { store, address } = this.#parts
    const value = new TextEncoder().encode(JSON.stringify(leaseObject(address)))
    await store.commit([{ op: 'put', key: leasePrefix + address, value, ttlSeconds: leaseSeconds }])
    const addresses = await this.#addresses()
    const { serviceAddress } = this.#parts
    const taken = { resource: networkingV1.ipAddresses, object: addressObject(serviceAddress, { metadata: name }) }
    const own = [service(this.#parts), taken]
    await ensureObjects(this.#parts, [...own, ...endpointObjects(this.#parts, addresses)])
  }

  async #addresses(): Promise<string[]> {
    const { items } = await this.#parts.store.range({ prefix: leasePrefix })
    return items.map(({ key }) => key.slice(leasePrefix.length)).sort()
  }
}

/** The form in which kube-apiserver keeps and reads it, on an etcd that both use. */
function leaseObject(address: string): Endpoints {
  return { kind: 'Endpoints', apiVersion: 'v1', metadata: {}, subsets: [{ addresses: [{ ip: address }] }] }
}

const name = { name: 'kubernetes', namespace: 'default' }

function service({ serviceAddress, port }: KubernetesServiceParts): Wanted {
  const spec = {
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    clusterIP: serviceAddress,
    clusterIPs: [serviceAddress],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ipFamilies: [serviceAddress.includes(':') ? 'IPv6' : 'IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
  }
  const metadata = { ...name, labels: { component: 'apiserver', provider: 'kubernetes' } }
  const object = { metadata, spec, status: { loadBalancer: {} } }
  return { resource: coreV1.services, object: object as KubeObject, filledIn: ['clusterIPs', 'ipFamilies'] }
}

/** Pure: the Endpoints and the EndpointSlice for these addresses. */
export function endpointObjects(
  { port }: Pick<KubernetesServiceParts, 'port'>,
  addresses: readonly string[],
): Wanted[] {
  const ports = [{ name: 'https', port, protocol: 'TCP' }]
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }
  const subsets = [{ addresses: addresses.map((ip) => ({ ip })), ports }]
  const endpoints: Endpoints = { metadata: { ...name, labels }, subsets }
  const slice: EndpointSlice = {
    metadata: { ...name, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: addresses[0]?.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports,
  }
  return [
    { resource: coreV1.endpoints, object: endpoints, reconcile: takeFields(['subsets']) },
    { resource: discoveryV1.endpointSlices, object: slice, reconcile: takeFields(['endpoints', 'ports']) },
  ]
}

/** Takes these fields from the wanted object when they differ. */
function takeFields(fields: readonly string[]): NonNullable<Wanted['reconcile']> {
  return (present, wanted) => {
    const [have, want] = [present, wanted] as unknown as Record<string, unknown>[]
    if (fields.every((field) => jsonEqual(have?.[field], want?.[field]))) return undefined
    return { ...present, ...Object.fromEntries(fields.map((field) => [field, want?.[field]])) }
  }
}
