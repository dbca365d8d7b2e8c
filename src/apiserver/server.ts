/**
 * The API server put together: one straight path from a request to its answer,
 *
 *   authenticate ▶ audit ▶ impersonate ▶ flow control ▶ authorize ▶ endpoint (decode ▶ default ▶ admission ▶ registry ▶ store)
 *
 * the same for HTTPS and for callers in this process.
 */
import type { Duplex } from 'node:stream'
import type { KubeObject } from '../api/meta.ts'
import { apiextensionsV1, apiregistrationV1, coreV1, flowcontrolV1 } from '../api/resources.ts'
import type { Service } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import { createClient } from '../client/client-impl.ts'
import type { Transport } from '../client/transport.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { HttpsServerOptions, Listening, Net, TlsIdentity } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import type { Store } from '../store/store.ts'
import { type Admission, admitAll } from './admission.ts'
import { Aggregator } from './aggregation/aggregator.ts'
import { forward, forwardUpgrade, remoteFor } from './aggregation/proxy.ts'
import { AddressObjects } from './allocators/addresses.ts'
import { ServiceAllocator, type ServiceAllocatorOptions } from './allocators/services.ts'
import type { Auditor, AuditTrail } from './audit/audit.ts'
import { type Authenticator, authenticated, type Impersonator } from './authenticate.ts'
import { mastersGroup } from './authorization/decision.ts'
import { type Authorizer, attributesOf, authorized } from './authorize.ts'
import { FlowConditions } from './bootstrap/flow-conditions.ts'
import { Caches } from './cache/caches.ts'
import { Hub } from './cache/hub.ts'
import { cachedObjects } from './cached-objects.ts'
import { Definitions } from './crd/definitions.ts'
import { RuleTimes } from './crd/value/rule-times.ts'
import type { Exchange } from './endpoints/exchange.ts'
import { withWarnings } from './endpoints/exchange.ts'
import type { EndpointParts } from './endpoints/parts.ts'
import { routeResource } from './endpoints/router.ts'
import { specialEndpoints } from './endpoints/special.ts'
import type { VirtualResources } from './endpoints/virtual.ts'
import { asksForWebSocket, serveOverWebSocket } from './endpoints/web-socket.ts'
import { FlowControl } from './flow-control/flow-control.ts'
import { InFlightLimit } from './flow-control/in-flight.ts'
import type { RequestLimit } from './flow-control/request-limit.ts'
import { auditIdOf } from './http/audit-id.ts'
import { httpHandlers } from './http/front.ts'
import { asApiError, errorResponse } from './http/status.ts'
import { inProcessTransport } from './in-process.ts'
import type { Family } from './metrics/families.ts'
import { MeasuredAccess } from './metrics/measured-access.ts'
import { RequestMetrics } from './metrics/request-metrics.ts'
import { StoreMetrics } from './metrics/store-metrics.ts'
import { mediaTypes, statusForm } from './negotiation/accept.ts'
import { encodeAs } from './negotiation/encode.ts'
import { indented, wantsIndent } from './negotiation/indent.ts'
import type { TableMaker } from './negotiation/represent.ts'
import type { NodeProxy } from './node-proxy.ts'
import { type Extension, isBelow, type NonResource, nonResourceEndpoints } from './nonresource/endpoints.ts'
import { versionInfo } from './nonresource/version.ts'
import type { Objects } from './objects.ts'
import { openApiEndpoints } from './openapi/from-scheme.ts'
import { serviceStrategy, services } from './registry/core/service.ts'
import type { ClusterFamilies } from './registry/core/service-families.ts'
import type { Strategy } from './registry/strategy.ts'
import { type ApiRequest, type ApiResponse, type RequestInfo, requestInfoOf, type UserInfo } from './request.ts'
import { defaultGates, type Gates } from './scheme/feature-gates.ts'
import { type BuiltInOptions, builtInScheme, type Scheme } from './scheme/scheme.ts'
import type { Served } from './scheme/served.ts'
import { deadlineMs, type Serving, standardServing, withinDeadline } from './serving.ts'

/** The server's own name for what it writes by itself. */
export const serverUser: UserInfo = { name: 'system:apiserver', groups: [mastersGroup], extra: {} }

/** Who may do what, and what their writes must pass. */
export interface Security {
  authenticator: Authenticator
  authorizer: Authorizer
  /** Default: nobody acts for another. */
  impersonator?: Impersonator
  /** Default: admits everything. */
  admission?: Admission
  /** Resources that answer a question instead of being stored (token reviews, access reviews), and token requests. */
  virtual?: VirtualResources
  /** What it tells monitors besides what admission does. */
  families?: readonly Family[]
  /** Follows no file any more. */
  stop?(): void
}

/** What the server offers to its own parts. */
export interface OwnAccess {
  objects: Objects
  scheme: Scheme
  /** For writes of the server itself. Not to be used before the server was created. */
  transportFor(user: UserInfo): Transport
}

export interface ApiServerParts {
  store: Store
  clock: Clock
  random: Random
  log: Logger
  /** Made once the server can read its own objects. */
  security: Security | ((own: OwnAccess) => Security | Promise<Security>)
  strategies: ReadonlyMap<string, Strategy>
  /** Where cluster IPs and node ports come from. Default 10.96.0.0/16 and 30000 to 32767. */
  services?: Pick<ServiceAllocatorOptions, 'serviceCidrs' | 'nodePorts'>
  conversions?: BuiltInOptions['conversions']
  /** Which group versions and resources are served. Default: the stable ones. */
  enabled?: BuiltInOptions['enabled']
  /** Feature gates; the defaults when absent. */
  gates?: Gates
  /** What `/flagz` shows: flags by name, as they were given. */
  flags?: ReadonlyMap<string, string>
  /** Default: `standardServing`. */
  serving?: Partial<Serving>
  /** For calls to webhooks. Absent: they all fail. */
  net?: Net
  tables?: TableMaker
  nodeProxy?: NodeProxy
  /** Records who did what. Default: nothing is recorded. Ended with the server. */
  audit?: Auditor
  /** What proves to servers behind this one that the names in its requests are true. Default: nothing does. */
  frontProxyIdentity?: TlsIdentity
  /** The `Strict-Transport-Security` header of answers. Default: none. */
  strictTransport?: string
  /** Documents besides OpenAPI: `/openid/...`, `/.well-known/...`. */
  documents?: NonResource
  /** Further endpoints of who runs the server. */
  extension?: Extension
}

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
  const { clock, random, log } = parts
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
  allocateServices(scheme.of(coreV1.services), {
    ...{ ...standardServices, ...parts.services, objects, random },
    ...{ addresses, portTable: { store, clock } },
  })
  const stopping = new AbortController()
  let pipeline: Pipeline | undefined
  const transportFor = (user: UserInfo): Transport => inProcessTransport(started(pipeline), user)
  const security = await securityOf(parts, { objects, scheme, transportFor })
  const endpoints: EndpointParts = {
    registry: {
      ...{ store, caches, clock, random, gates: parts.gates ?? defaultGates },
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
  const path = new Pipeline(parts, security, endpoints, { store: storeMetrics, aggregator, ruleTimes })
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
    serve: (net, options) => net.serveHttps(options, httpHandlers(path, log)),
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

function allocateServices(served: Served, options: ServiceAllocatorOptions): void {
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

function flowControlOf({ serving, registry, scheme }: EndpointParts): RequestLimit {
  if (!serving.priorityAndFairness) return new InFlightLimit(serving)
  const load = ({ apiGroup, apiVersion, resource }: RequestInfo) => {
    const served = scheme.find(apiGroup, apiVersion, resource)
    if (!served) return undefined
    const { size, subscribers } = registry.caches.of(served)
    return { objects: size, watchers: subscribers }
  }
  return new FlowControl({ clock: registry.clock, max: serving, waitMaxMs: serving.requestTimeoutMs / 4, load })
}

/** What is known of a request on its way. */
interface Trace {
  info: RequestInfo
  audit?: AuditTrail | undefined
}

class Pipeline {
  readonly #parts: ApiServerParts
  readonly #security: Security
  readonly #endpoints: EndpointParts
  readonly #inFlight: RequestLimit
  readonly #nonResource: NonResource
  readonly #special: ReturnType<typeof specialEndpoints>
  readonly #metrics: RequestMetrics
  readonly #authenticator: Authenticator
  readonly #authorizer: Authorizer
  readonly #aggregator: Aggregator | undefined
  readonly #auditIds: Random

  constructor(
    parts: ApiServerParts,
    security: Security,
    endpoints: EndpointParts,
    { store, aggregator, ruleTimes }: { store: StoreMetrics; aggregator: Aggregator | undefined; ruleTimes: RuleTimes },
  ) {
    this.#aggregator = aggregator
    this.#auditIds = parts.random.stream('audit-ids')
    this.#metrics = new RequestMetrics(endpoints.scheme)
    const access = new MeasuredAccess(security, parts.clock)
    this.#authenticator = access.authenticator
    this.#authorizer = access.authorizer
    const families = () => [
      ...access.families,
      ...(security.families ?? []),
      ...(security.admission?.families ?? []),
      ...(parts.audit?.families ?? []),
      ...ruleTimes.families,
    ]
    this.#parts = parts
    this.#security = security
    this.#endpoints = endpoints
    this.#inFlight = flowControlOf(endpoints)
    const version = `${versionInfo().major}.${versionInfo().minor}`
    const documents = openApiEndpoints(endpoints.scheme, {
      ...{ version, others: parts.documents, aggregator, clock: parts.clock },
    })
    this.#nonResource = nonResourceEndpoints({
      ...{
        endpoints,
        inFlight: this.#inFlight,
        documents,
        metrics: { requests: this.#metrics, store, security: families },
      },
      extension: parts.extension,
      flags: parts.flags,
      gates: parts.gates,
      aggregator,
    })
    this.#special = specialEndpoints({
      ...(security.virtual ? { virtual: security.virtual } : {}),
      ...(parts.nodeProxy ? { nodeProxy: parts.nodeProxy } : {}),
    })
  }

  async start(objects: Objects): Promise<void> {
    await this.#inFlight.start(objects)
  }

  /** Never rejects: every failure is a Status. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { clock } = this.#parts
    const start = clock.monotonicMs()
    const trace: Trace = { info: requestInfoOf(request) }
    const answer = await this.#handled(request, trace)
    const audited = trace.audit ? await trace.audit.answered(answer) : answer
    const response = this.#named(request, wantsIndent(request) ? indented(audited) : audited)
    this.#metrics.answered(request, trace.info, response, (clock.monotonicMs() - start) / 1000)
    return response
  }

  /** With the id by which people find the request in logs, recorded or not; callers in process have no use for it. */
  #named(request: ApiRequest, response: ApiResponse): ApiResponse {
    if (request.remoteAddress === '') return response
    const { strictTransport } = this.#parts
    const headers = {
      ...(strictTransport === undefined ? {} : { 'strict-transport-security': strictTransport }),
      'audit-id': response.headers['audit-id'] ?? auditIdOf(request, this.#auditIds),
    }
    return { ...response, headers: { ...response.headers, ...headers } }
  }

  async #handled(request: ApiRequest, trace: Trace): Promise<ApiResponse> {
    try {
      const { extension, clock } = this.#parts
      // Who runs the server knows how long its own endpoints may take.
      const lasts = extension !== undefined && isBelow(request.path, extension.prefix)
      const ms = lasts ? undefined : deadlineMs(request, trace.info, this.#endpoints.serving)
      return await withinDeadline(clock, ms, this.#answer(request, trace))
    } catch (error) {
      return await this.#failed(request, error, trace)
    }
  }

  async upgrade(request: ApiRequest, socket: Duplex, head: Uint8Array): Promise<ApiResponse | undefined> {
    const info = requestInfoOf(request)
    if ((info.verb === 'watch' || info.subresource === 'log') && asksForWebSocket(request)) {
      return await serveOverWebSocket(request, await this.handle(request), socket, head)
    }
    const remote = this.#aggregator && remoteFor(this.#aggregator, info)
    // Who offers to upgrade anything else gets the plain answer, as HTTP has it.
    if (!remote && !this.#special.isStream(info.subresource)) return await this.handle(request)
    const trace: Trace = { info }
    const refusal = await this.#upgraded(request, trace, socket, head)
    if (refusal) return trace.audit ? await trace.audit.answered(refusal) : refusal
    await trace.audit?.switched()
    socket.once('close', () => void trace.audit?.switchedEnd())
    return undefined
  }

  async #upgraded(request: ApiRequest, trace: Trace, socket: Duplex, head: Uint8Array) {
    try {
      const exchange = await this.#identified(request, trace)
      await this.#allowed(exchange)
      await this.#mayConnect(exchange)
      const remote = this.#aggregator && remoteFor(this.#aggregator, exchange.info)
      if (remote && this.#aggregator) return await forwardUpgrade(this.#aggregator, remote, exchange, { socket, head })
      const proxy = this.#parts.nodeProxy
      if (!proxy) return errorResponse(new Error('this server has no way to nodes'))
      return await this.#special.upgrade(this.#endpoints, proxy, exchange, socket, head)
    } catch (error) {
      return await this.#failed(request, error, trace)
    }
  }

  async #answer(request: ApiRequest, trace: Trace): Promise<ApiResponse> {
    const exchange = await this.#identified(request, trace)
    const { info, user } = exchange
    const entering = this.#inFlight.enter(request, info, user)
    // Most need not wait, not even a turn.
    const { headers, leave } = entering instanceof Promise ? await entering : entering
    try {
      const response = await this.#served(exchange, trace)
      return { ...response, headers: { ...response.headers, ...headers } }
    } finally {
      leave()
    }
  }

  async #served(exchange: Exchange, trace: Trace): Promise<ApiResponse> {
    try {
      const allowed = this.#allowed(exchange)
      if (allowed instanceof Promise) await allowed
      const remote = this.#aggregator && remoteFor(this.#aggregator, exchange.info)
      if (remote && this.#aggregator) return await forward(this.#aggregator, remote, exchange)
      const response = exchange.info.isResourceRequest
        ? await routeResource(this.#endpoints, this.#special, exchange)
        : await this.#nonResource.answer(exchange)
      return withWarnings(response, exchange)
    } catch (error) {
      return withWarnings(await this.#failed(exchange.request, error, trace), exchange)
    }
  }

  /** The exchange of a caller who is known. */
  async #identified(request: ApiRequest, trace: Trace): Promise<Exchange> {
    const { impersonator } = this.#security
    const { info } = trace
    const caller = await this.#authenticated(request, trace)
    const effective = impersonator ? impersonator(request, caller) : caller
    const user = effective instanceof Promise ? await effective : effective
    if (user !== caller) trace.audit?.impersonates(user)
    const annotate = trace.audit?.annotate.bind(trace.audit)
    return { request, info, user, warnings: new Set(), ...(annotate ? { annotate } : {}) }
  }

  /** At once, unless somebody has to be asked. */
  #allowed({ info, user, annotate }: Exchange): void | Promise<void> {
    return authorized(this.#authorizer, attributesOf(user, info), annotate)
  }

  async #authenticated(request: ApiRequest, trace: Trace): Promise<UserInfo> {
    const { audit } = this.#parts
    try {
      const known = authenticated(this.#authenticator, request)
      const caller = known instanceof Promise ? await known : known
      trace.audit = audit?.begin(request, trace.info, caller)
      if (trace.audit) await trace.audit.received()
      return caller
    } catch (error) {
      if (!trace.audit) await audit?.begin(request, trace.info, undefined)?.refused(error)
      throw error
    }
  }

  /** A WebSocket is opened by GET, but what runs in a pod through it needs the right to create. */
  async #mayConnect({ info, user }: Exchange): Promise<void> {
    if (info.verb !== 'get' || !['exec', 'attach', 'portforward'].includes(info.subresource)) return
    await authorized(this.#authorizer, { ...attributesOf(user, info), verb: 'create' })
  }

  /** The failure as a Status in the encoding that the client prefers. */
  async #failed(request: ApiRequest, error: unknown, trace: Trace): Promise<ApiResponse> {
    trace.audit?.failed(error)
    const response = errorResponse(error)
    if (response.status >= 500 && !request.signal.aborted) {
      const { method, path } = request
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#parts.log.error('a request failed', { method, path, status: response.status, cause })
    }
    const { encoding, indented: isIndented } = statusForm(request.headers.accept)
    if (encoding === 'json') return isIndented ? indented(response) : response
    const body = encodeAs(encoding, undefined, asApiError(error).status)
    return { ...response, headers: { ...response.headers, 'content-type': mediaTypes[encoding] }, body }
  }
}
