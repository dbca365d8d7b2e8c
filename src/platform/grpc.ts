/**
 * gRPC by raw message bytes: the caller encodes and decodes. A channel is one HTTP/2 connection, made by its first call
 * and made anew by the first call after it broke.
 *
 * Targets: `unix:///run/containerd/containerd.sock` or `host:port`.
 */
import { limits } from '../limits.ts'
import type { ClientTls } from './net.ts'
import { Call, type CallHandlers } from './real/grpc-call.ts'
import { GrpcConnection } from './real/grpc-connection.ts'

export { GrpcError, grpcCode } from './grpc-error.ts'

export interface GrpcCallOptions {
  /** Deadline. Beyond: `GrpcError` deadlineExceeded. Default 120,000 for unary calls, none for streams. */
  timeoutMs?: number
  signal?: AbortSignal
  metadata?: Record<string, string>
}

export interface GrpcChannel {
  /** `method` is the full path: `/runtime.v1.RuntimeService/Version`. */
  unary(method: string, request: Uint8Array, options?: GrpcCallOptions): Promise<Uint8Array>
  /** Cancelled when the iteration is left. */
  serverStream(method: string, request: Uint8Array, options?: GrpcCallOptions): AsyncIterable<Uint8Array>
  /** A stream in both directions; ends its side when `requests` ends. */
  duplexStream(
    method: string,
    requests: AsyncIterable<Uint8Array>,
    options?: GrpcCallOptions,
  ): AsyncIterable<Uint8Array>
  /** Calls under way fail with `cancelled`; the next call would connect anew. */
  close(): void
}

export interface GrpcTarget {
  target: string
  /** Absent: plain text. */
  tls?: ClientTls
  /** Longest message that is read. Beyond: `GrpcError` resourceExhausted. Default `limits.grpcMessageBytesMax`. */
  messageBytesMax?: number
  /** Time until connected. Beyond: `GrpcError` unavailable. Default: as long as the system tries. */
  connectTimeoutMs?: number
  /** While calls are under way the server is asked for a sign of life; without one they fail as unavailable. Default: never. */
  keepAlive?: { everyMs: number; timeoutMs: number }
}

export type ConnectGrpc = (target: GrpcTarget) => GrpcChannel

const unaryTimeoutMs = 120_000
/** Messages read ahead of who iterates; more stay with the sender. */
const readAheadMax = 64

export function connectGrpc(target: GrpcTarget): GrpcChannel {
  const { messageBytesMax = limits.grpcMessageBytesMax } = target
  const underWay = new Set<Call>()
  const connection = new GrpcConnection(target, () => underWay.size > 0)
  const open = (method: string, options: GrpcCallOptions, handlers: CallHandlers): Call => {
    const call = new Call(
      connection.session(),
      { method, authority: connection.authority, messageBytesMax, ...options },
      {
        ...handlers,
        end(failure) {
          underWay.delete(call)
          handlers.end(failure)
        },
      },
    )
    underWay.add(call)
    return call
  }
  return {
    unary: (method, request, options = {}) =>
      new Promise((resolve, reject) => {
        options.signal?.throwIfAborted()
        let reply: Uint8Array = new Uint8Array()
        const call = open(
          method,
          { timeoutMs: unaryTimeoutMs, ...options },
          {
            message: (bytes) => {
              reply = bytes
            },
            end: (failure) => (failure === undefined ? resolve(reply) : reject(failure)),
          },
        )
        call.send(request)
        call.endRequests()
      }),
    serverStream: (method, request, options = {}) =>
      messages((handlers) => {
        const call = open(method, options, handlers)
        call.send(request)
        call.endRequests()
        return call
      }, options.signal),
    duplexStream: (method, requests, options = {}) =>
      messages((handlers) => {
        const call = open(method, options, handlers)
        sendAll(call, requests).catch((error: unknown) => call.end(error))
        return call
      }, options.signal),
    close() {
      for (const call of underWay) call.cancel()
      connection.close()
    },
  }
}

async function sendAll(call: Call, requests: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const request of requests) {
    if (call.ended) return
    if (!call.send(request)) await call.drained()
  }
  call.endRequests()
}

async function* messages(
  open: (handlers: CallHandlers) => Call,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted()
  const queue: Uint8Array[] = []
  let ended = false
  let failure: unknown
  let wake = (): void => {}
  const call = open({
    message(bytes) {
      queue.push(bytes)
      if (queue.length >= readAheadMax) call.pause()
      wake()
    },
    end(error) {
      ended = true
      failure = error
      wake()
    },
  })
  try {
    for (;;) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) yield next
      if (ended && queue.length === 0) break
      call.resume()
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (failure !== undefined) throw failure
  } finally {
    call.cancel()
  }
}
