/**
 * A provider that another program serves, in any language: JSON over HTTP(S). What it has to answer is described in
 * docs/how-to/cloud-provider.md. Answers are taken for what they are only after a look at their shape.
 */
import type { LoadBalancerStatus } from '../../api/types/core/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import type { ClientTls, HttpRequestOptions, Net } from '../../platform/net.ts'
import { type CloudProvider, ImplementedElsewhere, type InstanceMetadata, type Route } from '../provider.ts'

export interface ExternalProviderOptions {
  net: Net
  clock: Clock
  /** `https://cloud.example.com:8443/base`, or `unix:///run/cloud.sock`; `http` only to this machine's own addresses. */
  url: string
  tls?: ClientTls
  /** Asked before each call, so that a renewed one counts. Absent: none is sent. */
  bearerToken?(): Promise<string>
}

/** The cloud's program said no, or nothing that can be used. */
export class CloudError extends Error {
  override name = 'CloudError'
}

/** Characters of a failure's message that are passed on: it stands in events. */
const messageLengthMax = 1024

type Answer = Readonly<Record<string, unknown>>

/** Asks once what the program offers. Rejects when it does not answer, or with something else. */
export async function externalProvider(options: ExternalProviderOptions): Promise<CloudProvider> {
  const wire = new Wire(options)
  const offered = await wire.call('GET', 'capabilities')
  const { name, instances, loadBalancers, routes } = offered
  if (offered.version !== 'v1')
    throw new CloudError(`cloud provider: want version "v1", got ${quoted(offered.version)}`)
  if (typeof name !== 'string' || name === '') throw new CloudError('cloud provider: capabilities name no provider')
  return {
    name,
    ...(instances === true ? { instances: instancesOver(wire) } : {}),
    ...(loadBalancers === true ? { loadBalancers: balancersOver(wire) } : {}),
    ...(routes === true ? { routes: routesOver(wire) } : {}),
  }
}

function instancesOver(wire: Wire): NonNullable<CloudProvider['instances']> {
  const flag = async (action: string, field: string, body: object): Promise<boolean> => {
    const value = (await wire.call('POST', action, body))[field]
    if (typeof value !== 'boolean') throw new CloudError(`cloud provider: ${action}: ${field} is no boolean`)
    return value
  }
  return {
    exists: (node) => flag('instances/exists', 'exists', { node }),
    isShutDown: (node) => flag('instances/shutdown', 'shutdown', { node }),
    async metadata(node) {
      const { metadata } = await wire.call('POST', 'instances/metadata', { node })
      if (metadata === null || metadata === undefined) return undefined
      return checkedMetadata(metadata)
    },
  }
}

function balancersOver(wire: Wire): NonNullable<CloudProvider['loadBalancers']> {
  return {
    async get(clusterName, service) {
      const { status } = await wire.call('POST', 'load-balancers/get', { clusterName, service })
      return status === null || status === undefined ? undefined : checkedStatus(status)
    },
    async ensure(clusterName, service, nodes) {
      return checkedStatus((await wire.call('POST', 'load-balancers/ensure', { clusterName, service, nodes })).status)
    },
    async update(clusterName, service, nodes) {
      await wire.call('POST', 'load-balancers/update', { clusterName, service, nodes })
    },
    async remove(clusterName, service) {
      await wire.call('POST', 'load-balancers/delete', { clusterName, service })
    },
  }
}

function routesOver(wire: Wire): NonNullable<CloudProvider['routes']> {
  return {
    async list(clusterName) {
      const { routes } = await wire.call('POST', 'routes/list', { clusterName })
      if (!Array.isArray(routes) || !routes.every(isRoute))
        throw new CloudError('cloud provider: routes/list: no routes')
      return routes
    },
    async create(clusterName, route) {
      await wire.call('POST', 'routes/create', { clusterName, route })
    },
    async remove(clusterName, route) {
      await wire.call('POST', 'routes/delete', { clusterName, route })
    },
  }
}

class Wire {
  readonly #options: ExternalProviderOptions
  readonly #base: string
  readonly #socket: { socketPath?: string } = {}

  constructor(options: ExternalProviderOptions) {
    const { protocol, hostname, pathname } = new URL(options.url)
    this.#options = options
    if (protocol === 'unix:') {
      if (hostname !== '' || pathname.length < 2)
        throw new CloudError(`cloud provider: want unix:///path: ${options.url}`)
      this.#base = 'http://localhost'
      this.#socket = { socketPath: decodeURIComponent(pathname) }
      return
    }
    const isOwn = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
    if (protocol !== 'https:' && !(protocol === 'http:' && isOwn))
      throw new CloudError(`cloud provider: want https, unix, or http to this machine: ${options.url}`)
    this.#base = options.url.replace(/\/+$/, '')
  }

  async call(method: 'GET' | 'POST', action: string, body?: object): Promise<Answer> {
    const { status, text } = await this.#exchange(method, action, body).catch((error: unknown) => {
      if (error instanceof CloudError) throw error
      throw new CloudError(`cloud provider: ${action}: ${messageOf(error)}`, { cause: error })
    })
    if (status === 501) throw new ImplementedElsewhere()
    const answer = parsed(action, status, text)
    if (status >= 200 && status < 300) return answer
    const said = typeof answer.message === 'string' && answer.message !== '' ? answer.message : `HTTP status ${status}`
    throw new CloudError(said.slice(0, messageLengthMax))
  }

  async #exchange(method: string, action: string, body?: object): Promise<{ status: number; text: string }> {
    const { net, clock, tls, bearerToken } = this.#options
    const over = new AbortController()
    const timeoutMs = limits.cloudProviderCallMs
    const cancel = clock.after(timeoutMs, () => over.abort(new Error(`no whole answer after ${timeoutMs} ms`)))
    try {
      const token = await bearerToken?.()
      const request: HttpRequestOptions = {
        method,
        url: `${this.#base}/v1/${action}`,
        headers: {
          accept: 'application/json',
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        ...(tls ? { tls } : {}),
        ...this.#socket,
        ...{ timeoutMs, signal: over.signal, isRepeatable: true },
      }
      const reply = await net.request(request)
      return { status: reply.status, text: await textOf(action, reply.body) }
    } finally {
      cancel()
    }
  }
}

async function textOf(action: string, body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > limits.cloudProviderAnswerBytesMax)
      throw new CloudError(`cloud provider: ${action}: more than ${limits.cloudProviderAnswerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(action: string, status: number, text: string): Answer {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below, with the status.
  }
  throw new CloudError(`cloud provider: ${action}: HTTP status ${status} with something else than a JSON object`)
}

function checkedMetadata(value: unknown): InstanceMetadata {
  const metadata = value as InstanceMetadata
  const texts = [metadata.providerID, metadata.instanceType, metadata.zone, metadata.region]
  const addresses: unknown = metadata.nodeAddresses ?? []
  const labels: unknown = metadata.additionalLabels ?? {}
  const isRight =
    isObject(value) &&
    texts.every((text) => text === undefined || typeof text === 'string') &&
    areAddresses(addresses) &&
    isObject(labels) &&
    Object.values(labels).every((label) => typeof label === 'string')
  if (!isRight) throw new CloudError('cloud provider: instances/metadata: not an instance')
  return { ...metadata, providerID: metadata.providerID ?? '' }
}

function checkedStatus(value: unknown): LoadBalancerStatus {
  const { ingress = [] } = (value ?? { ingress: null }) as { ingress?: unknown }
  const isRight =
    Array.isArray(ingress) && ingress.every((one) => isObject(one) && typeof (one.ip ?? one.hostname) === 'string')
  if (!isRight) throw new CloudError('cloud provider: load-balancers: not the status of a load balancer')
  return { ingress }
}

function isRoute(value: unknown): value is Route {
  if (!isObject(value)) return false
  const { name, targetNode, destinationCIDR, blackhole = false, targetNodeAddresses = [] } = value
  return (
    [name, targetNode, destinationCIDR].every((text) => typeof text === 'string') &&
    typeof blackhole === 'boolean' &&
    areAddresses(targetNodeAddresses)
  )
}

function areAddresses(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one?.type === 'string' && typeof one?.address === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
