/** Keeps events and batches small enough for who takes them. Source: kube-apiserver's --audit-*-truncate-* flags. */
import type { AuditEvent } from './event.ts'

export interface TruncateSettings {
  maxEventBytes: number
  maxBatchBytes: number
}

/** Events as text in batches; bodies are left out of what is too large, and what still is too large is left out. */
export function truncated(
  events: readonly AuditEvent[],
  { maxEventBytes, maxBatchBytes }: TruncateSettings,
): { batches: string[][]; dropped: number } {
  const batches: string[][] = []
  let batch: string[] = []
  let bytes = 0
  let dropped = 0
  for (const event of events) {
    const text = fitting(event, maxEventBytes)
    if (text === undefined) {
      dropped += 1
      continue
    }
    const length = Buffer.byteLength(text)
    if (batch.length > 0 && bytes + length > maxBatchBytes) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(text)
    bytes += length
  }
  if (batch.length > 0) batches.push(batch)
  return { batches, dropped }
}

function fitting(event: AuditEvent, bytesMax: number): string | undefined {
  const whole = JSON.stringify(event)
  if (Buffer.byteLength(whole) <= bytesMax) return whole
  const { requestObject, responseObject, ...rest } = event
  const annotations = { ...event.annotations, 'audit.k8s.io/truncated': 'true' }
  const text = JSON.stringify({ ...rest, annotations })
  return Buffer.byteLength(text) <= bytesMax ? text : undefined
}
