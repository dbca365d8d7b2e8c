/** Rules of conversion between versions. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label } from '../../../api/names.ts'
import type { CustomResourceConversion, WebhookClientConfig } from '../../../api/types/apiextensions/v1.ts'
import { validateClientConfig } from '../../registry/admissionregistration/client-config.ts'
import { forbidden, invalid, required, requiredOneOf } from '../../registry/validation/field.ts'

const path = 'spec.conversion'

export interface ConversionOptions {
  /** One of the review versions must be one that we speak. */
  recognizedReview: boolean
  /** The definition is not served yet, so that its certificates need not be right. */
  anyCaBundle: boolean
}

export function validateConversion(
  conversion: CustomResourceConversion | undefined,
  options: ConversionOptions,
): FieldError[] {
  if (!conversion) return []
  const { strategy = '', webhook } = conversion
  const errors = requiredOneOf(`${path}.strategy`, strategy, ['None', 'Webhook'])
  const reviews = webhook?.conversionReviewVersions ?? []
  if (strategy === 'Webhook') {
    return [...errors, ...clientErrors(webhook?.clientConfig, options), ...reviewErrors(reviews, options)]
  }
  const why = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig) errors.push(forbidden(`${path}.webhookClientConfig`, why))
  if (reviews.length > 0) errors.push(forbidden(`${path}.conversionReviewVersions`, why))
  return errors
}

function clientErrors(config: WebhookClientConfig | undefined, { anyCaBundle }: ConversionOptions): FieldError[] {
  const at = `${path}.webhookClientConfig`
  if (!config) return [required(at, 'required when strategy is set to Webhook')]
  const errors = validateClientConfig(at, config)
  const { caBundle } = config
  if (!caBundle || anyCaBundle || isCaBundle(caBundle)) return errors
  const detail = 'unable to load root certificates: unable to parse bytes as PEM block'
  return [...errors, invalid(`${at}.caBundle`, caBundle, detail)]
}

/** Base64 of at least one certificate in PEM. */
export function isCaBundle(text: string): boolean {
  return /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(Buffer.from(text, 'base64').toString())
}

function reviewErrors(versions: readonly string[], { recognizedReview }: ConversionOptions): FieldError[] {
  const at = `${path}.conversionReviewVersions`
  if (versions.length === 0) return [required(at)]
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalid(`${at}[${index}]`, version, 'duplicate version'))
    else for (const problem of isDns1035Label(version)) errors.push(invalid(`${at}[${index}]`, version, problem))
  }
  if (recognizedReview && !versions.some((version) => version === 'v1' || version === 'v1beta1'))
    errors.push(invalid(at, versions, 'must include at least one of v1, v1beta1'))
  return errors
}
