/**
 * Calls to an etcd cluster of several members. One member answers until it fails; then the next one is asked. What may
 * have been carried out is never repeated by itself.
 */
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import { type ConnectGrpc, type GrpcChannel, GrpcError, grpcCode } from '../../platform/grpc.ts'
import type { ClientTls } from '../../platform/net.ts'
import { decode, encode } from './messages.ts'

export interface EndpointsOptions {
  /** `http://host:port`, `https://host:port` or `unix:///path`; at least one. */
  endpoints: readonly string[]
  /** For `https` endpoints. */
  tls?: ClientTls
  clock: Clock
  connectGrpc: ConnectGrpc
}

export interface Method {
  /** `KV/Range`, below the package `etcdserverpb`. */
  path: string
  request: string
  reply: string
  /** Repeating it does no harm. */
  repeatable: boolean
}

/** A member without a leader ends calls that carry this, instead of letting them wait. */
export const requireLeader = { hasleader: 'true' }

export class Endpoints {
  readonly #channels: readonly GrpcChannel[]
  readonly #clock: Clock
  readonly #closing = new AbortController()
  #current = 0

  /** Throws TypeError on an endpoint that is none. */
  constructor({ endpoints, tls, clock, connectGrpc }: EndpointsOptions) {
    if (endpoints.length === 0) throw new TypeError('etcd: at least one endpoint is needed')
    this.#clock = clock
    const keepAlive = { everyMs: limits.etcdKeepAliveMs, timeoutMs: limits.etcdKeepAliveTimeoutMs }
    this.#channels = endpoints.map((endpoint) => {
      const { target, secure } = parseEndpoint(endpoint)
      return connectGrpc({
        target,
        messageBytesMax: limits.etcdMessageBytesMax,
        connectTimeoutMs: limits.etcdConnectTimeoutMs,
        keepAlive,
        ...(secure ? { tls: tls ?? {} } : {}),
      })
    })
  }

  /** Rejects with `GrpcError`. */
  async call<T>(method: Method, message: object, timeoutMs: number = limits.etcdCallTimeoutMs): Promise<T> {
    const bytes = encode(method.request, message)
    const path = `/etcdserverpb.${method.path}`
    const endMs = this.#clock.monotonicMs() + timeoutMs
    let reason: unknown
    for (let attempt = 1; ; attempt++) {
      const member = this.#current
      try {
        const leftMs = Math.max(1, endMs - this.#clock.monotonicMs())
        const options = {
          timeoutMs: this.#attemptMs(method, leftMs),
          metadata: requireLeader,
          signal: this.#closing.signal,
        }
        return decode<T>(method.reply, await this.channel(member).unary(path, bytes, options))
      } catch (error) {
        if (isMembersFault(error)) this.leave(member)
        // That time ran out says less than why it did.
        if (!reason || !(error instanceof GrpcError && error.code === grpcCode.deadlineExceeded)) reason = error
        if (!mayRepeat(error, method) || this.#clock.monotonicMs() >= endMs) throw reason
        // Every member was asked: give the cluster a moment, it may be electing its leader.
        if (attempt % this.#channels.length === 0) {
          await this.#clock.sleep(limits.etcdRetryMs, this.#closing.signal)
        }
      }
    }
  }

  /** Leaves time for another member where one may be asked. */
  #attemptMs({ repeatable }: Method, leftMs: number): number {
    return repeatable && this.#channels.length > 1 ? Math.min(leftMs, limits.etcdAttemptTimeoutMs) : leftMs
  }

  /** The member in use, for streams. */
  get current(): number {
    return this.#current
  }

  channel(member: number): GrpcChannel {
    return this.#channels[member]!
  }

  /** The member failed: others are asked from now on. */
  leave(member: number): void {
    if (member === this.#current) this.#current = (member + 1) % this.#channels.length
  }

  close(): void {
    this.#closing.abort(new GrpcError(grpcCode.cancelled, 'the store is closed'))
    for (const channel of this.#channels) channel.close()
  }
}

export function parseEndpoint(endpoint: string): { target: string; secure: boolean } {
  if (/^unixs?:/.test(endpoint)) return { target: endpoint.replace(/^unixs/, 'unix'), secure: false }
  const url = URL.parse(endpoint.includes('://') ? endpoint : `http://${endpoint}`)
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.pathname.length > 1) {
    throw new TypeError(`etcd: an endpoint is like https://host:2379, got "${endpoint}"`)
  }
  return { target: `${url.hostname}:${url.port || '2379'}`, secure: url.protocol === 'https:' }
}

/** Another member may do better. */
export function isMembersFault(error: unknown): boolean {
  if (!(error instanceof GrpcError)) return false
  const { code, details } = error
  if (code === grpcCode.unavailable || code === grpcCode.deadlineExceeded || code === grpcCode.internal) return true
  return /leader|server stopped|not capable/.test(details)
}

function mayRepeat(error: unknown, { repeatable }: Method): boolean {
  if (!(error instanceof GrpcError)) return false
  return error.unsent || (repeatable && isMembersFault(error))
}
