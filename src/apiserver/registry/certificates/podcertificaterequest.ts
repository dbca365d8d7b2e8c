/** A pod's request for a certificate, made by its kubelet: fixed once made, and its outcome fixed once known. Source: KEP-4317. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { certificatesV1beta1 } from '../../../api/resources.ts'
import type { PodCertificateRequest, PodCertificateRequestSpec } from '../../../api/types/certificates/v1beta1.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, invalidEach, messages, notSupported, required } from '../validation/field.ts'
import { certificatesFault, validateSignerName } from './signer-name.ts'

type Request = PodCertificateRequest

const lifeSeconds = { least: 3_600, most: 7_862_400 }
const outcomes = ['Denied', 'Failed', 'Issued']

export const podCertificateRequests: Strategy<Request> = {
  resource: certificatesV1beta1.podCertificateRequests,
  prepareForCreate(request) {
    delete request.status
  },
  prepareForUpdate(request, old) {
    if (old.status === undefined) delete request.status
    else request.status = old.status
  },
  validateCreate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate: ({ spec }, old) =>
    semanticEqual(spec, old.spec) ? [] : [invalid('spec', spec ?? null, messages.immutable)],
  status: { prepareForUpdate: keepSpec, validateUpdate: validateOutcome },
  selectableFields: {
    'spec.signerName': ({ spec }) => spec?.signerName ?? '',
    'spec.podName': ({ spec }) => spec?.podName ?? '',
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
  },
}

function validateSpec(spec: Partial<PodCertificateRequestSpec>): FieldError[] {
  const errors = validateSignerName('spec.signerName', spec.signerName ?? '')
  for (const field of ['podName', 'serviceAccountName', 'nodeName'] as const) {
    const name = spec[field] ?? ''
    if (name === '') errors.push(required(`spec.${field}`))
    else errors.push(...invalidEach(`spec.${field}`, name, isDns1123Subdomain(name)))
  }
  for (const field of ['podUID', 'serviceAccountUID', 'nodeUID'] as const) {
    if (!spec[field]) errors.push(required(`spec.${field}`))
  }
  const seconds = spec.maxExpirationSeconds
  if (seconds === undefined) errors.push(required('spec.maxExpirationSeconds', 'must be set'))
  else if (seconds < lifeSeconds.least || seconds > lifeSeconds.most) {
    const why = `must be in the range [${lifeSeconds.least}, ${lifeSeconds.most}]`
    errors.push(invalid('spec.maxExpirationSeconds', seconds, why))
  }
  if (!spec.stubPKCS10Request && !spec.pkixPublicKey) errors.push(required('spec.stubPKCS10Request'))
  return errors
}

function validateOutcome({ status }: Request, old: Request): FieldError[] {
  const conditions = status?.conditions ?? []
  const errors: FieldError[] = []
  for (const [index, { type, status: state }] of conditions.entries()) {
    const at = `status.conditions[${index}]`
    if (!outcomes.includes(type)) errors.push(notSupported(`${at}.type`, type, outcomes))
    if (state !== 'True') errors.push(notSupported(`${at}.status`, state, ['True']))
  }
  if (conditions.length > 1) {
    errors.push(invalid('status.conditions', conditions, 'Denied, Failed and Issued conditions are mutually exclusive'))
  }
  const known = (old.status?.conditions ?? []).length > 0
  if (known && !semanticEqual(status, old.status)) {
    return [...errors, forbidden('status', 'a request whose outcome is known is immutable')]
  }
  const chain = status?.certificateChain ?? ''
  const isIssued = conditions.some(({ type }) => type === 'Issued')
  if (chain !== '' && !isIssued) errors.push(forbidden('status.certificateChain', 'only for an issued request'))
  if (!isIssued) return errors
  const fault = certificatesFault(chain)
  if (fault !== undefined) errors.push(invalid('status.certificateChain', '<value omitted>', fault))
  for (const field of ['notBefore', 'beginRefreshAt', 'notAfter'] as const) {
    if (!status?.[field]) errors.push(required(`status.${field}`))
  }
  return errors
}
