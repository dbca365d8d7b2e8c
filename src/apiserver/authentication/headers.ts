/** Headers that may repeat, and maps spelled as header names. */
import { isUtf8 } from 'node:buffer'
import { unauthorized } from '../../api/errors.ts'
import type { ApiRequest } from '../request.ts'

/** All values of a header, in order; empty when it is absent. `name` in lower case. */
export function headerValues(request: ApiRequest, name: string): string[] {
  const joined = request.headers[name]
  if (joined === undefined) return []
  const apart = request.headerValues?.[name]
  if (apart) return [...apart]
  return joined === '' ? [] : joined.split(', ')
}

/** Whether any header's name begins so. */
export function mentions(headers: ApiRequest['headers'], prefix: string): boolean {
  for (const name in headers) if (name.startsWith(prefix)) return true
  return false
}

/** `impersonate-extra-scopes: a` under the prefix `impersonate-extra-` is `{ scopes: ['a'] }`; keys are percent-decoded. */
export function extraFromHeaders(request: ApiRequest, prefix: string): Record<string, string[]> {
  const extra = new Map<string, string[]>()
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith(prefix)) continue
    const key = decoded(name.slice(prefix.length)).toLowerCase()
    extra.set(key, [...(extra.get(key) ?? []), ...headerValues(request, name)])
  }
  return Object.fromEntries(extra)
}

/**
 * The bearer token of the `authorization` header or of a WebSocket's subprotocol; undefined when there is none. Throws
 * 401 when the subprotocol cannot be read, comes twice, or leaves none to choose.
 */
export function bearerToken({ headers }: ApiRequest): string | undefined {
  const [scheme = '', token = ''] = (headers.authorization ?? '').trim().split(' ')
  if (scheme.toLowerCase() === 'bearer') return token === '' ? undefined : token
  return headers['sec-websocket-protocol'] === undefined ? undefined : webSocketToken(headers)
}

function webSocketToken(headers: ApiRequest['headers']): string | undefined {
  if (headers.upgrade?.toLowerCase() !== 'websocket' || !/upgrade/i.test(headers.connection ?? '')) return undefined
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  const tokens = protocols.filter((protocol) => protocol.startsWith(webSocketTokenPrefix))
  const encoded = tokens[0]?.slice(webSocketTokenPrefix.length)
  if (tokens.length < 2 && !encoded) return undefined
  const token = Buffer.from(encoded ?? '', 'base64url')
  const isRead = token.toString('base64url') === encoded && isUtf8(token)
  if (!isRead || tokens.length > 1 || tokens.length === protocols.length) throw unauthorized()
  return token.toString('utf8')
}

/** Browsers cannot set headers on a WebSocket, so the token comes as a subprotocol that must not be chosen. */
export const webSocketTokenPrefix = 'base64url.bearer.authorization.k8s.io.'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
