/** AdmissionReview as it is sent, and what of the answer counts. Source: apiserver's `webhook/request/admissionreview.go`. */
import { parseExactly } from '../../../api/codec/exact-json.ts'
import type { Status } from '../../../api/types/meta/v1.ts'
import { requestOf, type Subject, withKind } from '../policy/bindings.ts'

export type ReviewVersion = 'v1' | 'v1beta1'

export interface ReviewResponse {
  readonly allowed: boolean
  readonly status: Partial<Status> | undefined
  readonly warnings: readonly string[]
  readonly annotations: ReadonlyMap<string, string>
  /** Operations of a JSON patch; empty when there is none. */
  readonly patch: readonly unknown[]
}

/** The answer can't be used; the message says why. */
export class ReviewError extends Error {}

/** The first version of the webhook's that we speak; undefined when there is none. */
export function reviewVersion(versions: readonly string[] | undefined): ReviewVersion | undefined {
  return versions?.find((version): version is ReviewVersion => version === 'v1' || version === 'v1beta1')
}

export function reviewOf(subject: Subject, { uid, version }: { uid: string; version: ReviewVersion }) {
  const { attributes, resource, object, oldObject } = subject
  const request = {
    uid,
    ...requestOf(attributes, resource, object ?? oldObject),
    object: withKind(object, resource) ?? null,
    oldObject: withKind(oldObject, resource) ?? null,
  }
  return { kind: 'AdmissionReview', apiVersion: `admission.k8s.io/${version}`, request }
}

interface Expected {
  readonly uid: string
  readonly version: ReviewVersion
  readonly mutating: boolean
}

/** Throws `ReviewError`. */
export function readResponse(review: unknown, expected: Expected): ReviewResponse {
  if (!isRecord(review)) throw new ReviewError('the answer is no AdmissionReview')
  const { response } = review
  if (!isRecord(response)) throw new ReviewError('webhook response was absent')
  if (expected.version === 'v1') verify(review, response, expected)
  const { warnings, auditAnnotations, status } = response
  return {
    allowed: response.allowed === true,
    status: isRecord(status) ? (status as Partial<Status>) : undefined,
    warnings: Array.isArray(warnings) ? warnings.filter((text) => typeof text === 'string') : [],
    annotations: new Map(textEntries(auditAnnotations)),
    patch: expected.mutating ? patchOf(response.patch) : [],
  }
}

type Json = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function verify({ apiVersion, kind }: Json, { uid, patch, patchType }: Json, expected: Expected): void {
  if (uid !== expected.uid)
    throw new ReviewError(`expected response.uid=${JSON.stringify(expected.uid)}, got ${JSON.stringify(uid ?? '')}`)
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview')
    throw new ReviewError(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${apiVersion ?? ''}, Kind=${kind ?? ''}`,
    )
  const hasPatch = patch !== undefined && patch !== null && patch !== ''
  const hasType = patchType !== undefined && patchType !== null
  if (!expected.mutating) {
    if (hasPatch) throw new ReviewError('validating webhook may not return response.patch')
    if (hasType) throw new ReviewError('validating webhook may not return response.patchType')
    return
  }
  if (hasPatch && !hasType) throw new ReviewError('webhook returned response.patch but not response.patchType')
  if (!hasPatch && hasType) throw new ReviewError('webhook returned response.patchType but not response.patch')
  if (hasType && patchType !== 'JSONPatch') {
    const why =
      patchType === ''
        ? 'webhook returned invalid response.patchType of ""'
        : `unsupported patch type ${JSON.stringify(patchType)}`
    throw new ReviewError(why)
  }
}

function* textEntries(value: unknown): Iterable<[string, string]> {
  if (!isRecord(value)) return
  for (const [key, text] of Object.entries(value)) if (typeof text === 'string') yield [key, text]
}

/** Base64 of a JSON patch. */
function patchOf(patch: unknown): unknown[] {
  if (patch === undefined || patch === null || patch === '') return []
  const undecodable = new ReviewError('received undecodable patch in webhook response')
  if (typeof patch !== 'string') throw undecodable
  try {
    const operations: unknown = parseExactly(Buffer.from(patch, 'base64').toString('utf8'))
    if (Array.isArray(operations)) return operations
  } catch {
    throw undecodable
  }
  throw undecodable
}
