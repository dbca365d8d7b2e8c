/** Webhook configurations. Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../../api/names.ts'
import { jsonEqual } from '../../../api/patch/json-value.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../../api/types/admissionregistration/v1.ts'
import { plainEnvironment } from '../../admission/policy/environments.ts'
import type { Strategy } from '../strategy.ts'
import { duplicate, invalid, invalidEach, optionalOneOf, required } from '../validation/field.ts'
import { validateLabelSelector } from '../validation/labels.ts'
import { validateClientConfig } from './client-config.ts'
import { validateConditions } from './policy-parts.ts'
import { defaultRule, validateRule } from './rules.ts'

const timeoutSecondsMax = 30
const reviewVersions = ['v1', 'v1beta1']
/** No parameters: conditions see the object, the request and the authorizer. */
const environment = plainEnvironment(false, true)
const sideEffects = ['None', 'NoneOnDryRun']

type Webhook = MutatingWebhook | ValidatingWebhook
type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration

const common = {
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default(configuration: Configuration): void {
    for (const webhook of configuration.webhooks ?? []) defaultWebhook(webhook)
  },
  prepareForCreate(configuration: Configuration): void {
    configuration.metadata.generation = 1
  },
  prepareForUpdate(configuration: Configuration, old: Configuration): void {
    const before = old.metadata.generation ?? 0
    // An empty list is another than none to upstream here.
    const isSame = jsonEqual(configuration.webhooks, old.webhooks)
    configuration.metadata.generation = isSame ? before : before + 1
  },
  validateCreate: validateConfiguration,
  validateUpdate: validateConfiguration,
}

export const validatingWebhookConfigurations: Strategy<ValidatingWebhookConfiguration> = {
  resource: admissionregistrationV1.validatingWebhookConfigurations,
  metadataOnUpdate: ['whole'],
  ...common,
}

export const mutatingWebhookConfigurations: Strategy<MutatingWebhookConfiguration> = {
  resource: admissionregistrationV1.mutatingWebhookConfigurations,
  metadataOnUpdate: ['whole'],
  ...common,
  default(configuration) {
    common.default(configuration)
    for (const webhook of configuration.webhooks ?? []) webhook.reinvocationPolicy ??= 'Never'
  },
}

function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= 10
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443
  for (const rule of webhook.rules ?? []) defaultRule(rule)
}

function validateConfiguration(configuration: Configuration): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, webhook] of (configuration.webhooks ?? []).entries()) {
    const path = `webhooks[${index}]`
    errors.push(...validateWebhook(path, webhook))
    const name = webhook.name ?? ''
    if (name === '') continue
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
    names.add(name)
  }
  return errors
}

function validateWebhook(path: string, webhook: Webhook): FieldError[] {
  const { rules = [], timeoutSeconds: seconds } = webhook
  const errors = validateWebhookName(`${path}.name`, webhook.name ?? '')
  for (const [index, rule] of rules.entries()) errors.push(...validateRule(`${path}.rules[${index}]`, rule))
  errors.push(...optionalOneOf(`${path}.failurePolicy`, webhook.failurePolicy, ['Fail', 'Ignore']))
  errors.push(...optionalOneOf(`${path}.matchPolicy`, webhook.matchPolicy, ['Equivalent', 'Exact']))
  if (webhook.sideEffects === undefined) {
    errors.push(required(`${path}.sideEffects`, `must specify one of ${sideEffects.join(', ')}`))
  } else errors.push(...optionalOneOf(`${path}.sideEffects`, webhook.sideEffects, sideEffects))
  if (seconds !== undefined && (seconds < 1 || seconds > timeoutSecondsMax)) {
    const why = `the timeout value must be between 1 and ${timeoutSecondsMax} seconds`
    errors.push(invalid(`${path}.timeoutSeconds`, seconds, why))
  }
  errors.push(...validateLabelSelector(`${path}.namespaceSelector`, webhook.namespaceSelector))
  errors.push(...validateLabelSelector(`${path}.objectSelector`, webhook.objectSelector))
  if ('reinvocationPolicy' in webhook) {
    errors.push(...optionalOneOf(`${path}.reinvocationPolicy`, webhook.reinvocationPolicy, ['IfNeeded', 'Never']))
  }
  errors.push(...validateClientConfig(`${path}.clientConfig`, webhook.clientConfig ?? {}))
  errors.push(...validateReviewVersions(`${path}.admissionReviewVersions`, webhook.admissionReviewVersions ?? []))
  return [...errors, ...validateConditions(`${path}.matchConditions`, webhook.matchConditions, environment)]
}

function validateWebhookName(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors = invalidEach(path, name, isDns1123Subdomain(name))
  if (errors.length > 0 || name.split('.').length >= 3) return errors
  return [invalid(path, name, 'should be a domain with at least three segments separated by dots')]
}

function validateReviewVersions(path: string, versions: readonly string[]): FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(', ')}`)]
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) {
      errors.push(invalid(`${path}[${index}]`, version, 'duplicate version'))
      continue
    }
    errors.push(...invalidEach(`${path}[${index}]`, version, isDns1035Label(version)))
  }
  if (versions.some((version) => reviewVersions.includes(version))) return errors
  return [...errors, invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`)]
}
