/**
 * One gRPC call on an HTTP/2 stream: messages with a five-byte head, status in the trailers.
 * Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2'
import { GrpcError, grpcCode } from '../grpc-error.ts'
import { hasConnected } from './grpc-connection.ts'

export interface CallRequest {
  method: string
  authority: string
  /** Longest message that is read. */
  messageBytesMax: number
  timeoutMs?: number
  signal?: AbortSignal
  metadata?: Record<string, string>
}

export interface CallHandlers {
  message(bytes: Uint8Array): void
  /** Once, after the last message. Absent failure: status OK. */
  end(failure?: unknown): void
}

/** Flag of compression and length of the message. */
const headBytes = 5
const digitsMax = 8

export class Call {
  ended = false
  readonly #session: ClientHttp2Session
  readonly #stream: ClientHttp2Stream | undefined
  readonly #handlers: CallHandlers
  readonly #signal: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout | undefined
  readonly #messageBytesMax: number
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #neededBytes = headBytes
  #status: IncomingHttpHeaders = {}
  #error: Error | undefined

  constructor(session: ClientHttp2Session, request: CallRequest, handlers: CallHandlers) {
    const { signal, timeoutMs } = request
    this.#session = session
    this.#handlers = handlers
    this.#signal = signal
    this.#messageBytesMax = request.messageBytesMax
    try {
      this.#stream = session.request(headersOf(request), { endStream: false })
    } catch (error) {
      queueMicrotask(() => this.end(unavailable(error, true)))
      return
    }
    if (timeoutMs !== undefined)
      this.#timer = setTimeout(() => this.end(deadlineExceeded(timeoutMs, !hasConnected(session))), timeoutMs)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#listen(this.#stream)
  }

  /** False: `drained` should be waited for. */
  send(message: Uint8Array): boolean {
    if (!this.#stream || this.ended) return true
    const head = Buffer.allocUnsafe(headBytes)
    head.writeUInt8(0, 0)
    head.writeUInt32BE(message.length, 1)
    return this.#stream.write(Buffer.concat([head, message]))
  }

  drained(): Promise<void> {
    const stream = this.#stream
    if (!stream || this.ended) return Promise.resolve()
    return new Promise((resolve) => {
      stream.once('drain', resolve)
      stream.once('close', resolve)
    })
  }

  endRequests(): void {
    this.#stream?.end()
  }

  pause(): void {
    this.#stream?.pause()
  }

  resume(): void {
    if (this.#stream?.isPaused()) this.#stream.resume()
  }

  /** Nobody waits for its end any more. */
  cancel(): void {
    this.end(new GrpcError(grpcCode.cancelled, 'the call was left'))
  }

  /** Ends the call from this side. */
  end(failure?: unknown): void {
    if (this.ended) return
    this.ended = true
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    const stream = this.#stream
    if (stream && !stream.closed) stream.close(constants.NGHTTP2_CANCEL)
    this.#handlers.end(failure)
  }

  readonly #onAbort = (): void => this.end(this.#signal?.reason)

  #listen(stream: ClientHttp2Stream): void {
    stream.on('response', (headers) => {
      this.#status = { ...headers }
    })
    stream.on('trailers', (headers) => {
      this.#status = { ...this.#status, ...headers }
    })
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
    stream.on('error', (error) => {
      this.#error = error
    })
    stream.once('close', () => this.end(this.#outcome(stream)))
  }

  /** Pieces of a long message are joined once, when all of it is there. */
  #read(chunk: Buffer): void {
    this.#pieces.push(chunk)
    this.#pieceBytes += chunk.length
    if (this.#pieceBytes < this.#neededBytes) return
    let unread = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces)
    this.#neededBytes = headBytes
    while (!this.ended && unread.length >= headBytes) {
      const length = unread.readUInt32BE(1)
      const problem = problemOf(unread.readUInt8(0), length, this.#messageBytesMax)
      if (problem) return this.end(problem)
      if (unread.length < headBytes + length) {
        this.#neededBytes = headBytes + length
        break
      }
      this.#handlers.message(unread.subarray(headBytes, headBytes + length))
      unread = unread.subarray(headBytes + length)
    }
    this.#pieces = unread.length === 0 ? [] : [unread]
    this.#pieceBytes = unread.length
  }

  #outcome(stream: ClientHttp2Stream): GrpcError | undefined {
    const { 'grpc-status': code, 'grpc-message': message, ':status': httpStatus } = this.#status
    if (code === '0') return undefined
    if (code !== undefined) return new GrpcError(Number(code), decoded(String(message ?? '')))
    if (httpStatus !== undefined && Number(httpStatus) !== 200) {
      return new GrpcError(codeOfHttp[Number(httpStatus)] ?? grpcCode.unknown, `the server answered HTTP ${httpStatus}`)
    }
    if (this.#session.destroyed || this.#error === undefined)
      return unavailable(this.#error, !hasConnected(this.#session))
    const byReset = codeOfReset[stream.rstCode ?? 0] ?? grpcCode.internal
    return new GrpcError(byReset, this.#error.message, { cause: this.#error })
  }
}

function headersOf({ method, authority, timeoutMs, metadata }: CallRequest): Record<string, string> {
  return {
    ':method': 'POST',
    ':path': method,
    ':authority': authority,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'k8ts',
    ...(timeoutMs === undefined ? {} : { 'grpc-timeout': timeout(timeoutMs) }),
    ...metadata,
  }
}

/** At most eight digits and a unit. */
function timeout(milliseconds: number): string {
  const whole = String(Math.max(1, Math.ceil(milliseconds)))
  return whole.length <= digitsMax ? `${whole}m` : `${Math.ceil(milliseconds / 1000)}S`
}

function problemOf(compressed: number, length: number, bytesMax: number): GrpcError | undefined {
  if (compressed !== 0)
    return new GrpcError(grpcCode.internal, 'the server compressed a message, which nobody asked for')
  if (length <= bytesMax) return undefined
  return new GrpcError(
    grpcCode.resourceExhausted,
    `a message of ${length} bytes was received, at most ${bytesMax} are read`,
  )
}

function deadlineExceeded(timeoutMs: number, unsent: boolean): GrpcError {
  return new GrpcError(grpcCode.deadlineExceeded, `no answer after ${timeoutMs} ms`, { unsent })
}

function unavailable(cause: unknown, unsent: boolean): GrpcError {
  const text = cause instanceof Error ? cause.message : 'the connection ended before the call'
  return new GrpcError(grpcCode.unavailable, text, { cause, unsent })
}

/** Messages are percent-encoded UTF-8. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message)
  } catch {
    return message
  }
}

/** Source: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
const codeOfHttp: Record<number, number> = {
  400: grpcCode.internal,
  401: grpcCode.unauthenticated,
  403: grpcCode.permissionDenied,
  404: grpcCode.unimplemented,
  429: grpcCode.unavailable,
  502: grpcCode.unavailable,
  503: grpcCode.unavailable,
  504: grpcCode.unavailable,
}

const codeOfReset: Record<number, number> = {
  [constants.NGHTTP2_REFUSED_STREAM]: grpcCode.unavailable,
  [constants.NGHTTP2_CANCEL]: grpcCode.cancelled,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: grpcCode.resourceExhausted,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: grpcCode.permissionDenied,
}
