/** Who is calling. Implementations: `authentication/`. */
import { unauthorized } from '../api/errors.ts'
import { whenKnown } from '../platform/turn.ts'
import type { ApiRequest, UserInfo } from './request.ts'

export interface Authenticator {
  /**
   * The caller, or undefined when this authenticator finds none of its credentials. Throws a 401 `ApiError` when
   * credentials were presented and are wrong. At once where nobody has to be asked.
   */
  authenticate(request: ApiRequest): UserInfo | undefined | Promise<UserInfo | undefined>
}

/** Acts for another user when the impersonation headers ask for it and the caller may. Returns the effective user. */
export type Impersonator = (request: ApiRequest, user: UserInfo) => UserInfo | Promise<UserInfo>

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} }

/** The request's user: already known in process, else found by the authenticator, else a 401. */
export function authenticated(authenticator: Authenticator, request: ApiRequest): UserInfo | Promise<UserInfo> {
  return whenKnown(request.user ?? authenticator.authenticate(request), (user) => {
    if (!user) throw unauthorized()
    return user
  })
}
