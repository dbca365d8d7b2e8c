/** When a certificate request has served its time. Source: kube-controller-manager's cleaner. */
import { X509Certificate } from 'node:crypto'
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts'

const decidedMs = 3_600_000
const pendingMs = 24 * 3_600_000

/** Milliseconds until it is to be deleted; 0 or less: now. */
export function isOverInMs({ metadata, status }: CertificateSigningRequest, nowMs: number): number {
  const ends = (status?.conditions ?? []).map(
    ({ lastUpdateTime }) => (Date.parse(lastUpdateTime ?? metadata.creationTimestamp ?? '') || nowMs) + decidedMs,
  )
  if (ends.length === 0) ends.push((Date.parse(metadata.creationTimestamp ?? '') || nowMs) + pendingMs)
  const endMs = Math.min(...ends, certificateEndMs(status?.certificate))
  return endMs - nowMs
}

function certificateEndMs(certificate: string | undefined): number {
  if (!certificate) return Number.POSITIVE_INFINITY
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
