/** A request to a server that may be slow, wordy or hostile: it ends in time, is read up to a size and is never redirected. */
import { parseExactly } from '../../api/codec/exact-json.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ClientTls, HttpReply, Net } from '../../platform/net.ts'

/** The service gave no answer that counts; the message says why, without what it answered. */
export class WebhookError extends Error {}

/** There was no talking to it, which may be over soon. */
export class UnreachableError extends WebhookError {}

export interface BoundedRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Named in errors instead of the URL. */
  readonly shown?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly tls?: ClientTls
  /** For headers and body together. */
  readonly timeoutMs: number
  readonly answerBytesMax: number
}

export interface BoundedReply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
}

/** Throws `WebhookError` when there is no whole answer. */
export async function boundedRequest(
  { net, clock }: { net: Net; clock: Clock },
  { shown, timeoutMs, answerBytesMax, ...request }: BoundedRequest,
): Promise<BoundedReply> {
  const abort = new AbortController()
  const what = `${request.method === 'POST' ? 'Post' : 'Get'} "${shown ?? request.url}"`
  const late = new WebhookError(`${what}: context deadline exceeded`)
  const cancel = clock.after(timeoutMs, () => abort.abort(late))
  try {
    const reply = await net.request({ ...request, signal: abort.signal, timeoutMs })
    const text = await answerOf(reply, answerBytesMax, abort.signal)
    return { status: reply.status, headers: reply.headers, text }
  } catch (error) {
    if (abort.signal.aborted) throw late
    if (error instanceof WebhookError) throw error
    throw new UnreachableError(`${what}: ${error instanceof Error ? withoutHint(error.message) : String(error)}`)
  } finally {
    cancel()
    abort.abort(late)
  }
}

/** Node advises those who start it. */
function withoutHint(message: string): string {
  return message.replace(/; if the root CA is installed locally.*$/, '')
}

/** The JSON of a good answer. Throws `WebhookError`. */
export function jsonOf({ status, text }: BoundedReply): unknown {
  if (status >= 300 && status < 400) throw new WebhookError(`the server answered ${status}: redirects are not followed`)
  if (status < 200 || status >= 300) throw new WebhookError(`the server answered ${status}`)
  try {
    return parseExactly(text)
  } catch {
    throw new WebhookError('the answer is no JSON')
  }
}

async function answerOf({ body }: HttpReply, bytesMax: number, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of untilAborted(body, signal)) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new WebhookError(`the answer is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A body that stops coming is not waited for. */
async function* untilAborted(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => undefined)
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted])
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    iterator.return?.().catch(() => undefined)
  }
}
