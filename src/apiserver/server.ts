/** The API server put together: its store and caches, what it serves, and the path of requests (`pipeline.ts`). */
import type { Duplex } from 'node:stream'
import type { KubeObject } from '../api/meta.ts'
import { apiextensionsV1, apiregistrationV1, coreV1, flowcontrolV1 } from '../api/resources.ts'
import type { Service } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import { createClient } from '../client/client-impl.ts'
import type { Transport } from '../client/transport.ts'
import type { Logger } from '../platform/log.ts'
import type { HttpsServerOptions, Listening, Net } from '../platform/net.ts'
import { admitAll } from './admission.ts'
import { Aggregator } from './aggregation/aggregator.ts'
import { AddressObjects } from './allocators/addresses.ts'
import { AllocatorMetrics } from './allocators/metrics.ts'
import { ServiceAllocator, type ServiceAllocatorOptions } from './allocators/services.ts'
import { mastersGroup } from './authorization/decision.ts'
import { FlowConditions } from './bootstrap/flow-conditions.ts'
import { Caches } from './cache/caches.ts'
import { Hub } from './cache/hub.ts'
import { cachedObjects } from './cached-objects.ts'
import { Definitions } from './crd/definitions.ts'
import { RuleTimes } from './crd/value/rule-times.ts'
import type { EndpointParts } from './endpoints/parts.ts'
import { httpHandlers } from './http/front.ts'
import { inProcessTransport } from './in-process.ts'
import { StoreMetrics } from './metrics/store-metrics.ts'
import type { Objects } from './objects.ts'
import type { ApiServerParts, OwnAccess, Security } from './parts.ts'
import { Pipeline } from './pipeline.ts'
import { serviceStrategy, services } from './registry/core/service.ts'
import type { ClusterFamilies } from './registry/core/service-families.ts'
import type { Strategy } from './registry/strategy.ts'
import type { ApiRequest, ApiResponse, UserInfo } from './request.ts'
import { defaultGates } from './scheme/feature-gates.ts'
import { builtInScheme, type Scheme } from './scheme/scheme.ts'
import type { Served } from './scheme/served.ts'
import { standardServing } from './serving.ts'

/** The server's own name for what it writes by itself. */
export const serverUser: UserInfo = { name: 'system:apiserver', groups: [mastersGroup], extra: {} }

export interface ApiServer {
  readonly scheme: Scheme
  /** The server's own caches, for authentication, authorization and admission. */
  readonly objects: Objects
  /** Newest revision of the store that all caches and watchers have been given. */
  readonly revision: number
  handle(request: ApiRequest): Promise<ApiResponse>
  upgrade(request: ApiRequest, socket: Duplex, head: Uint8Array): Promise<ApiResponse | undefined>
  /** Requests of a known user, without sockets. */
  transportFor(user: UserInfo): Transport
  serve(net: Net, options: HttpsServerOptions): Promise<Listening>
  /** Ends watches and stops following the store. The store stays open. */
  stop(): Promise<void>
}

export async function createApiServer(parts: ApiServerParts): Promise<ApiServer> {
  const { clock, random, log, gates = defaultGates } = parts
  const storeMetrics = new StoreMetrics()
  const store = storeMetrics.measured(parts.store, clock)
  const hub = new Hub({ store, clock, log })
  await hub.start()
  const caches = new Caches(hub)
  const scheme = builtInScheme({
    strategies: parts.strategies,
    conversions: parts.conversions ?? new Map(),
    ...(parts.enabled ? { enabled: parts.enabled } : {}),
    ...(parts.gates ? { gates: parts.gates } : {}),
  })
  const objects = cachedObjects({ caches, scheme })
  const addresses = new AddressObjects({ scheme, clock, random: random.stream('ip-addresses') })
  const allocator = allocateServices(scheme.of(coreV1.services), {
    ...{ ...standardServices, ...parts.services, objects, random },
    ...{ addresses, portTable: { store, clock }, metrics: new AllocatorMetrics(clock) },
  })
  const stopping = new AbortController()
  let pipeline: Pipeline | undefined
  const transportFor = (user: UserInfo): Transport => inProcessTransport(started(pipeline), user)
  const security = await securityOf(parts, { objects, scheme, gates, transportFor })
  const endpoints: EndpointParts = {
    registry: {
      ...{ store, caches, clock, random, gates },
      admission: security.admission ?? admitAll,
    },
    scheme,
    presenter: { tables: parts.tables, nowMs: () => clock.nowMs() },
    authorizer: security.authorizer,
    serving: { ...standardServing, ...parts.serving },
    stopping: stopping.signal,
  }
  const ownClient = () => createClient(transportFor(serverUser), { userAgent: 'kube-apiserver' })
  const aggregator = parts.net && aggregatorOf(parts, parts.net, { objects, ownClient })
  const ruleTimes = new RuleTimes(clock)
  const path = new Pipeline(parts, security, endpoints, { store: storeMetrics, aggregator, ruleTimes, allocator })
  pipeline = path
  const webhooks = parts.net && { net: parts.net, objects, clock, random }
  const { registry } = endpoints
  const definitions = new Definitions({ registry, objects, scheme, log, webhooks, user: serverUser, ruleTimes })
  await definitions.start()
  settleWith(scheme.of(apiextensionsV1.customResourceDefinitions), ({ metadata }) =>
    definitions.written(metadata.name ?? ''),
  )
  await path.start(objects)
  await aggregator?.start()
  const flows = followFlows(parts, { scheme, objects, client: ownClient() })
  return {
    scheme,
    objects,
    get revision() {
      return hub.revision
    },
    handle: (request) => path.handle(request),
    upgrade: (request, socket, head) => path.upgrade(request, socket, head),
    transportFor,
    serve: (net, options) => serveOver(net, options, { path, log }),
    async stop() {
      stopping.abort(new Error('the server is stopping'))
      security.stop?.()
      definitions.stop()
      aggregator?.stop()
      flows.stop()
      await hub.stop()
      await parts.audit?.close()
    },
  }
}

function serveOver(
  net: Net,
  options: HttpsServerOptions,
  { path, log }: { path: Pipeline; log: Logger },
): Promise<Listening> {
  return net.serveHttps({ ...options, handshakeFailed: () => path.handshakeFailed() }, httpHandlers(path, log))
}

/** The conditions of flow schemas, from now on. */
function followFlows(
  { clock, log }: ApiServerParts,
  { scheme, objects, client }: { scheme: Scheme; objects: Objects; client: Client },
): FlowConditions {
  const flows = new FlowConditions({ objects, clock, log, writer: () => client.of(flowcontrolV1.flowSchemas) })
  settleWith(scheme.of(flowcontrolV1.flowSchemas), ({ metadata }) => flows.written(metadata.name ?? ''))
  void flows.start().catch((error: unknown) => log.error('flow schemas are not followed', { error: String(error) }))
  return flows
}

/** Source: kube-apiserver's `--service-cluster-ip-range` as kubeadm sets it. */
const standardServices = { serviceCidrs: ['10.96.0.0/16'] }

function allocateServices(served: Served, options: ServiceAllocatorOptions): ServiceAllocator {
  const allocator = new ServiceAllocator({ ...options, random: options.random.stream('services') })
  const cluster = options.serviceCidrs.map((cidr) =>
    cidr.includes(':') ? 'IPv6' : 'IPv4',
  ) as unknown as ClusterFamilies
  const strategy = served.strategy === (services as unknown as Strategy) ? serviceStrategy(cluster) : served.strategy
  served.strategy = {
    ...(strategy as Strategy),
    allocate: (service, old, { dryRun }) => allocator.allocate(service as Service, { dryRun, old: old as Service }),
    removals: (service) => allocator.removals(service as Service),
    released: (service) => allocator.released(service as Service),
  }
  return allocator
}

/** Who creates such an object and looks again sees what the server itself says of it. */
function settleWith(served: Served, settle: (object: KubeObject) => Promise<void>): void {
  served.strategy = {
    ...served.strategy,
    allocate: async (object, old) =>
      old ? undefined : { release: async () => undefined, settle: async () => await settle(object) },
  }
}

async function securityOf({ security }: ApiServerParts, own: OwnAccess): Promise<Security> {
  return typeof security === 'function' ? await security(own) : security
}

function started(pipeline: Pipeline | undefined): Pipeline {
  if (!pipeline) throw new Error('use the API server from inside: it has not been created yet')
  return pipeline
}

function aggregatorOf(
  { clock, random, log, frontProxyIdentity }: ApiServerParts,
  net: Net,
  { objects, ownClient }: { objects: Objects; ownClient: () => Client },
): Aggregator {
  const parts = { objects, net, clock, random: random.stream('aggregator'), log, identity: frontProxyIdentity }
  return new Aggregator({ ...parts, writer: () => ownClient().of(apiregistrationV1.apiServices) })
}
