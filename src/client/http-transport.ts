/** The API over HTTPS with pooled connections. */
import { limits } from '../limits.ts'
import type { ClientTls, Net } from '../platform/net.ts'
import { readAll } from './body.ts'
import type { Transport, TransportReply, TransportRequest } from './transport.ts'
import { asTransportError } from './transport-error.ts'

export interface HttpTransportOptions {
  net: Net
  /** `https://127.0.0.1:6443`, optionally with a path prefix. */
  server: string
  tls?: ClientTls
  /** Bearer token, or what reads the newest one (rotated service account tokens). */
  token?: string | (() => string | Promise<string>)
  /** Sent with each request, such as impersonation; the request's own headers win. */
  headers?: Record<string, string>
}

export function httpTransport(options: HttpTransportOptions): Transport {
  return new HttpTransport(options)
}

class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions
  readonly #base: string
  readonly #closing = new AbortController()

  constructor(options: HttpTransportOptions) {
    this.#options = options
    this.#base = options.server.replace(/\/+$/, '')
  }

  async send(request: TransportRequest): Promise<TransportReply> {
    const { net } = this.#options
    const call = await this.#callOf(request)
    const reply = await this.#guard(request, () => net.request(call))
    const { status, headers, body } = reply
    if (isStream(request, headers)) return { status, headers, body }
    return { status, headers, body: await this.#guard(request, () => readAll(body)) }
  }

  async upgrade(request: TransportRequest): ReturnType<Transport['upgrade']> {
    const { net } = this.#options
    const call = await this.#callOf(request)
    return this.#guard(request, () => net.upgrade(call))
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the transport was closed'))
  }

  async #callOf(request: TransportRequest): Promise<Parameters<Net['request']>[0]> {
    const { tls, token, headers } = this.#options
    const bearer = typeof token === 'function' ? await token() : token
    const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
    const closing = this.#closing.signal
    return {
      method: request.method,
      url: this.#base + request.path,
      headers: { ...headers, ...authorization, ...request.headers },
      signal: request.signal ? AbortSignal.any([request.signal, closing]) : closing,
      timeoutMs: limits.clientResponseHeaderTimeoutMs,
      connection: lasts(request) ? 'own' : 'shared',
      ...(request.body ? { body: request.body } : {}),
      ...(tls ? { tls } : {}),
    }
  }

  async #guard<T>(request: TransportRequest, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason
      throw asTransportError(`${request.method} ${request.path}`, error)
    }
  }
}

/** It may go on for as long as its reader likes. */
function lasts({ path }: TransportRequest): boolean {
  return streaming.test(path) || path.includes('/proxy')
}

const streaming = /[?&](watch|follow)=(true|1)\b/

/** An answer without a length goes on until it ends: a watch, a followed log, or simply a long list. */
function isStream(request: TransportRequest, headers: Record<string, string>): boolean {
  return headers['content-length'] === undefined && streaming.test(request.path)
}
