/**
 * Calls of web services that users name: admission webhooks, conversions. Always HTTPS with the given authorities, never
 * redirected, with an end to how long and how much is waited for. Whom a Service's name stands for is looked up among its
 * endpoints and nowhere else, so that no name server has a say in it.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#contacting-the-webhook
 */
import { joinHostPort } from '../../api/addresses.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { ServiceReference, WebhookClientConfig } from '../../api/types/admissionregistration/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import type { Objects } from '../objects.ts'
import { boundedRequest, jsonOf, WebhookError } from './bounded.ts'

export interface WebhookParts {
  readonly objects: Objects
  readonly net: Net
  readonly clock: Clock
  readonly random: Random
}

export { WebhookError } from './bounded.ts'

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
  const { url, serverName } = await targetOf(parts, config).catch((error: unknown) => {
    if (!(error instanceof WebhookError) || !config.service) throw error
    const { path = '/' } = config.service
    const named = shown(config, new URL(`https://service${path}?timeout=${timeoutSeconds}s`))
    throw new WebhookError(`Post ${JSON.stringify(named)}: ${error.message}`)
  })
  url.searchParams.set('timeout', `${timeoutSeconds}s`)
  const reply = await boundedRequest(parts, {
    method: 'POST',
    url: url.href,
    shown: shown(config, url),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    tls: { ...(config.caBundle ? { caPem: pemOf(config.caBundle) } : {}), ...(serverName ? { serverName } : {}) },
    timeoutMs: timeoutSeconds * 1000,
    answerBytesMax,
  })
  return jsonOf(reply)
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
    .map((address) => joinHostPort(address, port))
}
