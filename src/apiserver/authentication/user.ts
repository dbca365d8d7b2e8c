/** Names of users and groups that authentication itself gives out (https://kubernetes.io/docs/reference/access-authn-authz/authentication/). */
import type { UserInfo as ApiUserInfo } from '../../api/types/authentication/v1.ts'
import type { UserInfo } from '../request.ts'

export const anonymousName = 'system:anonymous'
export const authenticatedGroup = 'system:authenticated'
export const unauthenticatedGroup = 'system:unauthenticated'

/** Key in `extra` that names the credential used, so that an audit can tell tokens and certificates apart. */
export const credentialIdKey = 'authentication.kubernetes.io/credential-id'

/** The user with `system:authenticated`, unless its groups already say which of the two it is. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.name === anonymousName) return user
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup)) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}

export function serviceAccountUserName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

/** Undefined when the user is no service account. */
export function serviceAccountOf(userName: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(userName)
  return match ? { namespace: match[1] ?? '', name: match[2] ?? '' } : undefined
}

/** The user as reviews show it. */
export function apiUserInfo({ name, uid, groups, extra }: UserInfo): ApiUserInfo {
  const info: ApiUserInfo = { username: name }
  if (uid) info.uid = uid
  if (groups.length > 0) info.groups = [...groups]
  if (Object.keys(extra).length > 0) {
    info.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))
  }
  return info
}
