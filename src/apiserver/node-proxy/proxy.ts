/**
 * Forwards logs, exec, attach, port-forward and proxy requests to the node or pod that can answer them. Bodies and
 * upgraded connections are passed on as they are; redirects are handed to the client, never followed.
 */

import type { Duplex } from 'node:stream'
import { apiError, badRequest } from '../../api/errors.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { join } from '../../platform/join.ts'
import { messageOf } from '../../platform/log.ts'
import { AddressRefusedError, type ClientTls, type HttpRequestOptions, type Net } from '../../platform/net.ts'
import type { NodeProxy, ProxyCall } from '../node-proxy.ts'
import type { ApiResponse } from '../request.ts'
import { mayProxyTo } from './allowed-addresses.ts'
import { answerOfBackend, redirectOfRoot } from './backend-answer.ts'
import { containerOf, kubeletBase, nodeOf, proxyTarget, type Target, type TargetChoice } from './targets.ts'

export interface NodeProxyParts extends TargetChoice {
  net: Net
  /** The API server's client certificate for kubelets, and the authority that signed theirs. */
  kubeletTls: ClientTls
  /** Ranges that `/proxy` may reach besides addresses of others: loopback and link-local are closed. Default none. */
  allowedCidrs?: readonly string[]
}

/** Headers that belong to one connection, and credentials that end at the API server. */
export const notForwarded: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'authorization',
  'host',
  'content-length',
  'http2-settings',
])

/** A first answer may take long: a log that is followed stays silent until there is a line. */
const headersTimeoutMs = 600_000

export function nodeProxy(parts: NodeProxyParts): NodeProxy {
  return new ForwardingProxy(parts)
}

class ForwardingProxy implements NodeProxy {
  readonly #parts: NodeProxyParts

  constructor(parts: NodeProxyParts) {
    this.#parts = parts
  }

  async request(call: ProxyCall): Promise<ApiResponse> {
    if (['exec', 'attach', 'portforward'].includes(call.subresource)) throw badRequest('Upgrade request required')
    const target = await targetOf(call, this.#parts)
    if (target === undefined) return { status: 200, headers: { 'content-type': 'text/plain' }, body: new Uint8Array() }
    const redirect = call.subresource === 'proxy' ? redirectOfRoot(call) : undefined
    if (redirect) return redirect
    const found = await this.#reach(call, () => this.#parts.net.request(this.#outgoing(call, target, false)))
    const reply = { ...found, headers: responseHeaders(found.headers) }
    return call.subresource === 'proxy' ? await answerOfBackend(call, target.url, reply) : reply
  }

  async upgrade(call: ProxyCall, socket: Duplex, head: Uint8Array): Promise<ApiResponse | undefined> {
    const target = await targetOf(call, this.#parts)
    if (target === undefined) throw badRequest(`pod ${call.name} does not have a host assigned`)
    const reply = await this.#reach(call, () => this.#parts.net.upgrade(this.#outgoing(call, target, true)))
    if (!reply.socket) return { status: reply.status, headers: responseHeaders(reply.headers), body: reply.body }
    socket.write(switchingText(reply.headers))
    if (head.length > 0) reply.socket.write(head)
    join(socket, reply.socket)
    return undefined
  }

  #outgoing(call: ProxyCall, target: Target, upgrade: boolean): HttpRequestOptions {
    const { request } = call
    const allowAddress = (address: string) => mayProxyTo(address, this.#parts.allowedCidrs)
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(request.headers)) {
      if (!notForwarded.has(name) && !name.startsWith(':') && !name.startsWith('impersonate-')) headers[name] = value
    }
    if (request.remoteAddress !== '') {
      headers['x-forwarded-for'] = [request.headers['x-forwarded-for'], request.remoteAddress]
        .filter(Boolean)
        .join(', ')
    }
    if (call.subresource === 'proxy') headers['x-forwarded-uri'] = encodeURI(call.base + call.path)
    if (upgrade) {
      headers.connection = 'Upgrade'
      headers.upgrade = request.headers.upgrade ?? ''
      // A token that came as a WebSocket sub-protocol is the API server's, not the pod's.
      const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
      const kept = protocols.filter((one) => one !== '' && !one.startsWith('base64url.bearer.authorization.k8s.io.'))
      if (kept.length > 0) headers['sec-websocket-protocol'] = kept.join(', ')
    }
    return {
      method: request.method,
      url: target.url,
      headers,
      tls: target.kind === 'kubelet' ? this.#parts.kubeletTls : { insecureSkipVerify: true },
      signal: request.signal,
      timeoutMs: headersTimeoutMs,
      ...(request.body.length > 0 ? { body: request.body } : {}),
      // Logs and streams end at kubelets, which are known by their certificates.
      ...(call.subresource === 'proxy' ? { allowAddress } : {}),
    }
  }

  async #reach<T>(call: ProxyCall, send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      if (error instanceof AddressRefusedError) throw badRequest(error.message)
      const why = messageOf(error)
      const message =
        call.subresource === 'proxy' ? `error trying to reach service: ${why}` : `error dialing backend: ${why}`
      throw apiError({
        code: call.subresource === 'proxy' ? 503 : 500,
        reason: call.subresource === 'proxy' ? 'ServiceUnavailable' : 'InternalError',
        message,
      })
    }
  }
}

/** Undefined for the log of a pod that has no node yet: there is none. */
async function targetOf(call: ProxyCall, choice: TargetChoice): Promise<Target | undefined> {
  if (call.subresource === 'proxy') {
    const target = await proxyTarget(call, choice)
    return { ...target, url: withQuery(target.url, call.request.query) }
  }
  const pod = call.object as Pod
  const { namespace = '', name = '' } = pod.metadata
  const { query } = call.request
  if (call.subresource === 'portforward') {
    const base = kubeletBase(await nodeOf(pod, call.objects), choice.addressTypes)
    return { url: withQuery(`${base}/portForward/${namespace}/${name}`, query), kind: 'kubelet' }
  }
  const container = containerOf(pod, query.get('container'))
  if (call.subresource === 'log') {
    if (!pod.spec?.nodeName) return undefined
    const base = kubeletBase(await nodeOf(pod, call.objects), choice.addressTypes)
    const { url } = { url: `${base}/containerLogs/${namespace}/${name}/${container}` }
    return { url: withQuery(url, without(query, 'container')), kind: 'kubelet' }
  }
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') {
    throw badRequest(`cannot exec or attach in a container in a completed pod; current phase is ${pod.status.phase}`)
  }
  const base = kubeletBase(await nodeOf(pod, call.objects), choice.addressTypes)
  return {
    url: withQuery(`${base}/${call.subresource}/${namespace}/${name}/${container}`, streamQuery(query)),
    kind: 'kubelet',
  }
}

/** The kubelet's names for the streams. */
function streamQuery(query: URLSearchParams): URLSearchParams {
  const result = new URLSearchParams()
  for (const command of query.getAll('command')) result.append('command', command)
  const names = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const
  for (const [ours, theirs] of Object.entries(names)) {
    const value = query.get(ours)
    if (value === 'true' || value === '1') result.set(theirs, '1')
  }
  return result
}

function without(query: URLSearchParams, name: string): URLSearchParams {
  const result = new URLSearchParams(query)
  result.delete(name)
  return result
}

function withQuery(url: string, query: URLSearchParams): string {
  const text = query.toString()
  return text === '' ? url : `${url}?${text}`
}

function responseHeaders(headers: Record<string, string>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!['connection', 'keep-alive', 'transfer-encoding', 'upgrade'].includes(name)) result[name] = value
  }
  return result
}

/** The head of an answer that switches protocols. */
export function switchingText(headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
}
