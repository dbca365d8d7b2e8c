/** Everything that is not a resource: discovery, version, health, metrics, and documents of other parts. */

import type { Aggregator } from '../aggregation/aggregator.ts'
import type { Exchange } from '../endpoints/exchange.ts'
import type { EndpointParts } from '../endpoints/parts.ts'
import { noSuchMethod } from '../endpoints/router.ts'
import type { RequestLimit } from '../flow-control/request-limit.ts'
import { jsonResponse, pageNotFound, textResponse } from '../http/status.ts'
import { indented } from '../negotiation/indent.ts'
import type { ApiResponse } from '../request.ts'
import { defaultGates, type Gates } from '../scheme/feature-gates.ts'
import { DebugPages } from './debug-pages.ts'
import { Discovery } from './discovery.ts'
import { apiServerChecks, Health } from './health.ts'
import { familiesResponse, type MetricsParts, metricsResponse } from './metrics.ts'
import { versionInfo } from './version.ts'

export interface NonResource {
  answer(exchange: Exchange): Promise<ApiResponse>
}

/** Answers everything below a path, with any method. The caller is known, and allowed by a rule for the path. */
export interface Extension extends NonResource {
  /** `/testing` */
  prefix: string
}

export function nonResourceEndpoints(parts: {
  endpoints: EndpointParts
  inFlight: RequestLimit
  documents: NonResource | undefined
  aggregator?: Aggregator | undefined
  metrics: Pick<MetricsParts, 'requests' | 'store' | 'security' | 'further'>
  extension?: Extension | undefined
  flags?: ReadonlyMap<string, string> | undefined
  address?: string | undefined
  gates?: Gates | undefined
}): NonResource {
  const { endpoints, inFlight, documents, metrics, extension } = parts
  const discovery = new Discovery(endpoints.scheme, parts.aggregator, parts.address)
  const health = new Health(apiServerChecks(endpoints))
  const paths = () => [...discovery.paths(), ...health.paths(), ...otherPaths].sort()
  const pages = new DebugPages({
    component: 'kube-apiserver',
    gates: parts.gates,
    clock: endpoints.registry.clock,
    flags: parts.flags,
    paths,
  })
  return {
    async answer(exchange) {
      const { method } = exchange.request
      const path = exchange.info.path.replace(/(.)\/+$/, '$1')
      if (extension && isBelow(path, extension.prefix)) return await extension.answer(exchange)
      const found = await answerPath(path, exchange)
      if (!found) return pageNotFound()
      return method === 'GET' || method === 'HEAD' ? found : Promise.reject(noSuchMethod())
    },
  }

  async function answerPath(path: string, exchange: Exchange): Promise<ApiResponse | undefined> {
    if (path === '/version') return indented(jsonResponse(200, versionInfo()))
    if (path === '/metrics') {
      const { scheme, registry } = endpoints
      const gates = parts.gates ?? defaultGates
      // The rest is worth having without it.
      const storeBytes = await registry.store.sizeBytes().catch(() => undefined)
      return metricsResponse(
        { ...metrics, ...registry, store: metrics.store, scheme, inFlight, gates, storeBytes },
        exchange.request.headers.accept,
      )
    }
    if (path === '/metrics/slis') return familiesResponse(await health.families(), exchange.request.headers.accept)
    if (path === '/') return indented(jsonResponse(200, { paths: paths() }))
    const page = pages.answer(path)
    if (page) return page
    const dumped = inFlight.page(path)
    if (dumped !== undefined) return textResponse(200, dumped)
    if (path === '/api' || path === '/apis' || path.startsWith('/api/') || path.startsWith('/apis/')) {
      return await discovery.answer(path, exchange.request)
    }
    const checked = await health.answer(path, exchange.request)
    if (checked) return checked
    if (documents && documentPrefixes.some((prefix) => isBelow(path, prefix))) {
      return await documents.answer(exchange)
    }
    return undefined
  }
}

/** Whether a path is the prefix or lies below it. */
export function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

const documentPrefixes = ['/openapi', '/openid', '/.well-known']
const otherPaths = [
  '/.well-known/openid-configuration',
  '/flagz',
  '/metrics',
  '/metrics/slis',
  '/statusz',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/version',
]
