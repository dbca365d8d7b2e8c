/** All ways to say who one is, in upstream's order: front proxy, client certificate, bearer token, else anonymous. */
import type { ApiError } from '../../api/errors.ts'
import { type Authenticator, anonymous } from '../authenticate.ts'
import type { ApiRequest, UserInfo } from '../request.ts'
import { withAuthenticatedGroup } from './user.ts'

/**
 * Asks each in turn; the first that finds credentials of its kind names the user. Wrong credentials fail the request
 * only when no other authenticator knows the caller.
 */
export class AuthenticatorChain implements Authenticator {
  readonly #authenticators: readonly Authenticator[]
  readonly #allowAnonymous: boolean

  constructor(authenticators: readonly Authenticator[], options: { allowAnonymous?: boolean } = {}) {
    this.#authenticators = authenticators
    this.#allowAnonymous = options.allowAnonymous ?? true
  }

  async authenticate(request: ApiRequest): Promise<UserInfo | undefined> {
    let refusal: ApiError | undefined
    for (const authenticator of this.#authenticators) {
      try {
        const user = await authenticator.authenticate(request)
        if (user) return withAuthenticatedGroup(user)
      } catch (error) {
        refusal ??= refusalOf(error)
      }
    }
    if (refusal) throw refusal
    return this.#allowAnonymous ? anonymous : undefined
  }
}

function refusalOf(error: unknown): ApiError {
  if (error instanceof Error && 'code' in error && error.code === 401) return error as ApiError
  throw error
}
