/**
 * The HTTP front: adapts the platform's HTTPS server (HTTP/1.1 and HTTP/2) to `ApiRequest` and `ApiResponse`, and back.
 * Nothing behind it knows about sockets, except upgrades (WebSocket, SPDY), which are handed on with theirs.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { apiError, tooManyRequests } from '../../api/errors.ts'
import type { Logger } from '../../platform/log.ts'
import type { HttpHandlers, HttpRequest, HttpResponse } from '../../platform/net.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'
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
  const gone = new AbortController()
  response.once('close', () => gone.abort(clientGone))
  response.on('error', () => gone.abort(clientGone))
  await bodies.with(request, async (body) => {
    if (body === 'gone') return
    const answer =
      body instanceof Uint8Array
        ? await handler.handle(apiRequestOf(request, body, gone.signal))
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
  const gone = new AbortController()
  socket.once('close', () => gone.abort(clientGone))
  const refusal = await handler.upgrade(apiRequestOf(request, new Uint8Array(), gone.signal), socket, head)
  if (refusal) socket.end(refusalText(refusal))
}

const clientGone = new Error('the client closed the connection')

function apiRequestOf(request: HttpRequest, body: Uint8Array, signal: AbortSignal): ApiRequest {
  const url = request.url ?? '/'
  const question = url.indexOf('?')
  const { headers, headerValues } = headersOf(request)
  const peerCertificate = peerCertificateOf(request)
  return {
    method: request.method ?? 'GET',
    path: question < 0 ? url : url.slice(0, question),
    query: new URLSearchParams(question < 0 ? '' : url.slice(question + 1)),
    headers,
    headerValues,
    body,
    signal,
    remoteAddress: request.socket?.remoteAddress ?? '',
    ...(peerCertificate ? { peerCertificate } : {}),
  }
}

function headersOf(request: HttpRequest): Required<Pick<ApiRequest, 'headers' | 'headerValues'>> {
  const headers: Record<string, string> = {}
  const headerValues: Record<string, string[]> = {}
  const raw = request.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    if (name.startsWith(':')) continue
    const value = raw[index + 1]!
    const values = headerValues[name]
    if (values) values.push(value)
    else headerValues[name] = [value]
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return { headers, headerValues }
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
