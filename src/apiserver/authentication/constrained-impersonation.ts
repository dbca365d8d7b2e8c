/**
 * Impersonation by finer rights: the verb `impersonate:<mode>` on who is taken on, and `impersonate-on:<mode>:<verb>` on
 * what is done meanwhile. A mode takes on one kind of user only; who is allowed by none may still be by the old verb.
 * Source: https://kep.k8s.io/5284
 */
import { fieldErrorText } from '../../api/errors.ts'
import { isDns1123Subdomain } from '../../api/names.ts'
import { type AuthorizationAttributes, type Authorizer, authorized, forbiddenFor } from '../authorize.ts'
import { isDomainPrefixedPath } from '../registry/validation/domain-path.ts'
import type { UserInfo } from '../request.ts'
import type { Asked } from './impersonation.ts'
import { serviceAccountGroups, serviceAccountOf } from './user.ts'

type Mode = 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info'

const nodeNameKey = 'authentication.kubernetes.io/node-name'
const nodeUserPrefix = 'system:node:'
const group = 'authentication.k8s.io'

/**
 * The groups that the user has then and the right that gave them, or what the first mode that is for this user has
 * against it. `request`: what is to be done, as the caller.
 */
export async function constrainedGroups(
  authorizer: Authorizer,
  request: AuthorizationAttributes,
  asked: Asked,
): Promise<{ groups: readonly string[]; constraint: string } | { refusal: unknown }> {
  let refusal: unknown
  for (const mode of modesFor(request.user, asked)) {
    try {
      await checkMode(authorizer, request, asked, mode)
      return { groups: groupsOf(asked), constraint: `impersonate:${mode}` }
    } catch (error) {
      refusal ??= error
    }
  }
  return { refusal }
}

/** In the order in which they are tried. */
function modesFor(caller: UserInfo, asked: Asked): Mode[] {
  const isNameOnly = asked.uid === '' && asked.groups.length === 0 && Object.keys(asked.extra).length === 0
  const node = nodeOf(asked.name)
  if (node !== undefined) {
    if (!isNameOnly) return []
    const [own, ...more] = caller.extra[nodeNameKey] ?? []
    const isOwn = serviceAccountOf(caller.name) !== undefined && own === node && more.length === 0
    return isOwn ? ['associated-node', 'arbitrary-node'] : ['arbitrary-node']
  }
  if (serviceAccountOf(asked.name)) return isNameOnly ? ['serviceaccount'] : []
  return ['user-info']
}

async function checkMode(
  authorizer: Authorizer,
  request: AuthorizationAttributes,
  asked: Asked,
  mode: Mode,
): Promise<void> {
  // Which of its nodes the account is on does not matter to the right: it is the same for all of them.
  const user = mode === 'associated-node' ? withoutNode(request.user) : request.user
  await authorized(authorizer, { ...request, user, verb: `impersonate-on:${mode}:${request.verb}` })
  for (const question of questions(asked, mode)) {
    const attributes = { ...nothing, user, verb: `impersonate:${mode}`, ...question }
    if (question.refused) throw forbiddenFor(attributes, question.refused)
    await authorized(authorizer, attributes)
  }
}

const nothing = { isResourceRequest: true, apiGroup: group, apiVersion: 'v1', subresource: '', namespace: '', path: '' }

interface Question {
  resource: string
  name: string
  subresource?: string
  namespace?: string
  /** Nobody may. */
  refused?: string
}

function* questions({ name, uid, groups, extra }: Asked, mode: Mode): Iterable<Question> {
  const account = serviceAccountOf(name)
  const node = nodeOf(name)
  if (node !== undefined) yield { resource: 'nodes', name: mode === 'associated-node' ? '*' : node }
  else if (account) yield { resource: 'serviceaccounts', ...account }
  else yield { resource: 'users', name }
  if (uid !== '') yield { resource: 'uids', name: uid }
  for (const one of groups) yield { resource: 'groups', name: one, ...refused(groupRule(one)) }
  for (const [key, values] of Object.entries(extra)) {
    // What nobody may is said without the key and the value that are wrong.
    const wrong = [keyRule(key), ...values.map(valueRule)].find((rule) => rule !== undefined)
    if (wrong !== undefined) yield { resource: 'userextras', name: '', refused: wrong }
    for (const value of values) yield { resource: 'userextras', subresource: key, name: value }
  }
}

function refused(rule: string | undefined): { refused?: string } {
  return rule === undefined ? {} : { refused: rule }
}

function groupRule(name: string): string | undefined {
  if (name === '') return 'impersonating the empty string group is not allowed'
  return name === 'system:masters' ? 'impersonating the system:masters group is not allowed' : undefined
}

function keyRule(key: string): string | undefined {
  if (key === '') return 'impersonating the empty string key in extra is not allowed'
  const errors = isDomainPrefixedPath('extra.key', key).map(fieldErrorText)
  if (errors.length === 0) return undefined
  const shown = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`
  return `impersonating an invalid key in extra is not allowed: ${shown}`
}

function valueRule(value: string): string | undefined {
  return value === '' ? 'impersonating the empty string value in extra is not allowed' : undefined
}

function groupsOf({ name, groups }: Asked): readonly string[] {
  const account = serviceAccountOf(name)
  if (account) return serviceAccountGroups(account.namespace)
  return nodeOf(name) === undefined ? groups : ['system:nodes']
}

function nodeOf(userName: string): string | undefined {
  if (!userName.startsWith(nodeUserPrefix)) return undefined
  const node = userName.slice(nodeUserPrefix.length)
  return isDns1123Subdomain(node).length === 0 ? node : undefined
}

/** Only the names of what is known about the account are left. */
function withoutNode(user: UserInfo): UserInfo {
  return { ...user, extra: { 'authentication.kubernetes.io/associated-node-keys': Object.keys(user.extra).sort() } }
}
