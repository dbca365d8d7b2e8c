/**
 * What a backend answered through `/proxy`, as the client shall see it: redirects and links that point to the backend
 * point below the proxy's path, and who may read it from other origins is not the backend's to say.
 * Source: apimachinery's `util/proxy`.
 */
import { type Duplex, Readable } from 'node:stream'
import type { HttpReply } from '../../platform/net.ts'
import type { ProxyCall } from '../node-proxy.ts'
import type { ApiResponse } from '../request.ts'
import { rewriteLinks } from './html-links.ts'

/** Relative links of a root without its slash would lead elsewhere: clients are sent to the one with it. */
export function redirectOfRoot({ base, path, request }: ProxyCall): ApiResponse | undefined {
  if (path !== '' || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
  const query = request.query.toString()
  const location = `${encodeURI(base)}/${query === '' ? '' : `?${query}`}`
  return { status: 301, headers: { location }, body: new Uint8Array() }
}

/** `url` is the backend's. */
export async function answerOfBackend(call: ProxyCall, url: string, reply: HttpReply): Promise<ApiResponse> {
  const { base, request } = call
  const headers = Object.fromEntries(Object.entries(reply.headers).filter(([name]) => !ofOrigins.has(name)))
  const places = { prefix: encodeURI(base), backend: new URL(url).host, asked: request.headers.host ?? '' }
  if (headers.location) headers.location = belowProxy(headers.location, places)
  const isPage = (headers['content-type'] ?? '').split(';')[0]?.trim() === 'text/html'
  const coding = headers['content-encoding'] ?? ''
  if (!isPage || headers.location || request.method === 'HEAD' || !codings.has(coding)) return { ...reply, headers }
  delete headers['content-length']
  const rewrite = (link: string): string => belowProxy(link, places)
  const body = coding === '' ? rewriteLinks(reply.body, rewrite) : await recoded(coding, reply.body, rewrite)
  return { ...reply, headers, body }
}

const ofOrigins: ReadonlySet<string> = new Set(
  ['credentials', 'headers', 'methods', 'origin'].map((what) => `access-control-allow-${what}`),
)

/** Pages in other ones pass as they are. */
const codings: ReadonlySet<string> = new Set(['', 'gzip', 'deflate'])

interface Places {
  /** The proxy's path. */
  prefix: string
  /** Host and port of the backend, and those the client asked. */
  backend: string
  asked: string
}

/** A URL of the backend's, or of any path without a host; others and relative ones stay as they are. */
export function belowProxy(link: string, { prefix, backend, asked }: Places): string {
  const [, origin = '', host, path = ''] = /^((?:[a-z][a-z0-9+.-]*:)?(?:\/\/([^/?#]*))?)(.*)$/is.exec(link) ?? []
  if (!path.startsWith('/') || (host === undefined && origin !== '')) return link
  if (host !== undefined && host !== backend && host !== asked) return link
  const kept = host === asked ? origin : ''
  return path.startsWith(prefix) ? kept + path : kept + prefix + path
}

async function recoded(
  coding: string,
  body: AsyncIterable<Uint8Array>,
  rewrite: (link: string) => string,
): Promise<AsyncIterable<Uint8Array>> {
  const { createDeflateRaw, createGunzip, createGzip, createInflateRaw } = await import('node:zlib')
  const [unpack, pack] = coding === 'gzip' ? [createGunzip(), createGzip()] : [createInflateRaw(), createDeflateRaw()]
  return through(rewriteLinks(through(body, unpack), rewrite), pack)
}

/** An error of either side ends both. */
function through(body: AsyncIterable<Uint8Array>, stream: Duplex): AsyncIterable<Uint8Array> {
  const source = Readable.from(body, { objectMode: false })
  source.once('error', (error) => stream.destroy(error))
  stream.once('close', () => source.destroy())
  // Who reads is told, also later: an error before that must not end the process.
  stream.on('error', () => undefined)
  return source.pipe(stream)
}
