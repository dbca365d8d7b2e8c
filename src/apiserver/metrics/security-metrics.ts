/**
 * What is counted on a request's way to its endpoint: who came, who was let through, what admission took and refused.
 * Names and bounds are upstream's: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import { Counter, type Family, Histogram } from './families.ts'

/** Doubling from a millisecond to 16 s. */
const accessBuckets = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index)

export class AccessMetrics {
  readonly #users = new Counter('authenticated_user_requests', 'Requests by who sent them, roughly.', ['username'])
  readonly #attempts = new Counter('authentication_attempts', 'Attempts to say who one is.', ['result'])
  readonly #authentication = new Histogram(
    'authentication_duration_seconds',
    'How long it took to know who asks.',
    ['result'],
    accessBuckets,
  )
  readonly #decisions = new Counter('authorization_attempts_total', 'Questions whether a request is allowed.', [
    'result',
  ])
  readonly #authorization = new Histogram(
    'authorization_duration_seconds',
    'How long it took to know whether a request is allowed.',
    ['result'],
    accessBuckets,
  )

  get families(): readonly Family[] {
    return [this.#users, this.#attempts, this.#authentication, this.#decisions, this.#authorization]
  }

  /** `username` of who was recognized; undefined for credentials that were wrong. */
  authenticated(username: string | undefined, seconds: number): void {
    const result = username === undefined ? 'failure' : 'success'
    if (username !== undefined) this.#users.add([shownUser(username)])
    this.#attempts.add([result])
    this.#authentication.observe([result], seconds)
  }

  authorized(result: 'allowed' | 'denied' | 'error', seconds: number): void {
    this.#decisions.add([result])
    this.#authorization.observe([result], seconds)
  }
}

/** Names that anybody may choose would make a series each. */
function shownUser(name: string): string {
  if (['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'].includes(name))
    return name
  return name.includes('@') ? 'email_id' : 'other'
}

const admissionBuckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
const policyBuckets = [0.0000005, 0.001, 0.01, 0.1, 1]

/** Of seconds. */
export interface Observer {
  observe(seconds: number): void
}

/** `admit` changes, `validate` judges. */
export type AdmissionType = 'admit' | 'validate'

export interface WebhookCall {
  name: string
  type: 'admit' | 'validating'
  operation: string
  /** Of the webhook's answer; 503 where it gave none. */
  code: number
  rejected: boolean
  /** Why it was rejected. */
  errorType: 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error'
  seconds: number
}

const prefix = 'apiserver_admission_'
const calls = ['type', 'operation', 'rejected']

const podLabels = ['request_operation', 'resource', 'subresource']

export interface PodSecurityEvaluation {
  decision: 'allow' | 'deny'
  mode: 'enforce' | 'audit' | 'warn'
  level: string
  version: string
}

/** `isPod`: else a template. */
export interface PodSecurityRequest {
  operation: string
  isPod: boolean
  subresource: string
}

function podValues({ operation, isPod, subresource }: PodSecurityRequest): string[] {
  return [operation.toLowerCase(), isPod ? 'pod' : 'controller', subresource]
}

export class AdmissionMetrics {
  readonly #steps = new Histogram(
    `${prefix}step_admission_duration_seconds`,
    'How long all mutating or all validating steps of a write took.',
    calls,
    admissionBuckets,
  )
  readonly #controllers = new Histogram(
    `${prefix}controller_admission_duration_seconds`,
    'How long one step of a write took.',
    ['name', ...calls],
    admissionBuckets,
  )
  readonly #webhooks = new Histogram(
    `${prefix}webhook_admission_duration_seconds`,
    'How long one webhook took.',
    ['name', ...calls],
    [...admissionBuckets, 10, 25],
  )
  readonly #webhookRequests = new Counter(`${prefix}webhook_request_total`, 'Calls of webhooks.', [
    ...['name', 'type', 'operation', 'code', 'rejected'],
  ])
  readonly #webhookRejections = new Counter(`${prefix}webhook_rejection_count`, 'Writes that webhooks refused.', [
    ...['name', 'type', 'operation', 'error_type', 'rejection_code'],
  ])
  readonly #failedOpen = new Counter(
    `${prefix}webhook_fail_open_count`,
    'Writes let through though a webhook did not answer.',
    ['name', 'type'],
  )
  readonly #checks = new Counter(
    'apiserver_validating_admission_policy_check_total',
    'Judgements of validating policies, by what followed.',
    ['policy', 'policy_binding', 'error_type', 'enforcement_action'],
  )
  readonly #checkSeconds = new Histogram(
    'apiserver_validating_admission_policy_check_duration_seconds',
    'How long they took.',
    ['policy', 'policy_binding', 'error_type', 'enforcement_action'],
    policyBuckets,
  )
  readonly #mutations = new Counter(
    'apiserver_mutating_admission_policy_check_total',
    'Writes that mutating policies looked at.',
    ['policy', 'policy_binding', 'error_type'],
  )
  readonly #mutationSeconds = new Histogram(
    'apiserver_mutating_admission_policy_check_duration_seconds',
    'How long they took.',
    ['policy', 'policy_binding', 'error_type'],
    policyBuckets,
  )

  readonly #podSecurity = new Counter(
    'pod_security_evaluations_total',
    'Judgements of pods by the Pod Security levels.',
    ['decision', 'policy_level', 'policy_version', 'mode', ...podLabels],
  )
  readonly #podExemptions = new Counter(
    'pod_security_exemptions_total',
    'Pods and templates that no level judged.',
    podLabels,
  )

  get families(): readonly Family[] {
    return [
      ...[this.#podSecurity, this.#podExemptions],
      ...[this.#steps, this.#controllers, this.#webhooks, this.#webhookRequests, this.#webhookRejections],
      ...[this.#failedOpen, this.#checks, this.#checkSeconds, this.#mutations, this.#mutationSeconds],
    ]
  }

  /** Where the seconds of all steps of one kind of write go. */
  steps(type: AdmissionType, operation: string, rejected: boolean): Observer {
    return this.#steps.series([type, operation, String(rejected)])
  }

  /** Where those of one step go. */
  controller(name: string, type: AdmissionType, operation: string, rejected: boolean): Observer {
    return this.#controllers.series([name, type, operation, String(rejected)])
  }

  podSecurity(evaluation: PodSecurityEvaluation, about: PodSecurityRequest): void {
    const { decision, mode, level, version } = evaluation
    this.#podSecurity.add([decision, level, level === 'privileged' ? 'latest' : version, mode, ...podValues(about)])
  }

  podSecurityExempt(about: PodSecurityRequest): void {
    this.#podExemptions.add(podValues(about))
  }

  webhook({ name, type, operation, code, rejected, errorType, seconds }: WebhookCall): void {
    this.#webhooks.observe([name, type, operation, String(rejected)], seconds)
    this.#webhookRequests.add([name, type, operation, String(code), String(rejected)])
    if (rejected) this.#webhookRejections.add([name, type, operation, errorType, String(Math.min(code, 600))])
    else if (errorType === 'calling_webhook_error') this.#failedOpen.add([name, type])
  }

  /** `failed`: the policy could not be evaluated. */
  policy(names: PolicyNames, action: 'allow' | 'deny' | 'warn' | 'audit', failed: boolean, seconds: number): void {
    const labels = [names.policy, names.binding, failed ? 'invalid_error' : 'no_error', action]
    this.#checks.add(labels)
    this.#checkSeconds.observe(labels, seconds)
  }

  mutatingPolicy(names: PolicyNames, failed: boolean, seconds: number): void {
    const labels = [names.policy, names.binding, failed ? 'invalid_error' : 'no_error']
    this.#mutations.add(labels)
    this.#mutationSeconds.observe(labels, seconds)
  }
}

export interface PolicyNames {
  policy: string
  binding: string
}
