/**
 * The access reviews: questions to the authorizer put as objects, answered in `status` and never stored.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
import { badRequest, type FieldError, invalid } from '../../api/errors.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../api/types/authorization/v1.ts'
import type { AuthorizationAttributes } from '../authorize.ts'
import { goStruct } from '../registry/validation/go-struct.ts'
import type { UserInfo } from '../request.ts'
import type { DecidingAuthorizer } from './decision.ts'
import { nodeNameOf } from './node.ts'
import type { Rbac } from './rbac.ts'
import { validateEmptyMetadata } from './review-metadata.ts'
import { lowerCaseKeys, withoutEmpty } from './review-shape.ts'
import { selectorRequirementErrors } from './selector-requirements.ts'
import { selectorErrors, selectorsOf } from './selectors.ts'

const group = 'authorization.k8s.io'

/** Throws 422 for a review that asks nothing or for nobody. */
export async function reviewSubjectAccess(
  authorizer: DecidingAuthorizer,
  review: SubjectAccessReview,
): Promise<SubjectAccessReview> {
  const spec = review.spec ?? {}
  refuseInvalid([...specErrors(spec), ...userErrors(spec), ...validateEmptyMetadata(review.metadata)])
  return { ...review, spec: withoutEmpty(spec), status: await answer(authorizer, userOf(spec), spec) }
}

/** `namespace` is the request's; the review may only ask about it. */
export async function reviewLocalSubjectAccess(
  authorizer: DecidingAuthorizer,
  review: LocalSubjectAccessReview,
  namespace: string,
): Promise<LocalSubjectAccessReview> {
  const spec = review.spec ?? {}
  refuseInvalid([
    ...specErrors(spec),
    ...userErrors(spec),
    ...validateEmptyMetadata(review.metadata, 'namespace'),
    ...localErrors(spec, review.metadata.namespace ?? ''),
  ])
  if (review.metadata.namespace !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`)
  }
  return { ...review, spec: withoutEmpty(spec), status: await answer(authorizer, userOf(spec), spec) }
}

export async function reviewSelfSubjectAccess(
  authorizer: DecidingAuthorizer,
  review: SelfSubjectAccessReview,
  user: UserInfo,
): Promise<SelfSubjectAccessReview> {
  const spec = review.spec ?? {}
  refuseInvalid([...specErrors(spec), ...validateEmptyMetadata(review.metadata)])
  return { ...review, spec: withoutEmpty(spec), status: await answer(authorizer, user, spec) }
}

/** What RBAC gives the user in a namespace; marked incomplete for nodes, whose rights are not rules. */
export function reviewSelfSubjectRules(
  rbac: Rbac,
  review: SelfSubjectRulesReview,
  user: UserInfo,
): SelfSubjectRulesReview {
  const namespace = review.spec?.namespace ?? ''
  if (namespace === '') throw badRequest('no namespace on request')
  const { rules, errors } = rbac.rulesFor(user, namespace)
  const isNode = nodeNameOf(user) !== undefined
  const evaluationErrors = isNode ? ['node authorizer does not support user rule resolution', ...errors] : errors
  // Upstream answers with the rules alone, without what was asked.
  return {
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules
        .filter((rule) => rule.resources?.length)
        .map(({ verbs, apiGroups = [], resources = [], resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames?.length ? { resourceNames } : {}),
        })),
      nonResourceRules: rules
        .filter((rule) => rule.nonResourceURLs?.length)
        .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
      incomplete: evaluationErrors.length > 0,
      ...(evaluationErrors.length > 0 ? { evaluationError: evaluationErrors.join(', ') } : {}),
    },
  }
}

async function answer(
  authorizer: DecidingAuthorizer,
  user: UserInfo,
  spec: Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>,
): Promise<SubjectAccessReviewStatus> {
  const { kind, reason, error = '' } = await authorizer.decide(attributesOf(user, spec))
  const status: SubjectAccessReviewStatus = { allowed: kind === 'allow' }
  if (kind === 'deny') status.denied = true
  if (reason !== '') status.reason = reason
  const errors = [...(error === '' ? [] : [error]), ...selectorErrors(spec.resourceAttributes)]
  if (errors.length > 0) status.evaluationError = errors.join('; ')
  return status
}

function attributesOf(
  user: UserInfo,
  {
    resourceAttributes: asked,
    nonResourceAttributes,
  }: Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>,
): AuthorizationAttributes {
  return {
    user,
    verb: asked?.verb ?? nonResourceAttributes?.verb ?? '',
    isResourceRequest: asked !== undefined,
    apiGroup: asked?.group ?? '',
    apiVersion: asked?.version ?? '*',
    resource: asked?.resource ?? '',
    subresource: asked?.subresource ?? '',
    namespace: asked?.namespace ?? '',
    name: asked?.name ?? '',
    path: nonResourceAttributes?.path ?? '',
    ...selectorsOf(asked),
  }
}

function userOf({ user = '', groups = [], uid, extra = {} }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, extra: lowerCaseKeys(extra), ...(uid === undefined ? {} : { uid }) }
}

function refuseInvalid(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group, kind: '' }, '', errors)
}

function specErrors({ resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec): FieldError[] {
  const errors: FieldError[] = []
  if (resourceAttributes && nonResourceAttributes) {
    const detail = 'cannot be specified in combination with resourceAttributes'
    errors.push({
      type: 'Invalid',
      path: 'spec.nonResourceAttributes',
      value: goStruct('NonResourceAttributes', nonResourceAttributes),
      detail,
    })
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    errors.push({ type: 'Invalid', path: 'spec.resourceAttributes', value: null, detail })
  }
  for (const name of ['fieldSelector', 'labelSelector'] as const) {
    const selector = resourceAttributes?.[name]
    const path = `spec.resourceAttributes.${name}`
    if (selector?.rawSelector && selector.requirements?.length) {
      const detail = 'may not specified at the same time as requirements'
      errors.push({ type: 'Invalid', path: `${path}.rawSelector`, value: selector.rawSelector, detail })
    }
    if (selector && !selector.rawSelector && !selector.requirements?.length) {
      const detail = `when ${path} is specified, requirements or rawSelector is required`
      errors.push({ type: 'Required', path: `${path}.requirements`, detail })
    }
    errors.push(...selectorRequirementErrors(name, `${path}.requirements`, selector?.requirements ?? []))
  }
  return errors
}

function userErrors({ user, groups }: SubjectAccessReviewSpec): FieldError[] {
  if (user || groups?.length) return []
  const detail = 'at least one of user or group must be specified'
  return [{ type: 'Invalid', path: 'spec.user', value: '', detail }]
}

function localErrors(
  { resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec,
  namespace: string,
): FieldError[] {
  const errors: FieldError[] = []
  const asked = resourceAttributes?.namespace ?? ''
  if (resourceAttributes && asked !== namespace) {
    const detail = 'must match metadata.namespace'
    errors.push({ type: 'Invalid', path: 'spec.resourceAttributes.namespace', value: asked, detail })
  }
  if (nonResourceAttributes) {
    const detail = 'disallowed on this kind of request'
    errors.push({
      type: 'Invalid',
      path: 'spec.nonResourceAttributes',
      value: goStruct('NonResourceAttributes', nonResourceAttributes),
      detail,
    })
  }
  return errors
}
