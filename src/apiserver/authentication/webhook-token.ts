/**
 * Asks a service by TokenReview whose a token is, and remembers what it said. Tokens themselves are not kept.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
import type { TokenReviewStatus } from '../../api/types/authentication/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { UserInfo } from '../request.ts'
import { Answers, digestOf } from '../webhook/answers.ts'
import { type RemoteReviewer, WebhookError } from '../webhook/remote.ts'
import { InvalidTokenError, type TokenAuthenticator, type TokenOwner } from './token.ts'
import type { TokenCacheMetrics } from './token-cache-metrics.ts'

export interface WebhookTokensOptions {
  readonly remote: Pick<RemoteReviewer, 'ask'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly version: 'v1' | 'v1beta1'
  /** Answers are kept this long. Zero: not at all. */
  readonly cacheTtlMs: number
  /** Of the API server itself. Empty: whatever the service takes for its own. */
  readonly audiences: readonly string[]
  /** Default: nobody counts. */
  readonly metrics?: TokenCacheMetrics
}

/** `refusal`: what the service said about a token that it does not know. */
type Answer = { owner: TokenOwner } | { refusal: string }

export class WebhookTokens implements TokenAuthenticator {
  readonly #options: WebhookTokensOptions
  readonly #answers: Answers<Answer>

  constructor(options: WebhookTokensOptions) {
    this.#options = options
    this.#answers = new Answers(options.clock, limits.tokenAnswersMax)
  }

  async authenticateToken(token: string, audiences = this.#options.audiences): Promise<TokenOwner | undefined> {
    const key = digestOf([token, audiences])
    const { clock, metrics } = this.#options
    const startMs = clock.monotonicMs()
    const told = (status: 'hit' | 'miss') => metrics?.looked(status, (clock.monotonicMs() - startMs) / 1000)
    const known = this.#answers.get(key)
    if (known) told('hit')
    const answer = known ?? (await this.#ask(key, token, audiences).finally(() => told('miss')))
    if ('owner' in answer) return answer.owner
    if (answer.refusal !== '') throw new InvalidTokenError(answer.refusal)
    return undefined
  }

  async #ask(key: string, token: string, audiences: readonly string[]): Promise<Answer> {
    const { remote, version, cacheTtlMs, metrics } = this.#options
    let fetched: 'ok' | 'error' = 'error'
    metrics?.asks()
    const apiVersion = `authentication.k8s.io/${version}`
    try {
      const review = { apiVersion, kind: 'TokenReview', metadata: {}, spec: { token, audiences } }
      const answer = answerOf(await remote.ask(key, review), audiences)
      this.#answers.keep(key, answer, cacheTtlMs)
      fetched = 'ok'
      return answer
    } catch (error) {
      if (error instanceof WebhookError) throw new InvalidTokenError(`token webhook: ${error.message}`)
      throw error
    } finally {
      metrics?.asked(fetched)
    }
  }
}

function answerOf(review: unknown, audiences: readonly string[]): Answer {
  const { status } = (review ?? {}) as { status?: TokenReviewStatus }
  if (typeof status !== 'object' || status === null) throw new WebhookError('the answer has no status')
  if (status.authenticated !== true) return { refusal: typeof status.error === 'string' ? status.error : '' }
  const user = userOf(status.user)
  if (audiences.length === 0 || !status.audiences?.length) return { owner: { user, audiences } }
  const matching = audiences.filter((audience) => status.audiences?.includes(audience))
  if (matching.length === 0) return { refusal: '' }
  return { owner: { user, audiences: matching } }
}

function userOf(user: TokenReviewStatus['user']): UserInfo {
  const { username, uid, groups = [], extra = {} } = user ?? {}
  if (typeof username !== 'string' || username === '') throw new WebhookError('the answer names no user')
  const isTexts = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')
  if (!isTexts(groups) || typeof extra !== 'object' || extra === null || !Object.values(extra).every(isTexts)) {
    throw new WebhookError('the user of the answer is none')
  }
  return { name: username, ...(uid ? { uid: String(uid) } : {}), groups, extra: extra as Record<string, string[]> }
}
