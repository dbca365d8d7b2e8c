/** Requests that go on to a node or a pod: checks that the object exists and admission allows it, then hands over. */
import type { Duplex } from 'node:stream'
import { apiError, badRequest } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { cachedObjects } from '../cached-objects.ts'
import type { NodeProxy, ProxyCall } from '../node-proxy.ts'
import { admissionAttributes } from '../registry/parts.ts'
import { fromStored, requireCurrent } from '../registry/persistence.ts'
import type { ApiResponse, RequestInfo } from '../request.ts'
import type { Served } from '../scheme/served.ts'
import { callerOf, type Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { type Endpoint, noSuchResource } from './router.ts'

export function connectEndpoint(proxy: NodeProxy | undefined): Endpoint {
  return async (parts, served, exchange) => {
    const call = await callOf(parts, served, exchange)
    if (!proxy) throw noProxy()
    return await proxy.request(call)
  }
}

export async function connectUpgrade(
  parts: EndpointParts,
  proxy: NodeProxy,
  exchange: Exchange,
  socket: Duplex,
  head: Uint8Array,
): Promise<ApiResponse | undefined> {
  const { info } = exchange
  const served = parts.scheme.find(info.apiGroup, info.apiVersion, info.resource)
  if (!served?.subresources.get(info.subresource)) throw noSuchResource()
  return await proxy.upgrade(await callOf(parts, served, exchange), socket, head)
}

async function callOf(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ProxyCall> {
  const { info, request, user } = exchange
  if (info.subresource !== 'log' && request.query.has('dryRun')) throw badRequest('dryRun is not supported')
  const target = { served, namespace: info.namespace, name: bareName(info.name, info.subresource), subresource: '' }
  const object = fromStored(served, await requireCurrent(parts.registry, target))
  if (info.subresource !== 'log') await admitConnect(parts, served, exchange)
  const { caches } = parts.registry
  return {
    resource: info.resource as ProxyCall['resource'],
    subresource: info.subresource as ProxyCall['subresource'],
    namespace: info.namespace,
    name: info.name,
    object,
    ...pathsOf(info),
    request,
    user,
    objects: cachedObjects({ caches, scheme: parts.scheme }),
  }
}

/** What admission sees is what was asked for: the command, the container, the path. */
async function admitConnect(parts: EndpointParts, served: Served, exchange: Exchange): Promise<void> {
  const { namespace, name, subresource } = exchange.info
  const object = connectOptions(served, exchange) as KubeObject
  const options = Object.fromEntries(exchange.request.query)
  const change = { operation: 'CONNECT', object, oldObject: undefined, dryRun: false, options } as const
  const attributes = admissionAttributes({ served, namespace, name, subresource }, callerOf(exchange), change)
  await parts.registry.admission.mutate(attributes)
  await parts.registry.admission.validate(attributes)
}

/** `https:web:443` is the object `web`; only proxies know such names. */
function bareName(name: string, subresource: string): string {
  if (subresource !== 'proxy' || !name.includes(':')) return name
  const words = name.split(':')
  return words.length === 3 ? (words[1] ?? '') : (words[0] ?? '')
}

/** Cut after the subresource by its place: namespaces and pods may be called `proxy` too. */
function pathsOf({ path, inNamespace }: RequestInfo): Pick<ProxyCall, 'base' | 'path'> {
  const example = inNamespace ? '/api/v1/namespaces/n/pods/p/proxy' : '/api/v1/nodes/n/proxy'
  let end = path.search(/[^/]/) - 1
  for (let left = example.split('/').length; left > 1; left -= 1) {
    const slash = path.indexOf('/', end + 1)
    end = slash === -1 ? path.length : slash
  }
  return { base: path.slice(0, end), path: path.slice(end) }
}

function noProxy(): Error {
  return apiError({ code: 503, reason: 'ServiceUnavailable', message: 'this server has no connection to nodes' })
}

const flags = new Set(['stdin', 'stdout', 'stderr', 'tty'])
const lists = new Set(['command', 'ports'])

/** The query as the options object of the subresource: PodExecOptions, NodeProxyOptions … */
function connectOptions(served: Served, { info, request }: Exchange): object {
  const { kind = '', version = 'v1' } = served.subresources.get(info.subresource)?.kind ?? {}
  const options: Record<string, unknown> = { kind, apiVersion: version, metadata: {} }
  for (const name of new Set(request.query.keys())) {
    const all = request.query.getAll(name)
    if (flags.has(name)) options[name] = all[0] === 'true' || all[0] === '1'
    else if (lists.has(name)) options[name] = name === 'ports' ? all.map(Number) : all
    else if (name === 'container' || name === 'path') options[name] = all[0]
  }
  return options
}
