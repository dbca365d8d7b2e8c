/** Asks one webhook, and says what its answer or its silence means. Source: apiserver's `webhook/mutating/dispatcher.go`. */
import { ApiError, apiError, badRequest } from '../../../api/errors.ts'
import type { Status } from '../../../api/types/meta/v1.ts'
import type { AdmissionMetrics, WebhookCall } from '../../metrics/security-metrics.ts'
import { callWebhook, WebhookError, type WebhookParts } from '../../webhook/client.ts'
import { ReviewError, type ReviewResponse, readResponse, reviewOf, reviewVersion } from './review.ts'
import type { Invocation } from './selection.ts'

/** The webhook could not be asked: its failure policy says what that means. */
export class CallError extends Error {
  constructor(webhook: string, why: string) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${why}`)
  }
}

/** Source: the API's default. */
const timeoutSecondsDefault = 10

export interface AskParts extends WebhookParts {
  readonly metrics?: AdmissionMetrics | undefined
}

/** An answer that allows the request. Throws `CallError`, and `ApiError` when the webhook refuses. */
export async function ask(parts: AskParts, invocation: Invocation, mutating: boolean): Promise<ReviewResponse> {
  const startMs = parts.clock.monotonicMs()
  const { webhook } = invocation.hook
  const observe = (outcome: Pick<WebhookCall, 'code' | 'errorType' | 'rejected'>) =>
    parts.metrics?.webhook({
      ...{ name: webhook.name, type: mutating ? 'admit' : 'validating', ...outcome },
      operation: invocation.subject.attributes.operation,
      seconds: (parts.clock.monotonicMs() - startMs) / 1000,
    })
  try {
    const response = await asked(parts, invocation, mutating)
    observe({ code: 200, errorType: 'no_error', rejected: false })
    return response
  } catch (error) {
    const isCall = error instanceof CallError
    const code = isCall ? 503 : error instanceof ApiError ? (error.status.code ?? 0) : 0
    const errorType = isCall
      ? 'calling_webhook_error'
      : error instanceof ApiError
        ? 'no_error'
        : 'apiserver_internal_error'
    observe({ code, errorType, rejected: !isCall || webhook.failurePolicy !== 'Ignore' })
    throw error
  }
}

async function asked(parts: WebhookParts, { hook, subject }: Invocation, mutating: boolean): Promise<ReviewResponse> {
  const { webhook } = hook
  const { attributes } = subject
  const { name } = webhook
  if (attributes.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`)
  const version = reviewVersion(webhook.admissionReviewVersions)
  if (!version)
    throw new CallError(
      name,
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    )
  const uid = parts.random.uuid()
  const body = reviewOf(subject, { uid, version })
  const { clientConfig: config, timeoutSeconds = timeoutSecondsDefault } = webhook
  const response = await understood(name, async () =>
    readResponse(await callWebhook(parts, { config, body, timeoutSeconds }), { uid, version, mutating }),
  )
  for (const [key, value] of response.annotations) attributes.annotate?.(`${name}/${key}`, value)
  for (const text of response.warnings) attributes.warn(text)
  if (!response.allowed) throw refusal(name, response.status)
  return response
}

async function understood(name: string, answer: () => Promise<ReviewResponse>): Promise<ReviewResponse> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof WebhookError) throw new CallError(name, `failed to call webhook: ${error.message}`)
    if (error instanceof ReviewError) throw new CallError(name, `received invalid webhook response: ${error.message}`)
    throw error
  }
}

/** What the webhook says, but always an error. */
function refusal(name: string, given: Partial<Status> = {}): ApiError {
  const { message = '', reason = '', details } = given
  const by = `admission webhook ${JSON.stringify(name)} denied the request`
  const code = typeof given.code === 'number' && given.code >= 400 && given.code < 600 ? given.code : 400
  const why = message || reason
  const text = why === '' ? `${by} without explanation` : `${by}: ${why}`
  const shown = { code, reason: reason as ApiError['reason'], message: text }
  const error = apiError(details ? { ...shown, details } : shown)
  if (reason === '') delete error.status.reason
  return error
}
