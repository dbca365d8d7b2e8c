/** Bearer tokens: who knows one, and how a request's token is looked up. */
import { hash, timingSafeEqual } from 'node:crypto'
import { unauthorized } from '../../api/errors.ts'
import { limits } from '../../limits.ts'
import type { Authenticator } from '../authenticate.ts'
import type { ApiRequest, UserInfo } from '../request.ts'
import { firstAnswer } from './first-answer.ts'
import { bearerToken } from './headers.ts'

export interface TokenOwner {
  user: UserInfo
  /** Those of the asked audiences for which the token is good; absent when the token has none of its own. */
  audiences?: readonly string[]
}

export interface TokenAuthenticator {
  /**
   * The token's owner, or undefined when the token is not of this kind. Throws `InvalidTokenError` when it is, but is
   * not good (any more). `audiences` defaults to the API server's own.
   */
  authenticateToken(
    token: string,
    audiences?: readonly string[],
  ): TokenOwner | undefined | Promise<TokenOwner | undefined>
}

/** Why a token is not good, in words for TokenReview and the log; callers of the API see only 401. */
export class InvalidTokenError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvalidTokenError'
  }
}

/** Asks each in turn. A token of a request that nobody knows is a 401. */
export class BearerAuthenticator implements Authenticator, TokenAuthenticator {
  readonly #authenticators: readonly TokenAuthenticator[]

  constructor(authenticators: readonly TokenAuthenticator[]) {
    this.#authenticators = authenticators
  }

  authenticate(request: ApiRequest): UserInfo | Promise<UserInfo> | undefined {
    const token = bearerToken(request)
    if (token === undefined) return undefined
    try {
      const owner = this.authenticateToken(token)
      return owner instanceof Promise ? owner.then(userOf).catch(asUnauthorized) : userOf(owner)
    } catch (error) {
      return asUnauthorized(error)
    }
  }

  authenticateToken(
    token: string,
    audiences?: readonly string[],
  ): TokenOwner | undefined | Promise<TokenOwner | undefined> {
    if (token.length > limits.bearerTokenBytesMax) throw new InvalidTokenError('the token is too long')
    return firstOwner(this.#authenticators, token, audiences)
  }
}

function userOf(owner: TokenOwner | undefined): UserInfo {
  if (!owner) throw unauthorized()
  return owner.user
}

function asUnauthorized(error: unknown): never {
  throw error instanceof InvalidTokenError ? unauthorized() : error
}

/** Whoever knows the token. What the first had against it is thrown only when nobody does. */
export function firstOwner(
  authenticators: readonly TokenAuthenticator[],
  token: string,
  audiences?: readonly string[],
): TokenOwner | undefined | Promise<TokenOwner | undefined> {
  return firstAnswer(authenticators, (each) => each.authenticateToken(token, audiences), isInvalid)
}

function isInvalid(error: unknown): boolean {
  return error instanceof InvalidTokenError
}

/** Fixed tokens. They are looked up by their digests, so that the time it takes says nothing about them. */
export class StaticTokens implements TokenAuthenticator {
  readonly #users: ReadonlyMap<string, UserInfo>

  constructor(users: Readonly<Record<string, UserInfo>>) {
    this.#users = new Map(Object.entries(users).map(([token, user]) => [digest(token), user]))
  }

  authenticateToken(token: string): TokenOwner | undefined {
    const user = this.#users.get(digest(token))
    return user && { user }
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64')
}

/** Compares secrets in time that does not depend on where they differ. */
export function sameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
