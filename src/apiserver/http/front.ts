/**
 * The HTTP front: adapts the platform's HTTPS server (HTTP/1.1 and HTTP/2) to `ApiRequest` and `ApiResponse`, and back.
 * Nothing behind it knows about sockets, except upgrades (WebSocket, SPDY), which are handed on with theirs.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { apiError, tooManyRequests } from '../../api/errors.ts'
import type { Logger } from '../../platform/log.ts'
import type { HttpHandlers, HttpRequest, HttpResponse } from '../../platform/net.ts'
import type { ApiRequest, ApiResponse, PeerCertificate } from '../request.ts'
import { BodyReader } from './body.ts'
import { peerCertificateOf } from './peer-certificate.ts'
import { errorResponse } from './status.ts'
import { writeResponse } from './write.ts'

export interface FrontHandler {
  handle(request: ApiRequest): Promise<ApiResponse>
  /** Answers an upgrade, or refuses it by returning the response to send. */
  upgrade(request: ApiRequest, socket: Duplex, head: Uint8Array): Promise<ApiResponse | undefined>
}

export function httpHandlers(handler: FrontHandler, log: Logger, bodies = new BodyReader()): HttpHandlers {
  return {
    request(request, response) {
      serve(handler, bodies, request, response).catch((error: unknown) => {
        log.debug('a reply could not be sent', { error: String(error) })
        response.destroy()
      })
    },
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy())
      serveUpgrade(handler, request, socket, head).catch((error: unknown) => {
        log.debug('an upgrade failed', { error: String(error) })
        socket.destroy()
      })
    },
  }
}

async function serve(
  handler: FrontHandler,
  bodies: BodyReader,
  request: HttpRequest,
  response: HttpResponse,
): Promise<void> {
  response.on('error', ignore)
  await bodies.with(request, async (body) => {
    if (body === 'gone') return
    const answer =
      body instanceof Uint8Array
        ? await handler.handle(new FrontRequest(request, body, response))
        : errorResponse(body === 'too large' ? tooLarge() : tooManyRequests(busy, 1))
    await writeResponse(request, response, answer)
  })
}

const busy = 'Too many requests, please try again later.'

async function serveUpgrade(
  handler: FrontHandler,
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
): Promise<void> {
  const refusal = await handler.upgrade(new FrontRequest(request, new Uint8Array(), socket), socket, head)
  if (refusal) socket.end(refusalText(refusal))
}

const clientGone = new Error('the client closed the connection')

/** Reports by `close`, too. */
function ignore(): void {}

/** What most requests do not need is made when it is asked for. */
class FrontRequest implements ApiRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly peerCertificate?: PeerCertificate
  readonly #request: HttpRequest
  readonly #ending: HttpResponse | Duplex
  #query: string | URLSearchParams
  #gone: AbortController | undefined

  constructor(request: HttpRequest, body: Uint8Array, ending: HttpResponse | Duplex) {
    const url = request.url ?? '/'
    const question = url.indexOf('?')
    this.method = request.method ?? 'GET'
    this.path = question < 0 ? url : url.slice(0, question)
    this.#query = question < 0 ? noQuery : url.slice(question + 1)
    this.headers = headersOf(request.rawHeaders)
    this.body = body
    const certificate = peerCertificateOf(request)
    if (certificate) this.peerCertificate = certificate
    this.#request = request
    this.#ending = ending
  }

  get query(): URLSearchParams {
    if (typeof this.#query === 'string') this.#query = new URLSearchParams(this.#query)
    return this.#query
  }

  get headerValues(): Readonly<Record<string, readonly string[]>> {
    return headerValuesOf(this.#request.rawHeaders)
  }

  get remoteAddress(): string {
    return this.#request.socket?.remoteAddress ?? ''
  }

  get signal(): AbortSignal {
    if (!this.#gone) {
      const gone = new AbortController()
      this.#gone = gone
      if (this.#ending.closed || this.#ending.destroyed) gone.abort(clientGone)
      else this.#ending.once('close', () => gone.abort(clientGone))
    }
    return this.#gone.signal
  }
}

const noQuery = new URLSearchParams()

function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    if (name.charCodeAt(0) === colon) continue
    const value = raw[index + 1]!
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before}, ${value}`
  }
  return headers
}

/** Of HTTP/2's own headers, such as `:path`. */
const colon = 0x3a

function headerValuesOf(raw: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    const known = values[name]
    if (known) known.push(raw[index + 1]!)
    else values[name] = [raw[index + 1]!]
  }
  return values
}

function tooLarge(): Error {
  return apiError({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  })
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

function refusalText(response: ApiResponse): Uint8Array {
  const body = response.body instanceof Uint8Array ? response.body : new Uint8Array()
  const lines = [`HTTP/1.1 ${response.status} ${reasons[response.status] ?? 'Error'}`]
  for (const [name, value] of Object.entries(response.headers)) lines.push(`${name}: ${value}`)
  lines.push(`content-length: ${body.length}`, 'connection: close', '', '')
  return Buffer.concat([Buffer.from(lines.join('\r\n')), body])
}
