/**
 * ValidatingAdmissionPolicy: rules in CEL that a cluster's owner gives.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import type { ApiError } from '../../../api/errors.ts'
import type { KubeObject } from '../../../api/meta.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../../api/types/admissionregistration/v1.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { DecidingAuthorizer } from '../../authorization/decision.ts'
import type { AdmissionMetrics, PolicyNames } from '../../metrics/security-metrics.ts'
import type { Objects } from '../../objects.ts'
import type { Scheme } from '../../scheme/scheme.ts'
import { Equivalents } from '../matching/equivalents.ts'
import { type AdmissionPlugin, forbid } from '../plugin.ts'
import { bindingsOf } from './bindings.ts'
import type { Matcher } from './matching.ts'
import { Turn } from './run.ts'
import { type Hook, PolicySource } from './source.ts'
import { applicationsOf, madeOnce, policyStep } from './step.ts'
import { subjectOf } from './subject.ts'
import { type Denial, Validator, type Verdict } from './validator.ts'

export interface PolicyParts {
  readonly objects: Objects
  readonly scheme: Scheme
  readonly authorizer: DecidingAuthorizer
  readonly clock: Clock
  /** Default: nothing is counted. */
  readonly metrics?: AdmissionMetrics
}

type ValidatingHook = Hook<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>

/** Why a request is refused, and by what. */
interface Refusal {
  readonly policy: ValidatingAdmissionPolicy
  readonly binding: ValidatingAdmissionPolicyBinding | undefined
  readonly denial: Denial
}

/** Longest value of an audit annotation. Source: upstream's 10 KiB. */
const annotationLengthMax = 10 * 1024

export function validatingAdmissionPolicy(parts: PolicyParts): AdmissionPlugin {
  const source = new PolicySource(parts.objects, {
    policies: admissionregistrationV1.validatingAdmissionPolicies,
    bindings: admissionregistrationV1.validatingAdmissionPolicyBindings,
  })
  const dispatcher = new Dispatcher(parts)
  return {
    name: 'ValidatingAdmissionPolicy',
    validate: policyStep(source, (hooks, attributes) => dispatcher.dispatch(hooks, attributes)),
  }
}

class Dispatcher {
  readonly #parts: PolicyParts
  readonly #matcher: Matcher
  readonly #validator = madeOnce((policy: ValidatingAdmissionPolicy) => new Validator(policy))

  constructor(parts: PolicyParts) {
    this.#parts = parts
    this.#matcher = { objects: parts.objects, equivalents: new Equivalents(parts.scheme) }
  }

  async dispatch(hooks: readonly ValidatingHook[], attributes: AdmissionAttributes): Promise<void> {
    const refusals: Refusal[] = []
    for (const hook of hooks) refusals.push(...(await this.#apply(hook, attributes)))
    if (refusals[0]) throw refused(attributes, refusals[0])
  }

  async #apply(hook: ValidatingHook, attributes: AdmissionAttributes): Promise<Refusal[]> {
    const { policy } = hook
    const about = { parts: this.#parts, matcher: this.#matcher }
    const refusals: Refusal[] = []
    const annotations = new Annotations()
    for (const { binding, problem, ...found } of await applicationsOf(about, hook, attributes)) {
      if (problem !== undefined && policy.spec?.failurePolicy !== 'Ignore')
        refusals.push({ policy, binding, denial: { message: problem } })
      if (problem !== undefined || !binding) continue
      const names = { policy: policy.metadata.name ?? '', binding: binding.metadata.name ?? '' }
      for (const { verdict, seconds } of await this.#verdicts(policy, attributes, found)) {
        this.#count(names, binding, verdict, seconds)
        refusals.push(...acted(attributes, { policy, binding, verdict }))
        for (const { key, value } of verdict.annotations) annotations.add(key, value)
      }
    }
    annotations.publish(policy, attributes)
    return refusals
  }

  async #verdicts(
    policy: ValidatingAdmissionPolicy,
    attributes: AdmissionAttributes,
    { resource, params }: { resource: AdmissionAttributes['resource']; params: readonly (KubeObject | undefined)[] },
  ): Promise<{ verdict: Verdict; seconds: number }[]> {
    if (params.length === 0) return []
    const validator = this.#validator(policy)
    const subject = await subjectOf(this.#matcher, attributes, resource)
    const { clock, authorizer } = this.#parts
    const turn = new Turn(() => clock.monotonicMs())
    const verdicts: { verdict: Verdict; seconds: number }[] = []
    for (const one of params) {
      const startMs = clock.monotonicMs()
      const verdict = await validator.validate(bindingsOf({ ...subject, params: one }, authorizer), turn)
      verdicts.push({ verdict, seconds: (clock.monotonicMs() - startMs) / 1000 })
    }
    return verdicts
  }

  #count(names: PolicyNames, { spec }: ValidatingAdmissionPolicyBinding, { denials }: Verdict, seconds: number): void {
    const { metrics } = this.#parts
    if (denials.length === 0) metrics?.policy(names, 'allow', false, seconds)
    for (const { reason } of denials)
      for (const action of spec?.validationActions ?? [])
        metrics?.policy(names, actionLabels[action] ?? 'audit', reason === undefined, seconds)
  }
}

/** Does what the binding says with each denial; answers those that refuse the request. */
function acted(
  attributes: AdmissionAttributes,
  {
    policy,
    binding,
    verdict,
  }: { policy: ValidatingAdmissionPolicy; binding: ValidatingAdmissionPolicyBinding; verdict: Verdict },
): Refusal[] {
  const refusals: Refusal[] = []
  const [policyName, bindingName] = [policy.metadata.name, binding.metadata.name]
  const validationActions = binding.spec?.validationActions ?? []
  for (const denial of verdict.denials) {
    for (const action of validationActions) {
      if (action === 'Deny') refusals.push({ policy, binding, denial })
      else if (action === 'Warn')
        attributes.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}': ${denial.message}`,
        )
      else {
        const { message, index: expressionIndex = 0 } = denial
        const failure = { message, policy: policyName, binding: bindingName, expressionIndex, validationActions }
        attributes.annotate?.('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([failure]))
      }
    }
  }
  for (const message of verdict.annotationErrors) refusals.push({ policy, binding, denial: { message } })
  return refusals
}

const actionLabels: Readonly<Record<string, 'deny' | 'warn' | 'audit'>> = { Deny: 'deny', Warn: 'warn', Audit: 'audit' }

class Annotations {
  readonly #values = new Map<string, Set<string>>()

  add(key: string, value: string): void {
    const values = this.#values.get(key) ?? new Set()
    values.add(value.slice(0, annotationLengthMax))
    this.#values.set(key, values)
  }

  publish(policy: ValidatingAdmissionPolicy, attributes: AdmissionAttributes): void {
    for (const [key, values] of this.#values)
      attributes.annotate?.(`${policy.metadata.name}/${key}`, [...values].join(', '))
  }
}

const codes: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413 }

function refused(attributes: AdmissionAttributes, { policy, binding, denial }: Refusal): ApiError {
  const by = `ValidatingAdmissionPolicy '${policy.metadata.name}'${binding ? ` with binding '${binding.metadata.name}'` : ''}`
  const message = `${by} denied request: ${denial.message}`
  const reason = denial.reason ?? 'Invalid'
  const error = forbid(attributes, message)
  const code = codes[reason] ?? 422
  Object.assign(error.status, { reason, code })
  error.status.details = { ...error.status.details, causes: [{ message }] }
  return error
}
