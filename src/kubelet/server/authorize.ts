/**
 * Who may use the node agent's server: client certificates of the cluster's authority or bearer tokens (TokenReview),
 * then a SubjectAccessReview. Source: https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */
import type { TLSSocket } from 'node:tls'
import { authenticationV1, authorizationV1 } from '../../api/resources.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { HttpRequest } from '../../platform/net.ts'

export interface Caller {
  name: string
  groups: string[]
}

export type Verdict = 'allowed' | 'unauthenticated' | 'forbidden'

const allowedMs = 5 * 60_000
const deniedMs = 30_000
const tokenMs = 2 * 60_000
const entriesMax = 1_000

export class ServerAccess {
  readonly #client: Client
  readonly #nodeName: string
  readonly #tokens: TimedCache<Caller | undefined>
  readonly #verdicts: TimedCache<boolean>

  constructor(client: Client, clock: Clock, nodeName: string) {
    this.#client = client
    this.#nodeName = nodeName
    this.#tokens = new TimedCache(clock)
    this.#verdicts = new TimedCache(clock)
  }

  async check(request: HttpRequest, path: string): Promise<Verdict> {
    const caller = certificateCaller(request) ?? (await this.#tokenCaller(request))
    if (!caller) return 'unauthenticated'
    if (caller.groups.includes('system:masters')) return 'allowed'
    const verb = verbOf(request.method ?? 'GET')
    for (const subresource of subresourcesOf(path)) if (await this.#may(caller, verb, subresource)) return 'allowed'
    return 'forbidden'
  }

  async #may(caller: Caller, verb: string, subresource: string): Promise<boolean> {
    const key = JSON.stringify([caller.name, caller.groups, verb, subresource])
    const known = this.#verdicts.get(key)
    if (known !== undefined) return known
    const review = await this.#client.of(authorizationV1.subjectAccessReviews).create({
      metadata: {},
      spec: {
        user: caller.name,
        groups: caller.groups,
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: this.#nodeName },
      },
    })
    const allowed = review.status?.allowed === true
    this.#verdicts.set(key, allowed, allowed ? allowedMs : deniedMs)
    return allowed
  }

  async #tokenCaller(request: HttpRequest): Promise<Caller | undefined> {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (!token) return undefined
    const known = this.#tokens.get(token)
    if (known) return known
    const review = await this.#client.of(authenticationV1.tokenReviews).create({ metadata: {}, spec: { token } })
    const user = review.status?.authenticated ? review.status.user : undefined
    const caller = user && { name: user.username ?? '', groups: user.groups ?? [] }
    if (caller) this.#tokens.set(token, caller, tokenMs)
    return caller
  }
}

/** The caller named by a verified client certificate: common name and organizations. */
function certificateCaller(request: HttpRequest): Caller | undefined {
  const socket = ('stream' in request ? request.stream.session?.socket : request.socket) as TLSSocket | undefined
  if (!socket?.authorized || typeof socket.getPeerCertificate !== 'function') return undefined
  const subject = socket.getPeerCertificate()?.subject as { CN?: string; O?: string | string[] } | undefined
  if (!subject?.CN) return undefined
  const organizations = subject.O === undefined ? [] : Array.isArray(subject.O) ? subject.O : [subject.O]
  return { name: subject.CN, groups: [...organizations, 'system:authenticated'] }
}

function verbOf(method: string): string {
  const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
  return verbs[method] ?? 'get'
}

/**
 * Subresources of the node that one of has to be allowed. Some paths have their own; `proxy` lets in to them all the same.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#fine-grained-authorization
 */
function subresourcesOf(path: string): string[] {
  const [, first = ''] = path.split('/')
  if (first === 'stats' || first === 'metrics') return [first]
  if (first === 'logs') return ['log']
  if (first === 'pods' || first === 'runningpods') return ['pods', 'proxy']
  return first === 'healthz' || first === 'configz' ? [first, 'proxy'] : ['proxy']
}

class TimedCache<T> {
  readonly #clock: Clock
  readonly #entries = new Map<string, { value: T; untilMs: number }>()
  constructor(clock: Clock) {
    this.#clock = clock
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.untilMs > this.#clock.monotonicMs() ? entry.value : undefined
  }

  set(key: string, value: T, lifeMs: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, untilMs: this.#clock.monotonicMs() + lifeMs })
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > entriesMax && !oldest.done) this.#entries.delete(oldest.value)
  }
}
