/**
 * Calls of web services that users name: admission webhooks, conversions. Always HTTPS with the given authorities, never
 * redirected, with an end to how long and how much is waited for. Whom a Service's name stands for is looked up among its
 * endpoints and nowhere else, so that no name server has a say in it.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#contacting-the-webhook
 */
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { ServiceReference, WebhookClientConfig } from '../../api/types/admissionregistration/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { HttpReply, Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import type { Objects } from '../objects.ts'

export interface WebhookParts {
  readonly objects: Objects
  readonly net: Net
  readonly clock: Clock
  readonly random: Random
}

/** The service gave no answer that counts; the message says why, without what it answered. */
export class WebhookError extends Error {}

export interface WebhookCall {
  readonly config: WebhookClientConfig
  readonly body: unknown
  readonly timeoutSeconds: number
  /** Default: `limits.webhookAnswerBytesMax`. */
  readonly answerBytesMax?: number
}

/** The answer's JSON. Throws `WebhookError`. */
export async function callWebhook(
  parts: WebhookParts,
  { config, body, timeoutSeconds, answerBytesMax = limits.webhookAnswerBytesMax }: WebhookCall,
): Promise<unknown> {
  const { url, serverName } = await targetOf(parts, config)
  url.searchParams.set('timeout', `${timeoutSeconds}s`)
  const abort = new AbortController()
  const late = new WebhookError(`Post "${shown(config, url)}": context deadline exceeded`)
  const cancel = parts.clock.after(timeoutSeconds * 1000, () => abort.abort(late))
  try {
    const reply = await parts.net.request({
      method: 'POST',
      url: url.href,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      tls: { ...(config.caBundle ? { caPem: pemOf(config.caBundle) } : {}), ...(serverName ? { serverName } : {}) },
      signal: abort.signal,
      timeoutMs: timeoutSeconds * 1000,
    })
    return parsed(reply.status, await answerOf(reply, answerBytesMax, abort.signal))
  } catch (error) {
    if (abort.signal.aborted) throw late
    if (error instanceof WebhookError) throw error
    throw new WebhookError(`Post "${shown(config, url)}": ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    cancel()
    abort.abort(late)
  }
}

function pemOf(bundle: string): string {
  return Buffer.from(bundle, 'base64').toString('utf8')
}

/** By the Service's name rather than the address that stood for it. */
function shown({ service }: WebhookClientConfig, url: URL): string {
  if (!service) return url.href
  return `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}${url.pathname}${url.search}`
}

interface Target {
  readonly url: URL
  readonly serverName: string | undefined
}

async function targetOf(parts: WebhookParts, { url, service }: WebhookClientConfig): Promise<Target> {
  if (service) return await serviceTarget(parts, service)
  if (!url) throw new WebhookError('neither URL nor Service is given')
  return { url: new URL(url), serverName: undefined }
}

async function serviceTarget({ objects, random }: WebhookParts, service: ServiceReference): Promise<Target> {
  const { namespace, name, path = '/', port = 443 } = service
  const found = await objects.get(coreV1.services, `${namespace}/${name}`)
  if (!found) throw new WebhookError(`service "${name}" not found`)
  const wanted = (found.spec?.ports ?? []).find((one) => one.port === port)
  if (!wanted) throw new WebhookError(`no service port ${port} found for service "${name}"`)
  const slices = await objects.list(discoveryV1.endpointSlices, namespace)
  const addresses = slices
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap((slice) => readyAddresses(slice, wanted.name ?? ''))
  const address = addresses[random.int(Math.max(1, addresses.length))]
  if (!address) throw new WebhookError(`no endpoints available for service "${name}"`)
  const url = new URL(`https://${address}`)
  url.pathname = path
  return { url, serverName: `${name}.${namespace}.svc` }
}

function readyAddresses(slice: EndpointSlice, portName: string): string[] {
  const port = (slice.ports ?? []).find((one) => (one.name ?? '') === portName)?.port
  if (port === undefined) return []
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.slice(0, 1))
    .map((address) => `${address.includes(':') ? `[${address}]` : address}:${port}`)
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

function parsed(status: number, text: string): unknown {
  if (status >= 300 && status < 400) throw new WebhookError(`the server answered ${status}: redirects are not followed`)
  if (status < 200 || status >= 300) throw new WebhookError(`the server answered ${status}`)
  try {
    return JSON.parse(text)
  } catch {
    throw new WebhookError('the answer is no JSON')
  }
}
