/**
 * Acting as another user: each of name, groups, uid and extra values asked for in headers needs the verb `impersonate`.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
import { badRequest, internalError } from '../../api/errors.ts'
import type { Impersonator } from '../authenticate.ts'
import { type Authorizer, attributesOf, authorized } from '../authorize.ts'
import { type ApiRequest, requestInfoOf, type UserInfo } from '../request.ts'
import { extraFromHeaders, headerValues, mentions } from './headers.ts'
import {
  anonymousName,
  authenticatedGroup,
  serviceAccountGroups,
  serviceAccountOf,
  unauthenticatedGroup,
} from './user.ts'

/** Whom the headers ask to be. */
export interface Asked {
  name: string
  uid: string
  groups: string[]
  extra: Record<string, string[]>
}

export interface ImpersonatorOptions {
  /** Whether the finer rights count too: the gate ConstrainedImpersonation. Default false. */
  constrained?: boolean
}

/** Throws 403 for the first thing that the caller may not take on. */
export function impersonator(authorizer: Authorizer, { constrained = false }: ImpersonatorOptions = {}): Impersonator {
  const effective = async (request: ApiRequest, user: UserInfo, asked: Asked): Promise<UserInfo> => {
    if (asked.name === '') {
      if (constrained) throw badRequest(`requested ${asGoShows(asked)} without impersonating a user name`)
      throw internalError('requested impersonation of groups, uid or extra without impersonating a user')
    }
    if (!constrained) {
      await mayImpersonate(authorizer, user, asked)
      return effectiveUser(asked)
    }
    const { constrainedGroups } = await import('./constrained-impersonation.ts')
    const outcome = await constrainedGroups(authorizer, attributesOf(user, requestInfoOf(request)), asked)
    if ('groups' in outcome) {
      const user = effectiveUser({ ...asked, groups: [...outcome.groups] })
      return { ...user, impersonationConstraint: outcome.constraint }
    }
    await mayImpersonate(authorizer, user, asked).catch((error: unknown) => {
      throw outcome.refusal ?? error
    })
    return effectiveUser(asked)
  }
  return (request, user) => {
    const asked = askedFor(request)
    return asked ? effective(request, user, asked) : user
  }
}

/** Upstream prints the value as Go's `%#v` does. */
function asGoShows({ name, uid, groups, extra }: Asked): string {
  const list = (values: readonly string[]) => `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`
  const members = Object.keys(extra).sort()
  const shown = members.map((key) => `${JSON.stringify(key)}:${list(extra[key] ?? [])}`)
  const [ofGroups, ofExtra] = [
    groups.length === 0 ? '[]string(nil)' : list(groups),
    members.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${shown.join(', ')}}`,
  ]
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${ofGroups}, Extra:${ofExtra}}`
}

async function mayImpersonate(authorizer: Authorizer, user: UserInfo, asked: Asked): Promise<void> {
  for (const question of questions(asked)) {
    const where = { isResourceRequest: true, apiVersion: 'v1', path: '' }
    await authorized(authorizer, { user, verb: 'impersonate', ...where, ...question })
  }
}

function askedFor(request: ApiRequest): Asked | undefined {
  if (!mentions(request.headers, 'impersonate-')) return undefined
  const name = request.headers['impersonate-user'] ?? ''
  const uid = request.headers['impersonate-uid'] ?? ''
  const groups = headerValues(request, 'impersonate-group')
  const extra = extraFromHeaders(request, 'impersonate-extra-')
  if (name === '' && uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined
  return { name, uid, groups, extra }
}

interface Question {
  apiGroup: string
  resource: string
  subresource: string
  namespace: string
  name: string
}

function* questions({ name, uid, groups, extra }: Asked): Iterable<Question> {
  const cluster = { apiGroup: '', subresource: '', namespace: '' }
  const account = serviceAccountOf(name)
  if (account) yield { ...cluster, resource: 'serviceaccounts', ...account }
  else yield { ...cluster, resource: 'users', name }
  for (const group of groups) yield { ...cluster, resource: 'groups', name: group }
  const apiGroup = 'authentication.k8s.io'
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) yield { ...cluster, apiGroup, resource: 'userextras', subresource: key, name: value }
  }
  if (uid !== '') yield { ...cluster, apiGroup, resource: 'uids', name: uid }
}

function effectiveUser({ name, uid, groups, extra }: Asked): UserInfo {
  const account = serviceAccountOf(name)
  const own = groups.length === 0 && account ? serviceAccountGroups(account.namespace) : groups
  const implied = name === anonymousName ? unauthenticatedGroup : authenticatedGroup
  const says = own.includes(authenticatedGroup) || own.includes(unauthenticatedGroup)
  return { name, ...(uid === '' ? {} : { uid }), groups: says ? own : [...own, implied], extra }
}
