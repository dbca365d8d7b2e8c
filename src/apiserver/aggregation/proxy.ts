/**
 * Passes a request on to the server that an APIService names, with the caller's name in headers that only the front
 * proxy's certificate makes true. Answers stream back as they come; a redirect is refused, never followed.
 */
import type { Duplex } from 'node:stream'
import { limits } from '../../limits.ts'
import { join } from '../../platform/join.ts'
import { messageOf } from '../../platform/log.ts'
import type { HttpRequestOptions } from '../../platform/net.ts'
import type { Exchange } from '../endpoints/exchange.ts'
import { textResponse } from '../http/status.ts'
import { notForwarded, switchingText } from '../node-proxy/proxy.ts'
import { type ApiResponse, isLongRunning, type RequestInfo, type UserInfo } from '../request.ts'
import type { Aggregator, Remote } from './aggregator.ts'
import { backingOf, baseOf, tlsOf } from './service.ts'

/** Who answers for a resource, for the discovery of a group version, or for its OpenAPI; undefined: this server. */
export function remoteFor(aggregator: Aggregator, info: RequestInfo): Remote | undefined {
  if (info.isResourceRequest) return aggregator.of(info.apiGroup, info.apiVersion)
  const [, group, version] = /^(?:\/openapi\/v3)?\/apis\/([^/]+)\/([^/]+)\/?$/.exec(info.path) ?? []
  return group === undefined || version === undefined ? undefined : aggregator.of(group, version)
}

export async function forward(aggregator: Aggregator, remote: Remote, exchange: Exchange): Promise<ApiResponse> {
  const outgoing = await outgoingOf(aggregator, remote, exchange)
  if (!outgoing) return textResponse(503, 'service unavailable\n')
  try {
    const reply = await aggregator.parts.net.request(outgoing)
    if (isRedirect(reply.status)) {
      await reply.body[Symbol.asyncIterator]().return?.()
      return redirectRefused()
    }
    return { ...reply, headers: answerHeaders(reply.headers) }
  } catch (error) {
    return unreachable(error)
  }
}

/** Undefined when the socket was taken over, else the refusal to send. */
export async function forwardUpgrade(
  aggregator: Aggregator,
  remote: Remote,
  exchange: Exchange,
  { socket, head }: { socket: Duplex; head: Uint8Array },
): Promise<ApiResponse | undefined> {
  const outgoing = await outgoingOf(aggregator, remote, exchange)
  if (!outgoing) return textResponse(503, 'service unavailable\n')
  try {
    const headers = { ...outgoing.headers, connection: 'Upgrade', upgrade: exchange.request.headers.upgrade ?? '' }
    const reply = await aggregator.parts.net.upgrade({ ...outgoing, headers })
    if (!reply.socket) {
      if (isRedirect(reply.status)) return redirectRefused()
      return { status: reply.status, headers: answerHeaders(reply.headers), body: reply.body }
    }
    socket.write(switchingText(reply.headers))
    if (head.length > 0) reply.socket.write(head)
    join(socket, reply.socket)
    return undefined
  } catch (error) {
    return unreachable(error)
  }
}

/** Undefined: there is nobody to send it to. */
async function outgoingOf(
  { parts }: Aggregator,
  { spec, available }: Remote,
  exchange: Exchange,
): Promise<HttpRequestOptions | undefined> {
  if (!available) return undefined
  const base = baseOf(spec, await backingOf(parts.objects, spec), parts.random)
  if (base === undefined) return undefined
  const { request, info, user } = exchange
  const query = request.query.toString()
  return {
    method: request.method,
    // The path as it was sent: what is encoded in it stays so.
    url: `${base}${request.path}${query === '' ? '' : `?${query}`}`,
    headers: { ...forwardedHeaders(exchange), ...identityHeaders(user) },
    tls: tlsOf(spec, parts.identity),
    signal: request.signal,
    timeoutMs: isLongRunning(info) ? limits.aggregatedLongAnswerTimeoutMs : limits.requestTimeoutMs,
    ...(request.body.length > 0 ? { body: request.body } : {}),
  }
}

function forwardedHeaders({ request }: Exchange): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    const claims = name.startsWith('x-remote-') || name.startsWith('impersonate-') || name.startsWith(':')
    if (!claims && !notForwarded.has(name)) headers[name] = value
  }
  const through = [request.headers['x-forwarded-for'], request.remoteAddress].filter(Boolean).join(', ')
  return through === '' ? headers : { ...headers, 'x-forwarded-for': through }
}

/** Who asks: a header for each group and each value, since servers take what one header says for one of them. */
function identityHeaders({ name, uid, groups, extra }: UserInfo): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = { 'x-remote-user': name }
  if (uid !== undefined && uid !== '') headers['x-remote-uid'] = uid
  if (groups.length > 0) headers['x-remote-group'] = groups.filter(fitsHeader)
  for (const [key, values] of Object.entries(extra))
    headers[`x-remote-extra-${encodeURIComponent(key)}`.toLowerCase()] = values.filter(fitsHeader)
  return headers
}

function fitsHeader(value: string): boolean {
  return !/[\r\n]/.test(value)
}

function answerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const own = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name)))
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304
}

function redirectRefused(): ApiResponse {
  return textResponse(502, 'the backend attempted to redirect this request, which is not permitted\n')
}

function unreachable(error: unknown): ApiResponse {
  return textResponse(503, `error trying to reach service: ${messageOf(error)}\n`)
}
