/**
 * The API server put together: one straight path from a request to its answer,
 *
 *   authenticate ▶ impersonate ▶ flow control ▶ authorize ▶ endpoint (decode ▶ default ▶ admission ▶ registry ▶ store)
 *
 * the same for HTTPS and for callers in this process.
 */
import type { Duplex } from 'node:stream'
import type { Transport } from '../client/transport.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { HttpsServerOptions, Listening, Net } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import type { Store } from '../store/store.ts'
import { type Admission, admitAll } from './admission.ts'
import { type Authenticator, authenticated, type Impersonator } from './authenticate.ts'
import { type Authorizer, attributesOf, authorized } from './authorize.ts'
import { Caches } from './cache/caches.ts'
import { Hub } from './cache/hub.ts'
import { cachedObjects } from './cached-objects.ts'
import type { Exchange } from './endpoints/exchange.ts'
import { withWarnings } from './endpoints/exchange.ts'
import type { EndpointParts } from './endpoints/parts.ts'
import { routeResource } from './endpoints/router.ts'
import { specialEndpoints } from './endpoints/special.ts'
import type { VirtualResources } from './endpoints/virtual.ts'
import { InFlightLimit } from './flow-control.ts'
import { httpHandlers } from './http/front.ts'
import { errorResponse } from './http/status.ts'
import { inProcessTransport } from './in-process.ts'
import type { TableMaker } from './negotiation/represent.ts'
import type { NodeProxy } from './node-proxy.ts'
import { type NonResource, nonResourceEndpoints } from './nonresource/endpoints.ts'
import type { Objects } from './objects.ts'
import type { Strategy } from './registry/strategy.ts'
import { type ApiRequest, type ApiResponse, requestInfoOf, type UserInfo } from './request.ts'
import { type BuiltInOptions, builtInScheme, type Scheme } from './scheme/scheme.ts'

export interface ApiServerParts {
  store: Store
  clock: Clock
  random: Random
  log: Logger
  authenticator: Authenticator
  authorizer: Authorizer
  /** Default: none. */
  impersonator?: Impersonator
  /** Made once the server can read its own objects. Default: admits everything. */
  admission?(parts: { objects: Objects; scheme: Scheme }): Admission
  strategies: ReadonlyMap<string, Strategy>
  conversions?: BuiltInOptions['conversions']
  tables?: TableMaker
  /** Resources that answer a question instead of being stored (token reviews, access reviews), and token requests. */
  virtual?: VirtualResources
  nodeProxy?: NodeProxy
  /** `/openapi/...` and other documents that other parts serve. */
  documents?: NonResource
}

export interface ApiServer {
  readonly scheme: Scheme
  /** The server's own caches, for authentication, authorization and admission. */
  readonly objects: Objects
  handle(request: ApiRequest): Promise<ApiResponse>
  upgrade(request: ApiRequest, socket: Duplex, head: Uint8Array): Promise<ApiResponse | undefined>
  /** Requests of a known user, without sockets. */
  transportFor(user: UserInfo): Transport
  serve(net: Net, options: HttpsServerOptions): Promise<Listening>
  /** Ends watches and stops following the store. The store stays open. */
  stop(): Promise<void>
}

export async function createApiServer(parts: ApiServerParts): Promise<ApiServer> {
  const { store, clock, random, log } = parts
  const hub = new Hub({ store, clock, log })
  await hub.start()
  const caches = new Caches(hub)
  const scheme = builtInScheme({ strategies: parts.strategies, conversions: parts.conversions ?? new Map() })
  const objects = cachedObjects({ caches, scheme })
  const stopping = new AbortController()
  const endpointParts: EndpointParts = {
    registry: { store, caches, clock, random, admission: parts.admission?.({ objects, scheme }) ?? admitAll },
    scheme,
    presenter: { tables: parts.tables, nowMs: () => clock.nowMs() },
    authorizer: parts.authorizer,
    stopping: stopping.signal,
  }
  const pipeline = new Pipeline(parts, endpointParts)
  return {
    scheme,
    objects,
    handle: (request) => pipeline.handle(request),
    upgrade: (request, socket, head) => pipeline.upgrade(request, socket, head),
    transportFor: (user) => inProcessTransport(pipeline, user),
    serve: (net, options) => net.serveHttps(options, httpHandlers(pipeline, log)),
    async stop() {
      stopping.abort(new Error('the server is stopping'))
      await hub.stop()
    },
  }
}

class Pipeline {
  readonly #parts: ApiServerParts
  readonly #endpoints: EndpointParts
  readonly #inFlight = new InFlightLimit()
  readonly #nonResource: NonResource
  readonly #special: ReturnType<typeof specialEndpoints>

  constructor(parts: ApiServerParts, endpoints: EndpointParts) {
    this.#parts = parts
    this.#endpoints = endpoints
    this.#nonResource = nonResourceEndpoints({ endpoints, inFlight: this.#inFlight, documents: parts.documents })
    this.#special = specialEndpoints(parts)
  }

  /** Never rejects: every failure is a Status. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    try {
      return await this.#answer(request)
    } catch (error) {
      return this.#failed(request, error)
    }
  }

  async upgrade(request: ApiRequest, socket: Duplex, head: Uint8Array): Promise<ApiResponse | undefined> {
    try {
      const exchange = await this.#admitted(request)
      const proxy = this.#parts.nodeProxy
      if (!proxy) return errorResponse(new Error('this server has no way to nodes'))
      return await this.#special.upgrade(this.#endpoints, proxy, exchange, socket, head)
    } catch (error) {
      return this.#failed(request, error)
    }
  }

  async #answer(request: ApiRequest): Promise<ApiResponse> {
    const exchange = await this.#admitted(request)
    const leave = this.#inFlight.enter(exchange.info, exchange.user)
    try {
      const response = exchange.info.isResourceRequest
        ? await routeResource(this.#endpoints, this.#special, exchange)
        : await this.#nonResource.answer(exchange)
      return withWarnings(response, exchange)
    } finally {
      leave()
    }
  }

  /** The exchange of a caller who is known and allowed. */
  async #admitted(request: ApiRequest): Promise<Exchange> {
    const caller = await authenticated(this.#parts.authenticator, request)
    const user = this.#parts.impersonator ? await this.#parts.impersonator(request, caller) : caller
    const info = requestInfoOf(request)
    await authorized(this.#parts.authorizer, attributesOf(user, info))
    return { request, info, user, warnings: new Set() }
  }

  #failed(request: ApiRequest, error: unknown): ApiResponse {
    const response = errorResponse(error)
    if (response.status >= 500 && !request.signal.aborted) {
      const { method, path } = request
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#parts.log.error('a request failed', { method, path, status: response.status, cause })
    }
    return response
  }
}
