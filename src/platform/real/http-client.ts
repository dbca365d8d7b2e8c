/**
 * HTTP requests over pooled keep-alive connections, one pool per TLS setting. Redirects are never followed: what a
 * webhook or a proxied pod answers must not send us elsewhere with our credentials.
 */
import { createHash } from 'node:crypto'
import type * as http from 'node:http'
import * as https from 'node:https'
import type { Duplex } from 'node:stream'
import { limits } from '../../limits.ts'
import type { ClientTls, HttpReply, HttpRequestOptions, UpgradedReply } from '../net.ts'
import { guardedLookup } from './address-guard.ts'
import { nodeHttp } from './node-http.ts'
import { tlsOptions } from './tls-options.ts'

/** No answer in time. */
export class NetTimeoutError extends Error {
  readonly code = 'ETIMEDOUT'
  constructor(message: string) {
    super(message)
    this.name = 'NetTimeoutError'
  }
}

export interface HttpClient {
  request(options: HttpRequestOptions): Promise<HttpReply>
  upgrade(options: HttpRequestOptions): Promise<UpgradedReply>
}

export function httpClient(): HttpClient {
  const plain = new nodeHttp.Agent({ keepAlive: true })
  const pools = new Map<string, https.Agent>()
  const agentFor = (options: HttpRequestOptions): http.Agent => {
    if (!options.url.startsWith('https:')) return plain
    const shared = options.connection === 'shared'
    const key = poolKey(options.tls, shared)
    const pool = pools.get(key) ?? new https.Agent({ ...poolOptions(shared), ...tlsOptions(options.tls) })
    pools.delete(key)
    pools.set(key, pool)
    if (pools.size > limits.connectionPoolsMax) closeOldest(pools)
    return pool
  }
  return {
    request: (options) => request(options, agentFor(options)),
    upgrade: (options) => upgrade(options),
  }
}

function closeOldest(pools: Map<string, https.Agent>): void {
  const oldest = pools.keys().next().value!
  // Requests under way keep their sockets; only the waiting ones are closed.
  for (const sockets of Object.values(pools.get(oldest)!.freeSockets))
    for (const socket of sockets ?? []) socket.destroy()
  pools.delete(oldest)
}

function poolOptions(shared: boolean): https.AgentOptions {
  return shared ? { keepAlive: true, maxSockets: limits.sharedConnectionsMax } : { keepAlive: true }
}

function poolKey(tls: ClientTls = {}, shared: boolean): string {
  const { caPem = '', identity, serverName = '', insecureSkipVerify = false } = tls
  const parts = [caPem, identity?.certificatePem ?? '', identity?.keyPem ?? '', serverName, String(insecureSkipVerify)]
  return createHash('sha256')
    .update(JSON.stringify([...parts, shared]))
    .digest('base64')
}

/** The body must be read to its end or left by `break`: until then it holds its connection. */
async function request(options: HttpRequestOptions, agent: http.Agent): Promise<HttpReply> {
  try {
    return await requestOnce(options, agent)
  } catch (error) {
    // The server may close an idle connection just as it is taken from the pool; nothing was answered on it.
    if (error instanceof StaleConnectionError && (options.isRepeatable || isSafe(options.method)))
      return requestOnce(options, agent)
    throw error instanceof StaleConnectionError ? error.cause : error
  }
}

class StaleConnectionError extends Error {}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

function requestOnce(options: HttpRequestOptions, agent: http.Agent): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) return reject(options.signal.reason)
    const outgoing = open(options, agent)
    const stop = watchOver(outgoing, options)
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      stop()
      const stale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(stale ? new StaleConnectionError(error.message, { cause: error }) : error)
    })
    outgoing.once('response', (incoming) => {
      stop()
      followSignal(incoming, options.signal)
      const { 'set-cookie': cookies, ...headers } = incoming.headers
      const reply = { status: incoming.statusCode ?? 0, headers: flat(headers), body: incoming }
      resolve(cookies ? { ...reply, cookies } : reply)
    })
    outgoing.end(options.body)
  })
}

function open(options: HttpRequestOptions, agent: http.Agent | false): http.ClientRequest {
  const { method, url, body, allowAddress, socketPath } = options
  const lookup = allowAddress && guardedLookup(url, allowAddress)
  // Node leaves the length out for DELETE, and servers then read the body as the next request.
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const headers: http.OutgoingHttpHeaders = { ...length, ...(options.headers as http.OutgoingHttpHeaders) }
  const secure = url.startsWith('https:')
  // A pooled connection may go where this request must not.
  const pool = lookup ? false : agent
  const tls = secure && pool === false ? tlsOptions(options.tls) : {}
  return (secure ? https : nodeHttp).request(url, {
    method,
    headers,
    agent: pool,
    maxHeaderSize: limits.requestHeaderBytesMax,
    ...(lookup ? { lookup } : {}),
    ...(socketPath === undefined ? {} : { socketPath }),
    ...tls,
  })
}

/** Ends the request on abort or when no headers came in time; returns what stops watching. */
function watchOver(outgoing: http.ClientRequest, options: HttpRequestOptions): () => void {
  const { signal, timeoutMs = limits.responseHeaderTimeoutMs, method, url } = options
  const onAbort = (): void => void outgoing.destroy(asError(signal?.reason))
  const timer = setTimeout(() => {
    outgoing.destroy(new NetTimeoutError(`${method} ${url}: no response headers after ${timeoutMs} ms`))
  }, timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  return () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function followSignal(incoming: http.IncomingMessage, signal: AbortSignal | undefined): void {
  // A body that nobody reads any more still reports a broken connection.
  incoming.on('error', () => {})
  if (!signal) return
  const onAbort = (): void => void incoming.destroy(asError(signal.reason))
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  incoming.once('close', () => signal.removeEventListener('abort', onAbort))
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

/** Always a connection of its own: once upgraded it belongs to the caller. */
function upgrade(options: HttpRequestOptions): Promise<UpgradedReply> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) return reject(options.signal.reason)
    const headers = { connection: 'Upgrade', ...options.headers }
    const outgoing = open({ ...options, headers }, false)
    const stop = watchOver(outgoing, options)
    outgoing.once('error', (error) => {
      stop()
      reject(error)
    })
    outgoing.once('upgrade', (incoming, socket: Duplex, head) => {
      stop()
      // It may break before its new owner listens; that it is destroyed tells as much.
      socket.on('error', () => {})
      if (head.length > 0) socket.unshift(head)
      resolve({ status: 101, headers: flat(incoming.headers), socket, body: new Uint8Array() })
    })
    outgoing.once('response', (incoming) => {
      stop()
      readRefusal(incoming).then(resolve, reject)
    })
    outgoing.end(options.body)
  })
}

async function readRefusal(incoming: http.IncomingMessage): Promise<UpgradedReply> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    total += chunk.length
    chunks.push(chunk)
    if (total >= limits.refusedUpgradeBodyBytesMax) break
  }
  const body = Buffer.concat(chunks).subarray(0, limits.refusedUpgradeBodyBytesMax)
  return { status: incoming.statusCode ?? 0, headers: flat(incoming.headers), body }
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return result
}
