/**
 * How a request reaches an API server: in process or over HTTPS, with the same meaning. One contract suite runs on
 * both. A request is a plain value.
 */
import type { Duplex } from 'node:stream'

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
  /** Path with query, percent-encoded: `/api/v1/pods?limit=500`. */
  path: string
  /** Lower-case names. */
  headers: Record<string, string>
  body?: Uint8Array
  signal?: AbortSignal
}

export interface TransportReply {
  status: number
  headers: Record<string, string>
  /** Whole when the answer is finite, chunks when it streams (watch, log). */
  body: Uint8Array | AsyncIterable<Uint8Array>
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportReply>
  /** WebSocket or SPDY: `socket` is set on 101. */
  upgrade(
    request: TransportRequest,
  ): Promise<{ status: number; headers: Record<string, string>; socket?: Duplex; body: Uint8Array }>
  close(): Promise<void>
}

/**
 * The transport until the signal aborts: what is under way ends then with its reason, and nothing more is sent. `check` is
 * called before each request, and refuses it by throwing.
 */
export function until(signal: AbortSignal, transport: Transport, check: () => void = () => {}): Transport {
  return {
    async send(request) {
      signal.throwIfAborted()
      check()
      return transport.send({ ...request, signal: request.signal ? AbortSignal.any([request.signal, signal]) : signal })
    },
    async upgrade(request) {
      signal.throwIfAborted()
      check()
      return transport.upgrade(request)
    },
    close: () => transport.close(),
  }
}
