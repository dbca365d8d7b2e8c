/**
 * Certificate requests: approves those of nodes, signs what is approved, and takes away what is old.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import { keyOf } from '../../api/meta.ts'
import { authorizationV1, certificatesV1 } from '../../api/resources.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts'
import { type Identity, signPublicKey } from '../../api/x509/certificate.ts'
import { type CertificateRequest, readCertificateRequest } from '../../api/x509/request.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import { isOverInMs } from './cleaning.ts'
import { certificateUsages, kubeletClientRefusal, refusal, signers } from './signers.ts'

export interface SigningOptions {
  /** Who signs for all of Kubernetes' signers, or for each by its name; those that are missing sign nothing. */
  authority: Identity | ReadonlyMap<string, Identity>
  /** Default a year. */
  durationMs?: number
}

const backdateMs = 5 * 60_000
const yearMs = 365 * 86_400_000
/** Shorter lives are refused by the API already. */
const durationMsMin = 600_000
/** Rights may still come. */
const askAgainMs = 30_000

export function certificateSigningController(parts: ControllerParts, options: SigningOptions): Controller {
  const requests = parts.informers.of(certificatesV1.certificateSigningRequests)
  const api = parts.client.of(certificatesV1.certificateSigningRequests)
  return {
    name: 'certificatesigningrequest-signing',
    sources: [source(requests, ({ object }) => [keyOf(object)])],
    async reconcile(key) {
      const request = requests.get(key)
      if (!request || !has(request, 'Approved') || has(request, 'Denied') || has(request, 'Failed')) return done
      if (request.status?.certificate) return done
      const status = signed(request, options, parts)
      if (status) await ifThere(api.updateStatus({ ...request, status: { ...request.status, ...status } }))
      return done
    },
  }
}

/** Undefined for the requests of other signers. */
function signed(
  request: CertificateSigningRequest,
  { authority, durationMs: longestMs = yearMs }: SigningOptions,
  { clock, random }: ControllerParts,
): CertificateSigningRequest['status'] | undefined {
  const { signerName, usages = [], expirationSeconds } = request.spec
  const signing = authority instanceof Map ? authority.get(signerName) : (authority as Identity)
  if (!signing) return undefined
  const nowMs = clock.nowMs()
  try {
    const wanted = readCertificateRequest(Buffer.from(request.spec.request, 'base64').toString('utf8'))
    const wrong = refusal(signerName, wanted, usages)
    if (wrong === 'unknown') return undefined
    if (wrong !== undefined) throw new Error(wrong)
    const askedMs = expirationSeconds === undefined ? longestMs : Math.max(expirationSeconds * 1000, durationMsMin)
    const { subject, dnsNames, ipAddresses, publicKey } = wanted
    const certificate = signPublicKey(signing, publicKey, {
      ...{ subject, dnsNames, ipAddresses, ...certificateUsages(usages) },
      ...{ notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs - backdateMs + Math.min(askedMs, longestMs) },
      serial: random.bytes(16),
    })
    return { certificate: Buffer.from(certificate).toString('base64') }
  } catch (error) {
    if (!Object.values<string>(signers).includes(signerName)) return undefined
    const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: messageOf(error) }
    const known = request.status?.conditions ?? []
    return { conditions: [...known, { ...condition, lastUpdateTime: rfc3339(nowMs) }] }
  }
}

/** Lets nodes have their client certificates, where their user may ask for them. */
export function certificateApprovingController(parts: ControllerParts): Controller {
  const requests = parts.informers.of(certificatesV1.certificateSigningRequests)
  const api = parts.client.of(certificatesV1.certificateSigningRequests)
  return {
    name: 'certificatesigningrequest-approving',
    sources: [source(requests, ({ object }) => [keyOf(object)])],
    async reconcile(key): Promise<Outcome> {
      const request = requests.get(key)
      if (!request || request.status?.certificate || has(request, 'Approved') || has(request, 'Denied')) return done
      const kinds = kindsOf(request)
      for (const { subresource, message } of kinds) {
        if (!(await mayAsk(parts, request, subresource))) continue
        const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message }
        const conditions = [...(request.status?.conditions ?? []), condition]
        await ifThere(api.updateSub(key, 'approval', { ...request, status: { ...request.status, conditions } }))
        return done
      }
      return kinds.length === 0 ? done : { kind: 'requeueAfter', delayMs: askAgainMs }
    },
  }
}

function kindsOf({ spec }: CertificateSigningRequest): { subresource: string; message: string }[] {
  if (spec.signerName !== signers.kubeletClient) return []
  let wanted: CertificateRequest
  try {
    wanted = readCertificateRequest(Buffer.from(spec.request, 'base64').toString('utf8'))
  } catch {
    return []
  }
  if (kubeletClientRefusal(wanted, spec.usages ?? []) !== undefined) return []
  const own = {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  }
  const any = {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  }
  return spec.username === wanted.subject.commonName ? [own, any] : [any]
}

async function mayAsk(
  { client }: ControllerParts,
  { spec }: CertificateSigningRequest,
  subresource: string,
): Promise<boolean> {
  const { username: user = '', uid = '', groups = [], extra = {} } = spec
  const resourceAttributes = {
    ...{
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      verb: 'create',
      subresource,
      version: '*',
    },
  }
  const review = await client
    .of(authorizationV1.subjectAccessReviews)
    .create({ metadata: {}, spec: { user, uid, groups, extra, resourceAttributes } })
  return review.status?.allowed === true
}

/** Deletes requests that are over. */
export function certificateCleaningController(parts: ControllerParts): Controller {
  const requests = parts.informers.of(certificatesV1.certificateSigningRequests)
  return {
    name: 'certificatesigningrequest-cleaner',
    workers: 1,
    sources: [source(requests, ({ object }) => [keyOf(object)])],
    async reconcile(key): Promise<Outcome> {
      const request = requests.get(key)
      if (!request) return done
      const delayMs = isOverInMs(request, parts.clock.nowMs())
      if (delayMs > 0) return { kind: 'requeueAfter', delayMs }
      const { uid } = request.metadata
      const preconditions = uid === undefined ? {} : { preconditions: { uid } }
      await ifThere(parts.client.of(certificatesV1.certificateSigningRequests).delete(key, preconditions))
      return done
    },
  }
}

function has({ status }: CertificateSigningRequest, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status !== 'False') ?? false
}
