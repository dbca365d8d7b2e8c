/**
 * A request and its answer as plain values, and what a request's path means. The HTTP front and the in-process
 * transport both make them, so every step behind is the same for both.
 */

export interface UserInfo {
  name: string
  uid?: string
  groups: readonly string[]
  extra: Readonly<Record<string, readonly string[]>>
  /** The finer right by which somebody else acts as this user, for the audit log: `impersonate:<mode>`. */
  impersonationConstraint?: string
}

/** A client certificate as presented in the TLS handshake. */
export interface PeerCertificate {
  /** The leaf, DER. */
  der: Uint8Array
  /** Whether the TLS layer verified it against the configured client CA. */
  verified: boolean
}

export interface ApiRequest {
  method: string
  /** Percent-encoded path without the query, as sent. */
  path: string
  query: URLSearchParams
  /** Lower-case names; several values of one header are joined by `, `. */
  headers: Readonly<Record<string, string>>
  /** Several values of a header that may repeat (`impersonate-group`), where the front kept them apart. */
  headerValues?: Readonly<Record<string, readonly string[]>>
  body: Uint8Array
  /** Aborts when the client went away. */
  signal: AbortSignal
  /** Empty for in-process requests. */
  remoteAddress: string
  peerCertificate?: PeerCertificate
  /** Set for in-process callers, who are already known. */
  user?: UserInfo
}

/** The request with another query. Not by spreading: what the front makes when it is asked for would be left out. */
export function withQuery(request: ApiRequest, query: URLSearchParams): ApiRequest {
  const { method, path, headers, headerValues, body, signal, remoteAddress, peerCertificate, user } = request
  return {
    ...{ method, path, query, headers, body, signal, remoteAddress },
    ...(headerValues ? { headerValues } : {}),
    ...(peerCertificate ? { peerCertificate } : {}),
    ...(user ? { user } : {}),
  }
}

export interface ApiResponse {
  status: number
  headers: Record<string, string>
  /** Whole, or chunks of what is long or streams. */
  body: Uint8Array | AsyncIterable<Uint8Array>
  /** Takes back the memory of a chunk that was sent and is read no more. */
  giveBack?: (chunk: Uint8Array) => void
  /** Whether chunks are one long document, which may be compressed, and not news that must leave at once. */
  document?: boolean
  /** `Warning` header values, one header line each. */
  warnings?: readonly string[]
  /** `Set-Cookie` header values of a server behind this one, one header line each. */
  cookies?: readonly string[]
}

/** What a path and method ask for, as upstream's RequestInfo resolver has it. */
export interface RequestInfo {
  isResourceRequest: boolean
  /** Decoded path. */
  path: string
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the lower-case method otherwise. */
  verb: string
  /** `api` or `apis`; empty for non-resource requests. */
  apiPrefix: string
  apiGroup: string
  apiVersion: string
  namespace: string
  /** Whether the path goes through a namespace, which may be called nothing. */
  inNamespace?: boolean
  resource: string
  subresource: string
  name: string
  /** Path segments from the resource on: `pods/x/proxy/a/b` is five. */
  parts: readonly string[]
  /** As given, for `list`, `watch` and `deletecollection`: authorizers may allow what it narrows the request to. */
  fieldSelector?: string
  labelSelector?: string
}

const verbByMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Subresources of namespaces, where `namespaces/x/<word>` is not a resource in the namespace. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize'])

/** Source: apiserver's `endpoints/request/requestinfo.go`. Never throws: an undecodable path is not a resource request. */
export function requestInfoOf(request: Pick<ApiRequest, 'method' | 'path' | 'query'>): RequestInfo {
  const path = decodedPath(request.path)
  const info: RequestInfo = {
    isResourceRequest: false,
    path,
    verb: request.method.toLowerCase(),
    apiPrefix: '',
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
  }
  let rest = segmentsOf(path)
  if (rest.length < 3 || (rest[0] !== 'api' && rest[0] !== 'apis')) return info
  info.apiPrefix = rest[0]
  rest = rest.slice(1)
  if (info.apiPrefix === 'apis') {
    if (rest.length < 3) return { ...info, apiPrefix: '' }
    info.apiGroup = rest[0] ?? ''
    rest = rest.slice(1)
  }
  info.isResourceRequest = true
  info.apiVersion = rest[0] ?? ''
  fillResource(info, rest.slice(1), request)
  return info
}

function fillResource(info: RequestInfo, segments: string[], request: Pick<ApiRequest, 'method' | 'query'>): void {
  let rest = segments
  info.verb = verbByMethod[request.method] ?? ''
  const watchPath = rest[0] === 'watch' && rest.length > 1
  if (watchPath) {
    info.verb = 'watch'
    rest = rest.slice(1)
  }
  if (rest[0] === 'namespaces') {
    if (rest.length > 1) {
      info.namespace = rest[1] ?? ''
      if (rest.length > 2 && !namespaceSubresources.has(rest[2] ?? '')) {
        info.inNamespace = true
        rest = rest.slice(2)
      }
    }
  }
  info.parts = rest
  info.resource = rest[0] ?? ''
  info.name = rest[1] ?? ''
  info.subresource = rest[2] ?? ''
  if (info.name === '') collectionVerb(info, request.query)
  if (info.name === '' && info.verb === 'delete') info.verb = 'deletecollection'
  for (const selector of ['fieldSelector', 'labelSelector'] as const) {
    const text = narrowing.has(info.verb) ? request.query.get(selector) : null
    if (text) info[selector] = text
  }
}

/** Verbs whose selectors matter to authorizers. */
const narrowing: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection'])

function collectionVerb(info: RequestInfo, query: URLSearchParams): void {
  if (info.verb !== 'get' && info.verb !== 'watch') return
  if (info.verb === 'get') info.verb = isTrue(query.get('watch')) ? 'watch' : 'list'
  const match = /^metadata\.name==?([^,=]+)$/.exec(query.get('fieldSelector') ?? '')
  if (match?.[1] !== undefined) info.name = match[1]
}

/** A boolean query parameter: present and neither `0` nor `false` means true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false'
}

/** Requests that last by design: exempt from the in-flight limit and from the request timeout. */
export function isLongRunning(info: RequestInfo): boolean {
  if (!info.isResourceRequest) return false
  if (info.verb === 'watch' || info.verb === 'proxy') return true
  return ['attach', 'exec', 'proxy', 'log', 'portforward'].includes(info.subresource)
}

function decodedPath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function segmentsOf(path: string): string[] {
  let start = 0
  let end = path.length
  while (path[start] === '/') start += 1
  while (end > start && path[end - 1] === '/') end -= 1
  return start === end ? [] : path.slice(start, end).split('/')
}
