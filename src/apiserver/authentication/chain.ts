/** All ways to say who one is, in upstream's order: front proxy, client certificate, bearer token, else anonymous. */
import type { ApiError } from '../../api/errors.ts'
import { type Authenticator, anonymous } from '../authenticate.ts'
import type { ApiRequest, UserInfo } from '../request.ts'
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

  async authenticate(request: ApiRequest): Promise<UserInfo | undefined> {
    let refusal: ApiError | undefined
    for (const authenticator of this.#authenticators) {
      try {
        const asked = authenticator.authenticate(request)
        const user = asked instanceof Promise ? await asked : asked
        if (user) return withAuthenticatedGroup(user)
      } catch (error) {
        refusal ??= refusalOf(error)
      }
    }
    if (refusal) throw refusal
    return this.#allowAnonymous(request) ? anonymous : undefined
  }
}

function refusalOf(error: unknown): ApiError {
  if (error instanceof Error && 'code' in error && error.code === 401) return error as ApiError
  throw error
}
