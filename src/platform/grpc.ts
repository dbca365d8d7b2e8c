/**
 * gRPC by raw message bytes: the caller encodes and decodes. The library is loaded by the first call, so that processes
 * that never speak gRPC don't pay for it.
 *
 * Targets: `unix:///run/containerd/containerd.sock` or `host:port`.
 */
import type { ChannelCredentials, Client, ClientReadableStream, Metadata } from '@grpc/grpc-js'
import { limits } from '../limits.ts'
import type { ClientTls } from './net.ts'

/** Names of the codes a caller tells apart (https://grpc.io/docs/guides/status-codes/). */
export const grpcCode = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

export class GrpcError extends Error {
  /** One of `grpcCode`. */
  readonly code: number
  /** The server's text without the code. */
  readonly details: string
  constructor(code: number, details: string, options?: ErrorOptions) {
    super(`rpc error: code ${code}: ${details}`, options)
    this.name = 'GrpcError'
    this.code = code
    this.details = details
  }
}

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
}

export type ConnectGrpc = (target: GrpcTarget) => GrpcChannel

type Grpc = typeof import('@grpc/grpc-js')
interface Connected {
  grpc: Grpc
  client: Client
}

const unaryTimeoutMs = 120_000
const bytesOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const same = (bytes: Buffer): Uint8Array => bytes

export function connectGrpc(target: GrpcTarget): GrpcChannel {
  let connection: Promise<Connected> | undefined
  const connected = (): Promise<Connected> => {
    connection ??= connect(target)
    return connection
  }
  return {
    unary: async (method, request, options = {}) => unary(await connected(), method, request, options),
    serverStream: (method, request, options = {}) => serverStream(connected, method, request, options),
    duplexStream: (method, requests, options = {}) => duplexStream(connected, method, requests, options),
    close() {
      void connection?.then(({ client }) => client.close())
      connection = undefined
    },
  }
}

async function connect({ target, tls }: GrpcTarget): Promise<Connected> {
  const grpc = await import('@grpc/grpc-js')
  const client = new grpc.Client(target, credentialsOf(grpc, tls), {
    'grpc.max_receive_message_length': limits.grpcMessageBytesMax,
    'grpc.max_send_message_length': limits.grpcMessageBytesMax,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 3_000,
    // A Unix path is no host name; servers refuse it as `:authority`.
    ...(target.startsWith('unix:') ? { 'grpc.default_authority': 'localhost' } : {}),
    ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  })
  return { grpc, client }
}

function credentialsOf(grpc: Grpc, tls: ClientTls | undefined): ChannelCredentials {
  if (!tls) return grpc.credentials.createInsecure()
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text))
  const verify = tls.insecureSkipVerify === true ? { rejectUnauthorized: false } : {}
  return grpc.credentials.createSsl(
    pem(tls.caPem),
    pem(tls.identity?.keyPem),
    pem(tls.identity?.certificatePem),
    verify,
  )
}

function callOptions(timeoutMs: number | undefined): { deadline?: number } {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
}

function metadataOf(grpc: Grpc, options: GrpcCallOptions): Metadata {
  const metadata = new grpc.Metadata()
  for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value)
  return metadata
}

function unary(
  connected: Connected,
  method: string,
  request: Uint8Array,
  options: GrpcCallOptions,
): Promise<Uint8Array> {
  const { grpc, client } = connected
  const { signal, timeoutMs = unaryTimeoutMs } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = (): void => call.cancel()
    const call = client.makeUnaryRequest(
      method,
      bytesOf,
      same,
      request,
      metadataOf(grpc, options),
      callOptions(timeoutMs),
      (error, reply) => {
        signal?.removeEventListener('abort', onAbort)
        if (error) reject(signal?.aborted ? signal.reason : asGrpcError(error))
        else resolve(reply ?? new Uint8Array())
      },
    )
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

async function* serverStream(
  connected: () => Promise<Connected>,
  method: string,
  request: Uint8Array,
  options: GrpcCallOptions,
): AsyncGenerator<Uint8Array> {
  const { grpc, client } = await connected()
  options.signal?.throwIfAborted()
  const metadata = metadataOf(grpc, options)
  yield* messages(
    client.makeServerStreamRequest(method, bytesOf, same, request, metadata, callOptions(options.timeoutMs)),
    options.signal,
  )
}

async function* duplexStream(
  connected: () => Promise<Connected>,
  method: string,
  requests: AsyncIterable<Uint8Array>,
  options: GrpcCallOptions,
): AsyncGenerator<Uint8Array> {
  const { grpc, client } = await connected()
  options.signal?.throwIfAborted()
  const metadata = metadataOf(grpc, options)
  const call = client.makeBidiStreamRequest(method, bytesOf, same, metadata, callOptions(options.timeoutMs))
  const send = async (): Promise<void> => {
    for await (const request of requests) call.write(request)
    call.end()
  }
  send().catch((error: unknown) => call.destroy(error instanceof Error ? error : new Error(String(error))))
  yield* messages(call, options.signal)
}

async function* messages(
  call: Pick<ClientReadableStream<Uint8Array>, 'cancel'> & AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const onAbort = (): void => call.cancel()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    yield* call
  } catch (error) {
    throw signal?.aborted ? signal.reason : asGrpcError(error)
  } finally {
    signal?.removeEventListener('abort', onAbort)
    call.cancel()
  }
}

function asGrpcError(error: unknown): GrpcError {
  const {
    code = grpcCode.unknown,
    details,
    message = String(error),
  } = error as {
    code?: number
    details?: string
    message?: string
  }
  return new GrpcError(typeof code === 'number' ? code : grpcCode.unknown, details ?? message, { cause: error })
}
