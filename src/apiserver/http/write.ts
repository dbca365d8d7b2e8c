/** Sends an answer with back-pressure, compressed when it is large and the client wants that. */
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import { limits } from '../../limits.ts'
import type { HttpRequest, HttpResponse } from '../../platform/net.ts'
import type { ApiResponse } from '../request.ts'

const compress = promisify(gzip)
const gzipLevel = 1

export async function writeResponse(request: HttpRequest, response: HttpResponse, answer: ApiResponse): Promise<void> {
  const headers: Record<string, string | string[]> = { 'cache-control': 'no-cache, private', ...answer.headers }
  if (answer.warnings && answer.warnings.length > 0) headers.warning = answer.warnings.map(inBytes)
  if (answer.cookies) headers['set-cookie'] = [...answer.cookies]
  const { status, body, document } = answer
  if (body instanceof Uint8Array) await writeWhole(request, response, status, headers, body)
  else if (document && acceptsGzip(request)) {
    headers['content-encoding'] = 'gzip'
    headers.vary = 'Accept-Encoding'
    await writeStream(response, status, headers, { body: compressed(answer, body) })
  } else await writeStream(response, status, headers, { ...answer, body })
}

/** Header values are sent byte by byte: text that is not ASCII goes as its UTF-8. */
function inBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

async function writeWhole(
  request: HttpRequest,
  response: HttpResponse,
  status: number,
  headers: Record<string, string | string[]>,
  body: Uint8Array,
): Promise<void> {
  let bytes = body
  if (body.length >= limits.gzipFromBytes && acceptsGzip(request) && headers['content-encoding'] === undefined) {
    bytes = await compress(body, { level: gzipLevel })
    headers['content-encoding'] = 'gzip'
    headers.vary = 'Accept-Encoding'
  }
  headers['content-length'] = String(bytes.length)
  if (response.destroyed) return
  start(response, status, headers)
  end(response, request.method === 'HEAD' ? undefined : bytes)
}

type Stream = Pick<ApiResponse, 'giveBack'> & { body: AsyncIterable<Uint8Array> }

async function writeStream(
  response: HttpResponse,
  status: number,
  headers: Record<string, string | string[]>,
  { body, giveBack }: Stream,
): Promise<void> {
  start(response, status, headers)
  if ('flushHeaders' in response) response.flushHeaders()
  const iterator = body[Symbol.asyncIterator]()
  response.once('close', () => void iterator.return?.())
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    if (response.destroyed || response.closed) break
    if (!send(response, next.value, giveBack)) await drained(response)
  }
  await iterator.return?.()
  if (!response.destroyed) end(response)
}

/** Compressed on Node's thread pool while it is made and sent. */
function compressed({ giveBack }: ApiResponse, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const zip = createGzip({ level: gzipLevel })
  const feed = async (): Promise<void> => {
    for await (const piece of body) {
      await new Promise<void>((resolve, reject) => zip.write(piece, (error) => (error ? reject(error) : resolve())))
      giveBack?.(piece)
    }
    zip.end()
  }
  feed().catch((error: Error) => zip.destroy(error))
  return zip
}

// The two response classes have the same methods but no common type.
function start(response: HttpResponse, status: number, headers: Record<string, string | string[]>): void {
  ;(response.writeHead as (status: number, headers: Record<string, string | string[]>) => void).call(
    response,
    status,
    headers,
  )
}

function send(response: HttpResponse, bytes: Uint8Array, giveBack?: (bytes: Uint8Array) => void): boolean {
  const sent = giveBack && ((error?: Error | null) => error || giveBack(bytes))
  return (response.write as (bytes: Uint8Array, sent?: (error?: Error | null) => void) => boolean).call(
    response,
    bytes,
    sent,
  )
}

function end(response: HttpResponse, bytes?: Uint8Array): void {
  if (bytes) (response.end as (bytes: Uint8Array) => void).call(response, bytes)
  else response.end()
}

function drained(response: HttpResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
  })
}

function acceptsGzip(request: HttpRequest): boolean {
  const value = request.headers['accept-encoding']
  return typeof value === 'string' && /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))|,|$)/.test(value)
}
