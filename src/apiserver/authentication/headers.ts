/** Headers that may repeat, and maps spelled as header names. */
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

/** The bearer token of the `authorization` header or of a WebSocket's subprotocol; undefined when there is none. */
export function bearerToken({ headers }: ApiRequest): string | undefined {
  const [scheme = '', token = ''] = (headers.authorization ?? '').trim().split(' ')
  if (scheme.toLowerCase() === 'bearer') return token === '' ? undefined : token
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  const encoded = protocols
    .find((protocol) => protocol.startsWith(webSocketTokenPrefix))
    ?.slice(webSocketTokenPrefix.length)
  return encoded ? Buffer.from(encoded, 'base64url').toString('utf8') : undefined
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
