/** Whether a webhook is to be asked about a request, and as what it sees it. Source: apiserver's `webhook/generic/webhook.go`. */
import type { Resource } from '../../../api/meta.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { DecidingAuthorizer } from '../../authorization/decision.ts'
import type { Objects } from '../../objects.ts'
import type { Equivalents } from '../matching/equivalents.ts'
import { matchesRule } from '../matching/rules.ts'
import { matchesNamespace, matchesObject } from '../matching/selectors.ts'
import { forbid } from '../plugin.ts'
import { bindingsOf, type Subject } from '../policy/bindings.ts'
import { type Condition, compileConditions, evaluateConditions } from '../policy/conditions.ts'
import { plainEnvironment } from '../policy/environments.ts'
import { Turn } from '../policy/run.ts'
import type { Hook, Webhook } from './hooks.ts'

export interface SelectionParts {
  readonly objects: Objects
  readonly equivalents: Equivalents
  readonly authorizer: DecidingAuthorizer
  readonly clock: Clock
}

/** A webhook, and the request as it sees it. */
export interface Invocation<W extends Webhook = Webhook> {
  readonly hook: Hook<W>
  readonly subject: Subject
}

export class Selector {
  readonly #parts: SelectionParts
  readonly #conditions = new WeakMap<Webhook, readonly Condition[]>()

  constructor(parts: SelectionParts) {
    this.#parts = parts
  }

  /** Undefined when it is not to be asked. Throws `ApiError` when its conditions can't be told. */
  async select<W extends Webhook>(hook: Hook<W>, attributes: AdmissionAttributes): Promise<Invocation<W> | undefined> {
    const { objects, equivalents } = this.#parts
    const { webhook } = hook
    const resource = this.#resource(webhook, attributes)
    if (!resource || !matchesObject(webhook.objectSelector, attributes)) return undefined
    if (!(await matchesNamespace(objects, webhook.namespaceSelector, attributes))) return undefined
    const as = (object: AdmissionAttributes['object']) => equivalents.shown(object, attributes.resource, resource)
    const subject: Subject = {
      attributes,
      resource,
      object: as(attributes.object),
      oldObject: as(attributes.oldObject),
      namespace: undefined,
    }
    return (await this.#conditionsHold(webhook, subject)) ? { hook, subject } : undefined
  }

  #resource({ rules = [], matchPolicy }: Webhook, attributes: AdmissionAttributes): Resource | undefined {
    const matches = (as: Resource) => rules.some((rule) => matchesRule(rule, attributes, as))
    const { resource, subresource } = attributes
    if (matches(resource)) return resource
    if (rules.length === 0 || matchPolicy !== 'Equivalent') return undefined
    return this.#parts.equivalents.of(resource, subresource).find((served) => matches(served.resource))?.resource
  }

  async #conditionsHold(webhook: Webhook, subject: Subject): Promise<boolean> {
    if (!webhook.matchConditions || webhook.matchConditions.length === 0) return true
    const conditions =
      this.#conditions.get(webhook) ?? compileConditions(webhook.matchConditions, plainEnvironment(false, true))
    this.#conditions.set(webhook, conditions)
    const { authorizer, clock } = this.#parts
    const turn = new Turn(() => clock.monotonicMs())
    const outcome = await evaluateConditions(conditions, bindingsOf(subject, authorizer), turn)
    if ('matches' in outcome) return outcome.matches
    if (webhook.failurePolicy === 'Ignore') return false
    throw forbid(subject.attributes, outcome.error)
  }
}
