/** TokenReview and SelfSubjectReview: asking who a token's owner, or the caller, is. Never stored. */
import { badRequest } from '../../api/errors.ts'
import type { SelfSubjectReview, TokenReview, TokenReviewStatus } from '../../api/types/authentication/v1.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { UserInfo } from '../request.ts'
import { InvalidTokenError, type TokenAuthenticator } from './token.ts'
import { apiUserInfo, withAuthenticatedGroup } from './user.ts'

/** Throws 400 when the review holds no token. */
export async function reviewToken(tokens: TokenAuthenticator, review: TokenReview): Promise<TokenReview> {
  const { token = '', audiences = [] } = review.spec ?? {}
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  return { ...review, status: await statusOf(tokens, token, audiences) }
}

export function reviewSelf(review: SelfSubjectReview, user: UserInfo, clock: Clock): SelfSubjectReview {
  const metadata = { creationTimestamp: rfc3339(clock.nowMs()) }
  return { ...review, metadata, status: { userInfo: apiUserInfo(user) } }
}

async function statusOf(
  tokens: TokenAuthenticator,
  token: string,
  audiences: readonly string[],
): Promise<TokenReviewStatus> {
  try {
    const owner = await tokens.authenticateToken(token, audiences.length > 0 ? audiences : undefined)
    if (!owner) return { user: {}, error: 'invalid bearer token' }
    const status: TokenReviewStatus = { authenticated: true, user: apiUserInfo(withAuthenticatedGroup(owner.user)) }
    if (audiences.length > 0 && !owner.audiences) return { user: {}, error: 'the token has no audience' }
    if (owner.audiences) status.audiences = [...owner.audiences]
    return status
  } catch (error) {
    if (error instanceof InvalidTokenError) return { user: {}, error: error.message }
    throw error
  }
}
