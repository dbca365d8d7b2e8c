/** What a caller may do. Implementations: `authorization/`. */
import { apiError } from '../api/errors.ts'
import { groupResource } from '../api/meta.ts'
import { whenKnown } from '../platform/turn.ts'
import type { RequestInfo, UserInfo } from './request.ts'

export interface AuthorizationAttributes {
  user: UserInfo
  verb: string
  isResourceRequest: boolean
  apiGroup: string
  apiVersion: string
  resource: string
  subresource: string
  namespace: string
  name: string
  /** For non-resource requests. */
  path: string
  /** What a list, watch or deletecollection is narrowed to, in the query's form: `spec.nodeName=a`. */
  fieldSelector?: string
  /** The same by labels: `app in (a,b)`. */
  labelSelector?: string
}

export interface Verdict {
  allowed: boolean
  reason: string
}

export interface Authorizer {
  /** `reason` explains a denial (or is empty); it ends the 403's message. */
  authorize(attributes: AuthorizationAttributes): Verdict | Promise<Verdict>
}

/** Allows everything; for tests of other parts. */
export const allowAll: Authorizer = {
  authorize: async () => ({ allowed: true, reason: '' }),
}

export function attributesOf(user: UserInfo, info: RequestInfo): AuthorizationAttributes {
  const { verb, isResourceRequest, apiGroup, apiVersion, resource, subresource, namespace, name, path } = info
  const attributes = {
    user,
    verb,
    isResourceRequest,
    apiGroup,
    apiVersion,
    resource,
    subresource,
    namespace,
    name,
    path,
  }
  return {
    ...attributes,
    ...(info.fieldSelector === undefined ? {} : { fieldSelector: info.fieldSelector }),
    ...(info.labelSelector === undefined ? {} : { labelSelector: info.labelSelector }),
  }
}

/** Passes or throws the 403 with upstream's text. `annotate`: tells the request's audit event. */
export function authorized(
  authorizer: Authorizer,
  attributes: AuthorizationAttributes,
  annotate?: (key: string, value: string) => void,
): void | Promise<void> {
  return whenKnown(authorizer.authorize(attributes), ({ allowed, reason }) => {
    annotate?.('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
    annotate?.('authorization.k8s.io/reason', reason)
    if (!allowed) throw forbiddenFor(attributes, reason)
  })
}

/** The 403 with upstream's text. */
export function forbiddenFor(attributes: AuthorizationAttributes, reason: string): Error {
  const { apiGroup, resource, name } = attributes
  const why = reason === '' ? forbiddenText(attributes) : `${forbiddenText(attributes)}: ${reason}`
  if (!attributes.isResourceRequest) {
    return apiError({ code: 403, reason: 'Forbidden', message: `forbidden: ${why}`, details: {} })
  }
  const subject = groupResource({ group: apiGroup, plural: resource })
  const details = { ...(name === '' ? {} : { name }), ...(apiGroup === '' ? {} : { group: apiGroup }), kind: resource }
  const quoted = name === '' ? subject : `${subject} "${name}"`
  return apiError({ code: 403, reason: 'Forbidden', message: `${quoted} is forbidden: ${why}`, details })
}

function forbiddenText(attributes: AuthorizationAttributes): string {
  const { user, verb, apiGroup, resource, subresource, namespace, path } = attributes
  if (!attributes.isResourceRequest)
    return `User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  const what = `resource ${JSON.stringify(full)} in API group ${JSON.stringify(apiGroup)} ${where}`
  return `User ${JSON.stringify(user.name)} cannot ${verb} ${what}`
}
