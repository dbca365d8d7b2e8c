/**
 * What load balancers ask a node: whether its rules are in place (`/healthz` on 10256), and, on a Service's health
 * check node port, whether it has endpoints of that Service, so that outside traffic with `externalTrafficPolicy:
 * Local` comes only where it can be served.
 * Source: Kubernetes documentation, "Virtual IPs and Service proxies"; KEP-3836.
 */

import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Service } from '../../api/types/core/v1.ts'
import type { Informers } from '../../client/informer.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { HttpHandlers, Listening, Net } from '../../platform/net.ts'
import type { ServiceProxy } from './proxy.ts'

export interface ProxyHealthOptions {
  net: Net
  clock: Clock
  log: Logger
  informers: Informers
  proxy: Pick<ServiceProxy, 'health' | 'localEndpoints'>
  /** Default all addresses. */
  host?: string
  /** Default 10256; 0 picks a free one. */
  port?: number
}

export interface ProxyHealth {
  port: number
  stop(): Promise<void>
}

type Answer = { status: number; body: object }

/** Rejects when the port is taken. A Service's port that is taken is logged, and the rest goes on. */
export async function startProxyHealth(options: ProxyHealthOptions): Promise<ProxyHealth> {
  const { net, clock, informers, proxy, host = '0.0.0.0', port = 10_256 } = options
  const healthz = (): Answer => {
    const problem = proxy.health()
    const now = rfc3339(clock.nowMs())
    const body = { currentTime: now, nodeEligible: true, ...(problem ? { problem } : { lastUpdated: now }) }
    return { status: problem ? 503 : 200, body }
  }
  const main = await net.serveHttp(
    { host, port },
    handlers((path) => (isHealthPath(path) ? healthz() : undefined)),
  )
  const checks = new ServicePorts(options, host)
  const unsubscribe = informers.of(coreV1.services).onChange(({ type, object }) => {
    checks.follow(keyOf(object), type === 'deleted' ? undefined : object)
  })
  return {
    port: main.port,
    async stop() {
      unsubscribe()
      await Promise.all([main.close(0), checks.stop()])
    },
  }
}

function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/livez'
}

function handlers(answerTo: (path: string) => Answer | undefined): HttpHandlers {
  return {
    request(request, response) {
      const { status, body } = answerTo(request.url?.split('?')[0] ?? '') ?? { status: 404, body: {} }
      response.statusCode = status
      response.setHeader('content-type', 'application/json')
      response.setHeader('x-content-type-options', 'nosniff')
      response.end(JSON.stringify(body))
    },
    upgrade: (_request, socket) => void socket.destroy(),
  }
}

/** One listener for each Service that has a health check node port. */
class ServicePorts {
  readonly #options: ProxyHealthOptions
  readonly #host: string
  readonly #open = new Map<string, { port: number; listening: Promise<Listening | undefined> }>()

  constructor(options: ProxyHealthOptions, host: string) {
    this.#options = options
    this.#host = host
  }

  follow(key: string, service: Service | undefined): void {
    const port = service?.spec?.type === 'LoadBalancer' ? (service.spec.healthCheckNodePort ?? 0) : 0
    const present = this.#open.get(key)
    if (present?.port === port || (!present && port === 0)) return
    this.#open.delete(key)
    const closed = present?.listening.then((listening) => listening?.close(0))
    if (port > 0)
      this.#open.set(key, { port, listening: (closed ?? Promise.resolve()).then(() => this.#listen(key, port)) })
  }

  async stop(): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map(async ({ listening }) => (await listening)?.close(0)))
  }

  async #listen(key: string, port: number): Promise<Listening | undefined> {
    const { net, log } = this.#options
    try {
      return await net.serveHttp(
        { host: this.#host, port },
        handlers(() => this.#answer(key)),
      )
    } catch (error) {
      log.warn('a health check node port is taken', { service: key, port, error: String(error) })
      return undefined
    }
  }

  #answer(key: string): Answer {
    const { proxy } = this.#options
    const [namespace, name] = key.split('/')
    const localEndpoints = proxy.localEndpoints(key)
    const serviceProxyHealthy = proxy.health() === undefined
    return {
      status: localEndpoints > 0 && serviceProxyHealthy ? 200 : 503,
      body: { service: { namespace, name }, localEndpoints, serviceProxyHealthy },
    }
  }
}
