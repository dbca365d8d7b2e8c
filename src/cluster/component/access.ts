/**
 * Who may read a component's own port: client certificates of the cluster's authority and bearer tokens, as far as the
 * API server says so. Source: https://kubernetes.io/docs/reference/access-authn-authz/ (delegated authentication).
 */
import type { TLSSocket } from 'node:tls'
import { authenticationV1, authorizationV1 } from '../../api/resources.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { HttpRequest } from '../../platform/net.ts'

export type Verdict = { allowed: true } | { allowed: false; status: 401 | 403; message: string }

interface Caller {
  name: string
  groups: string[]
}

export interface DelegatedAccessParts {
  authentication: Client
  authorization: Client
  clock: Clock
  /** Everybody may read these; one that ends in `*` is a prefix. */
  openPaths: readonly string[]
}

const verdictMs = 10_000
const entriesMax = 1_000
const anonymous: Caller = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const unauthorized: Verdict = { allowed: false, status: 401, message: 'Unauthorized' }

export class DelegatedAccess {
  readonly #parts: DelegatedAccessParts
  readonly #verdicts = new Map<string, { verdict: Verdict; untilMs: number }>()

  constructor(parts: DelegatedAccessParts) {
    this.#parts = parts
  }

  async check(request: HttpRequest, path: string): Promise<Verdict> {
    const { clock, openPaths } = this.#parts
    if (openPaths.some((open) => (open.endsWith('*') ? path.startsWith(open.slice(0, -1)) : open === path))) {
      return { allowed: true }
    }
    const { authorization = '' } = request.headers
    const certified = certificateCaller(request)
    const key = JSON.stringify([certified?.name, certified?.groups, authorization, request.method, path])
    const known = this.#verdicts.get(key)
    if (known && known.untilMs > clock.monotonicMs()) return known.verdict
    const verdict = await this.#ask(certified, authorization, { verb: verbOf(request.method ?? 'GET'), path })
    this.#verdicts.delete(key)
    this.#verdicts.set(key, { verdict, untilMs: clock.monotonicMs() + verdictMs })
    const [oldest] = this.#verdicts.keys()
    if (this.#verdicts.size > entriesMax && oldest !== undefined) this.#verdicts.delete(oldest)
    return verdict
  }

  async #ask(
    certified: Caller | undefined,
    authorization: string,
    attributes: { verb: string; path: string },
  ): Promise<Verdict> {
    const token = /^Bearer (.+)$/i.exec(authorization)?.[1]
    const caller = certified ?? (token ? await this.#callerOf(token) : anonymous)
    if (!caller) return unauthorized
    const { name: user, groups } = caller
    const review = await this.#parts.authorization.of(authorizationV1.subjectAccessReviews).create({
      metadata: {},
      spec: { user, groups, nonResourceAttributes: attributes },
    })
    if (review.status?.allowed === true) return { allowed: true }
    const message = `forbidden: User ${JSON.stringify(user)} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`
    return { allowed: false, status: 403, message }
  }

  async #callerOf(token: string): Promise<Caller | undefined> {
    const reviews = this.#parts.authentication.of(authenticationV1.tokenReviews)
    const { status } = await reviews.create({ metadata: {}, spec: { token } })
    if (!status?.authenticated) return undefined
    return { name: status.user?.username ?? '', groups: status.user?.groups ?? [] }
  }
}

/** The caller named by a verified client certificate: common name and organizations. */
function certificateCaller(request: HttpRequest): Caller | undefined {
  const socket = ('stream' in request ? request.stream.session?.socket : request.socket) as TLSSocket | undefined
  if (!socket?.authorized || typeof socket.getPeerCertificate !== 'function') return undefined
  const subject = socket.getPeerCertificate()?.subject as { CN?: string; O?: string | string[] } | undefined
  if (!subject?.CN) return undefined
  const organizations = subject.O === undefined ? [] : [subject.O].flat()
  return { name: subject.CN, groups: [...organizations, 'system:authenticated'] }
}

function verbOf(method: string): string {
  const verbs: Record<string, string> = { POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' }
  return verbs[method] ?? 'get'
}
