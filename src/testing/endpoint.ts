/** The HTTPS endpoint of a test's cluster, and the kubeconfigs that lead to it. */
import { type FrontHandler, httpHandlers } from '../apiserver/http/front.ts'
import { type ApiRequest, isTrue } from '../apiserver/request.ts'
import type { ClusterPki } from '../cluster/pki/cluster-pki.ts'
import type { Clock } from '../platform/clock.ts'
import { silent } from '../platform/log.ts'
import type { Listening } from '../platform/net.ts'
import { adminUser, issueUser, kubeconfigOf, type UserOptions } from './access.ts'
import { watchTimeoutSeconds } from './life.ts'
import type { ClusterOptions } from './options.ts'
import { real } from './real.ts'
import { type Duration, durationMs } from './time/duration.ts'

export interface EndpointParts {
  options: Pick<ClusterOptions, 'host' | 'port' | 'log'>
  pki: Promise<ClusterPki>
  /** The cluster's. */
  clock: Clock
  front: FrontHandler
}

export class Endpoint {
  readonly #parts: EndpointParts
  #pki: ClusterPki | undefined
  #listening: Listening | undefined
  #kubeconfig: string | undefined
  #directory: string | undefined

  constructor(parts: EndpointParts) {
    this.#parts = parts
  }

  /** Throws before it is open. */
  get url(): string {
    if (!this.#listening) throw new Error('the cluster has no HTTPS endpoint: call serve() first')
    const { host = '127.0.0.1' } = this.#parts.options
    return `https://${host.includes(':') ? `[${host}]` : host}:${this.#listening.port}`
  }

  get kubeconfig(): string {
    this.#kubeconfig ??= this.kubeconfigFor({ user: adminUser.name })
    return this.#kubeconfig
  }

  async open(): Promise<string> {
    if (this.#listening) return this.url
    const { options, front } = this.#parts
    const pki = await this.#parts.pki
    const { log = silent, host = '127.0.0.1', port = 0 } = options
    const clientCaPem = `${pki.ca.certificatePem}\n${pki.frontProxyCa.certificatePem}`
    const identity = pki.leafs.apiserver
    this.#pki = pki
    this.#listening = await real.net.serveHttps({ host, port, identity, clientCaPem }, httpHandlers(front, log))
    return this.url
  }

  kubeconfigFor({ user, groups, validFor }: { user: string; groups?: readonly string[]; validFor?: Duration }): string {
    const server = this.url
    const pki = this.#pki
    if (!pki) throw new Error('make a kubeconfig: the cluster has no endpoint yet')
    const options: UserOptions = { user, ...(groups ? { groups } : {}) }
    if (validFor !== undefined) options.validForMs = durationMs(validFor)
    const clocks = { real: real.clock, cluster: this.#parts.clock, random: real.random }
    return kubeconfigOf(pki, server, user, issueUser(pki, options, clocks))
  }

  /** Its directory goes with `close`. */
  async kubeconfigFile(): Promise<string> {
    const text = this.kubeconfig
    if (this.#directory === undefined) {
      this.#directory = await real.temporaryDirectory()
      await real.disk.write(`${this.#directory}/kubeconfig`, text, { mode: 0o600 })
    }
    return `${this.#directory}/kubeconfig`
  }

  /** Ends connections too. */
  async close(): Promise<void> {
    await this.#listening?.close(0)
    if (this.#directory !== undefined) await real.disk.remove(this.#directory)
  }
}

/**
 * A watch that time alone does not end: its client would come back by real time, which a clock that is held does not wait
 * for.
 */
export function lasting(request: ApiRequest): ApiRequest {
  if (!isTrue(request.query.get('watch'))) return request
  const query = new URLSearchParams(request.query)
  query.set('timeoutSeconds', String(watchTimeoutSeconds))
  return { ...request, query }
}
