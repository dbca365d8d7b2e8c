/**
 * Who may read a component's own port: front proxies, client certificates of the cluster's authority and bearer tokens, as
 * far as the API server says so. Source: https://kubernetes.io/docs/reference/access-authn-authz/ (delegated
 * authentication and authorization).
 */
import { unauthorized } from '../../api/errors.ts'
import { authenticationV1, authorizationV1 } from '../../api/resources.ts'
import type { TokenReview } from '../../api/types/authentication/v1.ts'
import type { SubjectAccessReview } from '../../api/types/authorization/v1.ts'
import type { Authenticator } from '../../apiserver/authenticate.ts'
import { CertificateAuthenticator, ClientAuthority } from '../../apiserver/authentication/certificate.ts'
import { AuthenticatorChain } from '../../apiserver/authentication/chain.ts'
import { RequestHeaderAuthenticator, type RequestHeaderNames } from '../../apiserver/authentication/request-header.ts'
import { BearerAuthenticator } from '../../apiserver/authentication/token.ts'
import { TokenCacheMetrics } from '../../apiserver/authentication/token-cache-metrics.ts'
import { WebhookTokens } from '../../apiserver/authentication/webhook-token.ts'
import { WebhookAuthorizer } from '../../apiserver/authorization/webhook.ts'
import { type Authorizer, authorized } from '../../apiserver/authorize.ts'
import type { Family } from '../../apiserver/metrics/families.ts'
import { MeasuredAccess } from '../../apiserver/metrics/measured-access.ts'
import type { ApiRequest } from '../../apiserver/request.ts'
import { type RemoteReviewer, WebhookError } from '../../apiserver/webhook/remote.ts'
import type { Client } from '../../client/client.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'

/** Whose certificates name callers, and who may speak for others. */
export interface Callers {
  clientCaPem?: string
  frontProxy?: { caPem: string; allowedNames: readonly string[]; names: RequestHeaderNames }
}

export interface DelegatedAccessParts {
  authentication: Client
  authorization: Client
  clock: Clock
  callers: Callers
  /** Everybody who is known, or comes without credentials, may read these; one that ends in `*` is a prefix. */
  openPaths: readonly string[]
  /** How long the API server's answers hold. */
  tokenTtlMs: number
  allowedTtlMs: number
  refusedTtlMs: number
}

/** They may do everything everywhere; nobody is asked. */
const administrators = 'system:masters'

export class DelegatedAccess {
  readonly #openPaths: readonly string[]
  readonly #access: MeasuredAccess
  readonly #tokens = new TokenCacheMetrics()

  constructor(parts: DelegatedAccessParts) {
    const { clock, allowedTtlMs, refusedTtlMs } = parts
    this.#openPaths = parts.openPaths
    const reviews = parts.authorization.of(authorizationV1.subjectAccessReviews)
    const asked = new WebhookAuthorizer({
      ...{ clock, version: 'v1', failurePolicy: 'NoOpinion' },
      ...{ authorizedTtlMs: allowedTtlMs, unauthorizedTtlMs: refusedTtlMs },
      remote: remoteBy((review) => reviews.create(review as SubjectAccessReview)),
    })
    const authorizer: Authorizer = {
      authorize: async (attributes) => {
        const { kind, reason } = await asked.decide(attributes)
        return { allowed: kind === 'allow', reason }
      },
    }
    const authenticator = new AuthenticatorChain(authenticatorsOf(parts, this.#tokens))
    this.#access = new MeasuredAccess({ authenticator, authorizer }, clock)
  }

  get families(): readonly Family[] {
    return [...this.#access.families, ...this.#tokens.families]
  }

  /** Throws the 401 or 403 for the caller, or what kept the API server from answering. */
  async check(request: ApiRequest): Promise<void> {
    const { path } = request
    const user = await this.#access.authenticator.authenticate(request)
    if (!user) throw unauthorized()
    if (this.#openPaths.some((open) => (open.endsWith('*') ? path.startsWith(open.slice(0, -1)) : open === path)))
      return
    if (user.groups.includes(administrators)) return
    const resource = { apiGroup: '', apiVersion: '', resource: '', subresource: '', namespace: '', name: '' }
    const attributes = { user, verb: request.method.toLowerCase(), isResourceRequest: false, ...resource, path }
    await authorized(this.#access.authorizer, attributes)
  }
}

/** In upstream's order. */
function authenticatorsOf(parts: DelegatedAccessParts, metrics: TokenCacheMetrics): Authenticator[] {
  const { callers, authentication, clock, tokenTtlMs } = parts
  const { clientCaPem, frontProxy } = callers
  const reviews = authentication.of(authenticationV1.tokenReviews)
  const remote = remoteBy((review) =>
    reviews.create(review as TokenReview).catch((error: unknown) => {
      throw new WebhookError(messageOf(error))
    }),
  )
  const tokens = new WebhookTokens({
    remote,
    clock,
    version: 'v1',
    cacheTtlMs: tokenTtlMs,
    audiences: [],
    metrics,
  })
  return [
    ...(frontProxy
      ? [new RequestHeaderAuthenticator({ ...frontProxy, authority: new ClientAuthority(frontProxy.caPem) })]
      : []),
    ...(clientCaPem === undefined ? [] : [new CertificateAuthenticator(new ClientAuthority(clientCaPem))]),
    new BearerAuthenticator([tokens]),
  ]
}

/** The same question is under way once, and no more of them than `limits` has. */
function remoteBy(send: (review: object) => Promise<object>): Pick<RemoteReviewer, 'ask'> {
  const asking = new Map<string, Promise<object>>()
  return {
    async ask(key, review) {
      const known = asking.get(key)
      if (known !== undefined) return await known
      if (asking.size >= limits.remoteReviewsMax) throw new WebhookError('too many reviews are under way')
      const answer = send(review).finally(() => asking.delete(key))
      asking.set(key, answer)
      return await answer
    },
  }
}
