/** A pod's request for a certificate, made by its kubelet: fixed once made, and its outcome fixed once known. Source: KEP-4317. */
import { constants, type KeyObject, verify } from 'node:crypto'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { certificatesV1beta1 } from '../../../api/resources.ts'
import type { PodCertificateRequest, PodCertificateRequestSpec } from '../../../api/types/certificates/v1beta1.ts'
import { readPublicKey, readSignedKey } from '../../../api/x509/request.ts'
import { dropStatus, keepSpec, restoreStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, invalidEach, messages, notSupported, required, tooLong } from '../validation/field.ts'
import { certificatesFault, validateSignerName } from './signer-name.ts'

type Request = PodCertificateRequest

const lifeSeconds = { least: 3_600, most: 7_862_400, mostOfKubernetes: 86_400 }
const uidBytesMax = 128
const keyBytesMax = 10 * 1024
const outcomes = ['Denied', 'Failed', 'Issued']

export const podCertificateRequests: Strategy<Request> = {
  resource: certificatesV1beta1.podCertificateRequests,
  allowUnconditionalUpdate: false,
  prepareForCreate: dropStatus,
  prepareForUpdate: restoreStatus,
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
    errors.push(...invalidEach(`spec.${field}`, name, isDns1123Subdomain(name)))
    const uid = spec[uids[field]] ?? ''
    if (uid === '') errors.push(invalid(`spec.${uids[field]}`, uid, 'must not be empty'))
    if (Buffer.byteLength(uid) > uidBytesMax) errors.push(tooLong(`spec.${uids[field]}`, uidBytesMax))
  }
  const seconds = spec.maxExpirationSeconds
  if (seconds === undefined) return [...errors, required('spec.maxExpirationSeconds', 'must be set')]
  const isOfKubernetes = /^([^/]*\.)?kubernetes\.io(\/|$)/.test(spec.signerName ?? '')
  const most = isOfKubernetes ? lifeSeconds.mostOfKubernetes : lifeSeconds.most
  if (seconds < lifeSeconds.least || seconds > most) {
    errors.push(invalid('spec.maxExpirationSeconds', seconds, `must be in the range [${lifeSeconds.least}, ${most}]`))
  }
  return [...errors, ...validateKey(spec)]
}

const uids = { podName: 'podUID', serviceAccountName: 'serviceAccountUID', nodeName: 'nodeUID' } as const

function validateKey(spec: Partial<PodCertificateRequestSpec>): FieldError[] {
  const { stubPKCS10Request: request, pkixPublicKey: key, proofOfPossession: proof, podUID = '' } = spec
  if (request && !key && !proof) return validateRequest(Buffer.from(request, 'base64'))
  if (!request && key && proof) return validateProof(Buffer.from(key, 'base64'), Buffer.from(proof, 'base64'), podUID)
  const why = 'exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set'
  return [invalid('spec', undefined, why)]
}

/** Only the key and that it is the sender's: what else the request says is no business of this server. */
function validateRequest(der: Buffer): FieldError[] {
  const path = 'spec.stubPKCS10Request'
  if (der.length > keyBytesMax) return [tooLong(path, keyBytesMax)]
  const read = readSignedKey(der)
  if (!read) return [invalid(path, undefined, 'must be a valid PKCS#10 CSR')]
  const wrong = validateKind(path, read.publicKey, 'P256, P384, or P521')
  return wrong.length > 0 || read.isSigned ? wrong : [invalid(path, undefined, 'invalid signature')]
}

/** The older form: a key, and the pod's uid signed with it. */
function validateProof(der: Buffer, proof: Buffer, podUid: string): FieldError[] {
  const [keyPath, proofPath] = ['spec.pkixPublicKey', 'spec.proofOfPossession']
  if (der.length > keyBytesMax) return [tooLong(keyPath, keyBytesMax)]
  if (proof.length > keyBytesMax) return [tooLong(proofPath, keyBytesMax)]
  const key = readPublicKey(der)
  if (!key) return [invalid(keyPath, der.toString('base64'), 'must be a valid PKIX-serialized public key')]
  const wrong = validateKind(keyPath, key, 'P256 or P384')
  if (wrong.length > 0) return wrong
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const padding = key.asymmetricKeyType === 'rsa' ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {}
  if (verify(digest, Buffer.from(podUid), { key, ...padding }, proof)) return []
  return [invalid(proofPath, undefined, 'could not verify proof-of-possession signature')]
}

function validateKind(path: string, key: KeyObject, named: string): FieldError[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { namedCurve = '', modulusLength = 0 } = {} } = key
  if (type === 'ed25519' || (type === 'ec' && curves.has(namedCurve))) return []
  const bits = Math.ceil(modulusLength / 8) * 8
  if (type === 'rsa' && (bits === 3072 || bits === 4096)) return []
  if (type === 'rsa') return [invalid(path, `${bits}-bit modulus`, 'RSA keys must have modulus size 3072 or 4096')]
  if (type !== 'ec')
    return [invalid(path, undefined, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA')]
  return [
    invalid(path, `curve ${curveNames[namedCurve] ?? namedCurve}`, `elliptic public keys must use curve ${named}`),
  ]
}

const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
/** As Go calls others that it reads. */
const curveNames: Readonly<Record<string, string>> = { secp224r1: 'P-224' }

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
