/**
 * The straight path from a request to its answer,
 *
 *   authenticate ▶ audit ▶ impersonate ▶ flow control ▶ authorize ▶ endpoint (decode ▶ default ▶ admission ▶ registry ▶ store)
 *
 * the same for HTTPS and for callers in this process.
 */
import type { Duplex } from 'node:stream'
import type { Random } from '../platform/random.ts'
import type { Aggregator } from './aggregation/aggregator.ts'
import { forward, forwardUpgrade, remoteFor } from './aggregation/proxy.ts'
import type { AuditTrail } from './audit/audit.ts'
import { type Authenticator, authenticated } from './authenticate.ts'
import { type Authorizer, attributesOf, authorized } from './authorize.ts'
import type { RuleTimes } from './crd/value/rule-times.ts'
import { type Exchange, withWarnings } from './endpoints/exchange.ts'
import type { EndpointParts } from './endpoints/parts.ts'
import { routeResource } from './endpoints/router.ts'
import { specialEndpoints } from './endpoints/special.ts'
import { asksForWebSocket, serveOverWebSocket } from './endpoints/web-socket.ts'
import { FlowControl } from './flow-control/flow-control.ts'
import { InFlightLimit } from './flow-control/in-flight.ts'
import type { RequestLimit } from './flow-control/request-limit.ts'
import { auditIdOf } from './http/audit-id.ts'
import { corsHeaders, preflightAnswer } from './http/cors.ts'
import { asApiError, errorResponse } from './http/status.ts'
import type { Family } from './metrics/families.ts'
import { MeasuredAccess } from './metrics/measured-access.ts'
import { RequestMetrics } from './metrics/request-metrics.ts'
import type { StoreMetrics } from './metrics/store-metrics.ts'
import { mediaTypes, statusForm } from './negotiation/accept.ts'
import { encodeAs } from './negotiation/encode.ts'
import { indented, wantsIndent } from './negotiation/indent.ts'
import { isBelow, type NonResource, nonResourceEndpoints } from './nonresource/endpoints.ts'
import { versionInfo } from './nonresource/version.ts'
import type { Objects } from './objects.ts'
import { openApiEndpoints } from './openapi/from-scheme.ts'
import type { ApiServerParts, Security } from './parts.ts'
import { type ApiRequest, type ApiResponse, type RequestInfo, requestInfoOf, type UserInfo } from './request.ts'
import { deadlineMs, withinDeadline } from './serving.ts'

/** What is known of a request on its way. */
interface Trace {
  info: RequestInfo
  audit?: AuditTrail | undefined
  /** Its caller may do it. */
  allowed?: boolean
}

interface PipelineParts {
  store: StoreMetrics
  aggregator: Aggregator | undefined
  ruleTimes: RuleTimes
  allocator: { readonly families: readonly Family[] }
}

export class Pipeline {
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
    { store, aggregator, ruleTimes, allocator }: PipelineParts,
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
      ...allocator.families,
    ]
    this.#parts = parts
    this.#security = security
    this.#endpoints = endpoints
    this.#inFlight = flowControlOf(endpoints)
    const version = `${versionInfo().major}.${versionInfo().minor}`
    const { documents: others, clock } = parts
    const documents = openApiEndpoints(endpoints.scheme, { version, others, aggregator, clock })
    this.#nonResource = nonResourceEndpoints({
      ...{
        endpoints,
        inFlight: this.#inFlight,
        documents,
        metrics: { requests: this.#metrics, store, security: families, further: parts.furtherMetrics },
      },
      extension: parts.extension,
      flags: parts.flags,
      address: parts.address,
      gates: parts.gates,
      aggregator,
    })
    this.#special = specialEndpoints({
      ...(security.virtual ? { virtual: security.virtual } : {}),
      ...(parts.nodeProxy ? { nodeProxy: parts.nodeProxy } : {}),
    })
  }

  /** Somebody came who could not agree with the server about TLS. */
  handshakeFailed(): void {
    this.#metrics.handshakeFailed()
  }

  async start(objects: Objects): Promise<void> {
    await this.#inFlight.start(objects)
  }

  /** Never rejects: every failure is a Status. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { clock } = this.#parts
    const start = clock.monotonicMs()
    const trace: Trace = { info: requestInfoOf(request) }
    const cors = this.#cors(request)
    const answer = cors && request.method === 'OPTIONS' ? preflightAnswer() : await this.#handled(request, trace)
    const audited = trace.audit ? await trace.audit.answered(answer) : answer
    const response = this.#named(request, wantsIndent(request) ? indented(audited) : audited, cors)
    this.#metrics.answered(request, trace.info, response, (clock.monotonicMs() - start) / 1000)
    return response
  }

  /** With the id by which people find the request in logs, recorded or not; callers in process have no use for it. */
  #named(request: ApiRequest, response: ApiResponse, cors?: Record<string, string>): ApiResponse {
    if (request.remoteAddress === '') return response
    const { strictTransport } = this.#parts
    const headers = {
      ...(strictTransport === undefined ? {} : { 'strict-transport-security': strictTransport }),
      'audit-id': response.headers['audit-id'] ?? auditIdOf(request, this.#auditIds),
      ...cors,
    }
    return { ...response, headers: { ...response.headers, ...headers } }
  }

  #cors(request: ApiRequest): Record<string, string> | undefined {
    const { allowedOrigins } = this.#parts
    return allowedOrigins && corsHeaders(request, allowedOrigins)
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
      trace.allowed = true
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
      trace.allowed = true
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
    // The message has names that the caller chose: no browser shall take it for a page.
    if (response.status === 403 && !trace.allowed) response.headers['x-content-type-options'] = 'nosniff'
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
