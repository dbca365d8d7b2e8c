/**
 * Asks a service by SubjectAccessReview, and remembers what it said.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/webhook/
 */
import type { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '../../api/types/authorization/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AuthorizationAttributes } from '../authorize.ts'
import { Answers, digestOf } from '../webhook/answers.ts'
import { type RemoteReviewer, WebhookError } from '../webhook/remote.ts'
import { type DecidingAuthorizer, type Decision, noOpinion } from './decision.ts'
import { fieldRequirementsOf, labelRequirementsOf } from './selectors.ts'

export interface WebhookAuthorizerOptions {
  readonly remote: Pick<RemoteReviewer, 'ask'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Of the review that is sent. */
  readonly version: 'v1' | 'v1beta1'
  /** Zero: not kept. */
  readonly authorizedTtlMs: number
  readonly unauthorizedTtlMs: number
  /** When the service gives no answer. */
  readonly failurePolicy: 'Deny' | 'NoOpinion'
  /** Whether to ask at all; absent: always. Throws, or rejects, when that cannot be said. */
  readonly conditions?: (spec: SubjectAccessReviewSpec) => boolean | Promise<boolean>
}

export class WebhookAuthorizer implements DecidingAuthorizer {
  readonly #options: WebhookAuthorizerOptions
  readonly #answers: Answers<Decision>

  constructor(options: WebhookAuthorizerOptions) {
    this.#options = options
    this.#answers = new Answers(options.clock, limits.authorizationAnswersMax)
  }

  /** At once when the answer is known, or nobody is to be asked. */
  decide(attributes: AuthorizationAttributes): Decision | Promise<Decision> {
    const spec = specOf(attributes)
    try {
      const asks = this.#options.conditions?.(spec) ?? true
      if (asks instanceof Promise) return this.#decideLater(asks, spec)
      return asks ? this.#known(spec) : noOpinion
    } catch (error) {
      return this.#failed(error)
    }
  }

  async #decideLater(asks: Promise<boolean>, spec: SubjectAccessReviewSpec): Promise<Decision> {
    try {
      return (await asks) ? await this.#known(spec) : noOpinion
    } catch (error) {
      return this.#failed(error)
    }
  }

  #known(spec: SubjectAccessReviewSpec): Decision | Promise<Decision> {
    const key = digestOf(spec)
    return this.#answers.get(key) ?? this.#ask(key, spec)
  }

  async #ask(key: string, spec: SubjectAccessReviewSpec): Promise<Decision> {
    const { remote, version, authorizedTtlMs, unauthorizedTtlMs } = this.#options
    try {
      const apiVersion = `authorization.k8s.io/${version}`
      const sent = version === 'v1' ? spec : withGroup(spec)
      const answer = await remote.ask(key, { apiVersion, kind: 'SubjectAccessReview', metadata: {}, spec: sent })
      const decision = decisionOf(answer)
      const isSmall = JSON.stringify(spec).length <= limits.authorizationQuestionBytesMax
      if (isSmall) this.#answers.keep(key, decision, decision.kind === 'allow' ? authorizedTtlMs : unauthorizedTtlMs)
      return decision
    } catch (error) {
      return this.#failed(error)
    }
  }

  #failed(error: unknown): Decision {
    if (!(error instanceof WebhookError)) throw error
    const kind = this.#options.failurePolicy === 'Deny' ? 'deny' : 'noOpinion'
    return { kind, reason: '', error: `webhook authorizer: ${error.message}` }
  }
}

function decisionOf(answer: unknown): Decision {
  const { status } = (answer ?? {}) as { status?: Partial<SubjectAccessReviewStatus> }
  if (typeof status !== 'object' || status === null) throw new WebhookError('the answer has no status')
  const { allowed = false, denied = false, reason = '', evaluationError } = status
  if (typeof allowed !== 'boolean' || typeof denied !== 'boolean' || typeof reason !== 'string') {
    throw new WebhookError('the status of the answer is none of a SubjectAccessReview')
  }
  if (allowed && denied) throw new WebhookError('webhook subject access review returned both allow and deny response')
  const kind = denied ? 'deny' : allowed ? 'allow' : 'noOpinion'
  return { kind, reason, ...(evaluationError ? { error: String(evaluationError) } : {}) }
}

/** What the service is asked. */
export function specOf(attributes: AuthorizationAttributes): SubjectAccessReviewSpec {
  const { name, uid, groups, extra } = attributes.user
  const asked = attributes.isResourceRequest
    ? { resourceAttributes: resourceAttributesOf(attributes) }
    : { nonResourceAttributes: { path: attributes.path, verb: attributes.verb } }
  return {
    ...asked,
    ...(name ? { user: name } : {}),
    ...(groups.length > 0 ? { groups: [...groups] } : {}),
    ...(Object.keys(extra).length > 0 ? { extra: copied(extra) } : {}),
    ...(uid ? { uid } : {}),
  }
}

function resourceAttributesOf(attributes: AuthorizationAttributes) {
  const { namespace, verb, apiGroup: group, apiVersion: version, resource, subresource, name } = attributes
  const texts = Object.entries({ namespace, verb, group, version, resource, subresource, name })
  const fields = fieldRequirementsOf(attributes)
  const labels = labelRequirementsOf(attributes)
  return {
    ...Object.fromEntries(texts.filter(([, text]) => text !== '')),
    ...(fields?.length ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels?.length ? { labelSelector: { requirements: labels } } : {}),
  }
}

function copied(extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))
}

/** The older version says `group` for `groups`. */
function withGroup({ groups, ...spec }: SubjectAccessReviewSpec): object {
  return groups ? { ...spec, group: groups } : spec
}
