/** TokenReview and SelfSubjectReview: asking who a token's owner, or the caller, is. Never stored. */
import { badRequest } from '../../api/errors.ts'
import type { SelfSubjectReview, TokenReview, TokenReviewStatus } from '../../api/types/authentication/v1.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { UserInfo } from '../request.ts'
import { InvalidTokenError, type TokenAuthenticator } from './token.ts'
import { apiUserInfo, withAuthenticatedGroup } from './user.ts'

/**
 * Throws 400 when the review holds no token. `ownAudiences`: the API server's, for which tokens are good that name none
 * themselves.
 */
export async function reviewToken(
  tokens: TokenAuthenticator,
  review: TokenReview,
  ownAudiences: readonly string[],
): Promise<TokenReview> {
  const { token = '', audiences = [] } = review.spec ?? {}
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  return { ...review, status: await statusOf(tokens, token, { audiences, ownAudiences }) }
}

export function reviewSelf(review: SelfSubjectReview, user: UserInfo, clock: Clock): SelfSubjectReview {
  const metadata = { creationTimestamp: rfc3339(clock.nowMs()) }
  return { ...review, metadata, status: { userInfo: apiUserInfo(user) } }
}

const unknownToken: TokenReviewStatus = { user: {}, error: 'invalid bearer token' }

async function statusOf(
  tokens: TokenAuthenticator,
  token: string,
  { audiences, ownAudiences }: { audiences: readonly string[]; ownAudiences: readonly string[] },
): Promise<TokenReviewStatus> {
  try {
    const owner = await tokens.authenticateToken(token, audiences.length > 0 ? audiences : undefined)
    if (!owner) return unknownToken
    const implied = audiences.length === 0 ? ownAudiences : audiences.filter((one) => ownAudiences.includes(one))
    const goodFor = owner.audiences ?? implied
    if (goodFor.length === 0) return unknownToken
    return { authenticated: true, user: apiUserInfo(withAuthenticatedGroup(owner.user)), audiences: [...goodFor] }
  } catch (error) {
    if (error instanceof InvalidTokenError) return { user: {}, error: error.message }
    throw error
  }
}
