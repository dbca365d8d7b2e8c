/**
 * Posts batches of audit events to a web service that a kubeconfig file names, and tries again when it is busy or away.
 * Source: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#webhook-backend.
 */
import type { ClusterAccess } from '../../client/kubeconfig.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'

export interface AuditWebhookParts {
  access: Pick<ClusterAccess, 'server' | 'tls' | 'token'>
  net: Net
  clock: Clock
  random: Random
  /** Before the second try; each further one waits half as long again. */
  initialBackoffMs: number
}

/** Resolves when the batch was taken; rejects after the last try, never with what was sent. */
export async function postEvents(parts: AuditWebhookParts, events: readonly string[]): Promise<void> {
  const body = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.join(',')}]}`
  let waitMs = parts.initialBackoffMs
  for (let left = limits.auditWebhookTries; ; left--) {
    const failure = await post(parts, body)
    if (!failure) return
    if (!failure.again || left <= 1) throw new Error(failure.why)
    await parts.clock.sleep(waitMs * (1 + 0.2 * parts.random.float()))
    waitMs *= 1.5
  }
}

async function post(
  { access: { server, tls, token }, net }: AuditWebhookParts,
  body: string,
): Promise<{ why: string; again: boolean } | undefined> {
  try {
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const reply = await net.request({
      ...{ method: 'POST', url: server, tls, body, timeoutMs: limits.auditWebhookTimeoutMs },
      headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
    })
    // What it says is not needed, and not waited for.
    await reply.body[Symbol.asyncIterator]().return?.()
    if (reply.status >= 200 && reply.status < 300) return undefined
    return { why: `the audit webhook answered ${reply.status}`, again: reply.status >= 500 || reply.status === 429 }
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error), again: true }
  }
}
