/**
 * Requests for certificates: who asks is what the server knows of the caller, a decision stands once made, and a
 * certificate once issued. Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/.
 */
import type { FieldError } from '../../../api/errors.ts'
import { certificatesV1 } from '../../../api/resources.ts'
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  CertificateSigningRequestStatus,
} from '../../../api/types/certificates/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import type { Strategy, WriteContext } from '../strategy.ts'
import { duplicate, forbidden, invalid, notSupported, required } from '../validation/field.ts'
import { certificatesFault, requestFault, validateSignerName } from './signer-name.ts'

type Request = CertificateSigningRequest

const leastSeconds = 600
const legacySigner = 'kubernetes.io/legacy-unknown'
const decisions = ['Approved', 'Denied'] as const
const lasting: readonly string[] = [...decisions, 'Failed']

export const usages: readonly string[] = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
]

export const certificateSigningRequests: Strategy<Request> = {
  resource: certificatesV1.certificateSigningRequests,
  validateName: () => [],
  prepareForCreate(request, { user }) {
    const { spec } = request
    if (spec) {
      for (const field of ['uid', 'groups', 'extra'] as const) delete spec[field]
      spec.username = user.name
      if (user.uid) spec.uid = user.uid
      if (user.groups.length > 0) spec.groups = [...user.groups]
      if (Object.keys(user.extra).length > 0) spec.extra = structuredClone(user.extra) as Record<string, string[]>
    }
    delete request.status
  },
  prepareForUpdate(request, old) {
    request.spec = old.spec
    setStatus(request, old.status)
  },
  validateCreate: (request) => validateRequest(request),
  validateUpdate: (request, old) => validateChange(request, old, {}),
  status: {
    prepareForUpdate(request, old, write) {
      request.spec = old.spec
      keepDecisions(request, old)
      stamp(request, old, write)
    },
    validateUpdate: (request, old) => validateChange(request, old, { certificate: true, failure: true }),
  },
  subresources: {
    approval: {
      prepareForUpdate(request, old, write) {
        request.spec = old.spec
        const conditions = conditionsOf(request)
        setStatus(request, { ...old.status })
        keepConditions(request, conditions)
        stamp(request, old, write)
      },
      validateUpdate: (request, old) => validateChange(request, old, { decision: true, failure: true }),
    },
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
}

function isDecision(type: string): boolean {
  return (decisions as readonly string[]).includes(type)
}

function conditionsOf({ status }: Request): CertificateSigningRequestCondition[] {
  return status?.conditions ?? []
}

function setStatus(request: Request, status: CertificateSigningRequestStatus | undefined): void {
  if (status === undefined) delete request.status
  else request.status = status
}

function keepConditions(request: Request, conditions: CertificateSigningRequestCondition[]): void {
  request.status = { ...request.status, conditions }
}

/** As they were, unless there are more or fewer of one type, which is refused. */
function keepDecisions(request: Request, old: Request): void {
  const conditions = [...conditionsOf(request)]
  for (const decision of decisions) {
    const before = conditionsOf(old).filter(({ type }) => type === decision)
    const places = [...conditions.keys()].filter((index) => conditions[index]?.type === decision)
    if (before.length !== places.length) continue
    for (const [index, place] of places.entries()) conditions[place] = before[index]!
  }
  if (conditions.length > 0) keepConditions(request, conditions)
}

/** Conditions that come without times get them; a condition that stood already keeps its own. */
function stamp(request: Request, old: Request, { nowMs }: WriteContext): void {
  for (const condition of conditionsOf(request)) {
    condition.lastUpdateTime ??= rfc3339(nowMs)
    const before = conditionsOf(old).find(({ type, status }) => type === condition.type && status === condition.status)
    condition.lastTransitionTime ??= before?.lastTransitionTime ?? rfc3339(nowMs)
  }
}

function validateRequest(request: Request, old?: Request): FieldError[] {
  const { spec } = request
  const errors: FieldError[] = []
  const fault = requestFault(Buffer.from(spec?.request ?? '', 'base64').toString('latin1'))
  if (fault !== undefined) errors.push(invalid('spec.request', spec?.request ?? null, fault))
  errors.push(...validateUsages('spec.usages', spec?.usages ?? []))
  errors.push(...validateSigner(spec?.signerName ?? '', old))
  const seconds = spec?.expirationSeconds
  if (seconds !== undefined && seconds < leastSeconds) {
    const why = `may not specify a duration less than ${leastSeconds} seconds (10 minutes)`
    errors.push(invalid('spec.expirationSeconds', seconds, why))
  }
  return [...errors, ...validateStatus(request)]
}

/** A name that this version no longer takes may stand in stored requests. */
function validateSigner(name: string, old: Request | undefined): FieldError[] {
  const path = 'spec.signerName'
  if (name !== legacySigner || old?.spec?.signerName === name) return validateSignerName(path, name)
  return [invalid(path, name, 'the legacy signerName is not allowed via this API version')]
}

function validateUsages(path: string, given: readonly string[]): FieldError[] {
  if (given.length === 0) return [required(path)]
  return given.flatMap((usage, index) => {
    if (!usages.includes(usage)) return [notSupported(`${path}[${index}]`, usage, usages)]
    return given.indexOf(usage) < index ? [duplicate(`${path}[${index}]`, usage)] : []
  })
}

function validateStatus(request: Request): FieldError[] {
  const errors = validateConditions('status.conditions', conditionsOf(request))
  const certificate = request.status?.certificate
  if (!certificate) return errors
  const fault = certificatesFault(Buffer.from(certificate, 'base64').toString('latin1'))
  return fault === undefined ? errors : [...errors, invalid('status.certificate', '<certificate data>', fault)]
}

function validateConditions(path: string, conditions: readonly CertificateSigningRequestCondition[]): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { type = '', status = '' }] of conditions.entries()) {
    const at = `${path}[${index}]`
    if (type === '') errors.push(required(`${at}.type`))
    const allowed = lasting.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (status === '') errors.push(required(`${at}.status`))
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed))
    if (decisions.some((other) => other !== type && isDecision(type) && seen.has(other))) {
      errors.push(invalid(path, type, 'Approved and Denied conditions are mutually exclusive'))
    }
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type))
    seen.add(type)
  }
  return errors
}

interface MayChange {
  certificate?: boolean
  /** Approved and Denied. */
  decision?: boolean
  /** Failed. */
  failure?: boolean
}

function validateChange(request: Request, old: Request, may: MayChange): FieldError[] {
  const errors = validateRequest(request, old)
  for (const type of lasting) {
    const [before, after] = [old, request].map((one) => conditionsOf(one).some((condition) => condition.type === type))
    if (before && !after) {
      errors.push(forbidden('status.conditions', `updates may not remove a condition of type "${type}"`))
    }
    const mayAdd = isDecision(type) ? may.decision : may.failure
    if (!before && after && !mayAdd) {
      errors.push(forbidden('status.conditions', `updates may not add a condition of type "${type}"`))
    }
  }
  const [before, after] = [old.status?.certificate ?? '', request.status?.certificate ?? '']
  if (before === after) return errors
  if (!may.certificate) return [...errors, forbidden('status.certificate', 'updates may not set certificate content')]
  if (before === '') return errors
  return [...errors, forbidden('status.certificate', 'updates may not modify existing certificate content')]
}
