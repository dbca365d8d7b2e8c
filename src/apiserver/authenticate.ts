/** Who is calling. Implementations: `authentication/`. */
import { unauthorized } from '../api/errors.ts'
import type { ApiRequest, UserInfo } from './request.ts'

export interface Authenticator {
  /**
   * The caller, or undefined when this authenticator finds none of its credentials. Throws a 401 `ApiError` when
   * credentials were presented and are wrong.
   */
  authenticate(request: ApiRequest): Promise<UserInfo | undefined>
}

/** Acts for another user when the impersonation headers ask for it and the caller may. Returns the effective user. */
export type Impersonator = (request: ApiRequest, user: UserInfo) => Promise<UserInfo>

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} }

/** The request's user: already known in process, else found by the authenticator, else a 401. */
export async function authenticated(authenticator: Authenticator, request: ApiRequest): Promise<UserInfo> {
  const user = request.user ?? (await authenticator.authenticate(request))
  if (!user) throw unauthorized()
  return user
}
