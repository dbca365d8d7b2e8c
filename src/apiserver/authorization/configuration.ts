/**
 * AuthorizationConfiguration: who is asked, in which order.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#using-configuration-file-for-authorization
 */
import { isDns1123Subdomain } from '../../api/names.ts'
import { ConfigurationError, type Fields, readDocument } from '../configuration/fields.ts'

const group = 'apiserver.config.k8s.io'
const modes = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'ABAC'] as const
const minute = 60_000

/** Those that answer by themselves. */
export type AuthorizationMode = (typeof modes)[number]

export type ConfiguredAuthorizer =
  | { readonly type: AuthorizationMode; readonly name: string }
  | { readonly type: 'Webhook'; readonly name: string; readonly webhook: WebhookConfiguration }

export interface WebhookConfiguration {
  /** Zero: answers are not kept. */
  readonly authorizedTtlMs: number
  readonly unauthorizedTtlMs: number
  readonly timeoutMs: number
  readonly version: 'v1' | 'v1beta1'
  readonly failurePolicy: 'Deny' | 'NoOpinion'
  readonly kubeConfigFile: string
  /** All must be true for the webhook to be asked. */
  readonly matchConditions: readonly string[]
}

/** Throws `ConfigurationError`. */
export function readAuthorizationConfiguration(text: string): ConfiguredAuthorizer[] {
  const document = readDocument(text, 'AuthorizationConfiguration', [
    `${group}/v1`,
    `${group}/v1beta1`,
    `${group}/v1alpha1`,
  ])
  const authorizers = document.objects('authorizers').map(authorizerOf)
  document.end()
  if (authorizers.length === 0)
    throw new ConfigurationError('authorizers: at least one authorization mode must be defined')
  refuseDoubles(authorizers)
  return authorizers
}

function authorizerOf(fields: Fields): ConfiguredAuthorizer {
  const type = fields.oneOf('type', [...modes, 'Webhook'], 'Webhook')
  const name = fields.required('name')
  fields.required('type')
  const broken = isDns1123Subdomain(name)
  if (broken.length > 0) throw fields.error('name', `is invalid, ${broken.join('; ')}`)
  const webhook = fields.object('webhook')
  if (type === 'Webhook') {
    if (!webhook) throw fields.error('webhook', 'is required')
    return { type, name, webhook: webhookOf(webhook) }
  }
  if (webhook) throw fields.error('webhook', 'may only be specified when type=Webhook')
  return { type, name }
}

function webhookOf(fields: Fields): WebhookConfiguration {
  const keptMs = (ttl: string, cache: string, otherwise: number) => {
    const ms = fields.durationMs(ttl) ?? otherwise
    if (ms === 0) throw fields.error(ttl, 'must be greater than zero')
    return fields.bool(cache) === false ? 0 : ms
  }
  const timeoutMs = fields.durationMs('timeout')
  if (timeoutMs === undefined || timeoutMs === 0) throw fields.error('timeout', 'is required')
  if (timeoutMs > 30_000) throw fields.error('timeout', 'must be <= 30s')
  fields.required('subjectAccessReviewVersion')
  fields.required('failurePolicy')
  const matchConditions = fields.objects('matchConditions').map((condition) => condition.required('expression'))
  if (new Set(matchConditions).size < matchConditions.length)
    throw fields.error('matchConditions', 'duplicate expression')
  const conditionsVersion = fields.oneOf('matchConditionSubjectAccessReviewVersion', ['v1', ''], '')
  if (matchConditions.length > 0 && conditionsVersion === '') {
    throw fields.error('matchConditionSubjectAccessReviewVersion', 'is required when match conditions are specified')
  }
  return {
    authorizedTtlMs: keptMs('authorizedTTL', 'cacheAuthorizedRequests', 5 * minute),
    unauthorizedTtlMs: keptMs('unauthorizedTTL', 'cacheUnauthorizedRequests', minute / 2),
    timeoutMs,
    version: fields.oneOf('subjectAccessReviewVersion', ['v1', 'v1beta1'], 'v1'),
    failurePolicy: fields.oneOf('failurePolicy', ['NoOpinion', 'Deny'], 'Deny'),
    kubeConfigFile: kubeConfigOf(fields),
    matchConditions,
  }
}

function kubeConfigOf(fields: Fields): string {
  const connection = fields.object('connectionInfo')
  if (!connection) throw fields.error('connectionInfo', 'is required')
  if (connection.required('type') !== 'KubeConfigFile') {
    throw connection.error('type', 'only KubeConfigFile is offered: this server is not one of its own pods')
  }
  const path = connection.required('kubeConfigFile')
  if (!path.startsWith('/')) throw connection.error('kubeConfigFile', 'must be an absolute path')
  return path
}

function refuseDoubles(authorizers: readonly ConfiguredAuthorizer[]): void {
  const names = new Set<string>()
  const types = new Set<string>()
  for (const [index, { type, name }] of authorizers.entries()) {
    if (names.has(name))
      throw new ConfigurationError(`authorizers[${index}].name: Duplicate value: ${JSON.stringify(name)}`)
    if (type !== 'Webhook' && types.has(type)) {
      throw new ConfigurationError(`authorizers[${index}].type: Duplicate value: ${JSON.stringify(type)}`)
    }
    names.add(name)
    types.add(type)
  }
}
