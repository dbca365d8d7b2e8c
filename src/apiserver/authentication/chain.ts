/** All ways to say who one is, in upstream's order: front proxy, client certificate, bearer token, else anonymous. */
import { whenKnown } from '../../platform/turn.ts'
import { type Authenticator, anonymous } from '../authenticate.ts'
import type { ApiRequest, UserInfo } from '../request.ts'
import { firstAnswer } from './first-answer.ts'
import { withAuthenticatedGroup } from './user.ts'

/** Whether a request may come without credentials. */
export type AnonymousRule = (request: ApiRequest) => boolean

/**
 * Asks each in turn; the first that finds credentials of its kind names the user. Wrong credentials fail the request
 * only when no other authenticator knows the caller.
 */
export class AuthenticatorChain implements Authenticator {
  readonly #authenticators: readonly Authenticator[]
  readonly #allowAnonymous: AnonymousRule

  constructor(authenticators: readonly Authenticator[], options: { allowAnonymous?: boolean | AnonymousRule } = {}) {
    this.#authenticators = authenticators
    const { allowAnonymous = true } = options
    this.#allowAnonymous = typeof allowAnonymous === 'boolean' ? () => allowAnonymous : allowAnonymous
  }

  authenticate(request: ApiRequest): UserInfo | undefined | Promise<UserInfo | undefined> {
    const found = firstAnswer(this.#authenticators, (each) => each.authenticate(request), isUnauthorized)
    return whenKnown(found, (user) => {
      if (user) return withAuthenticatedGroup(user)
      return this.#allowAnonymous(request) ? anonymous : undefined
    })
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 401
}
