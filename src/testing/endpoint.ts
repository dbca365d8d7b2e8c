/** The HTTPS endpoint of a test's cluster, and the kubeconfigs that lead to it. */
import { type FrontHandler, httpHandlers } from '../apiserver/http/front.ts'
import { type ApiRequest, isTrue, withQuery } from '../apiserver/request.ts'
import { accessOf, parseKubeconfig } from '../client/kubeconfig.ts'
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

/** Paths of an administrator's access, readable by the owner alone. */
export interface CredentialFiles {
  kubeconfig: string
  /** Of the authority that signed the endpoint's certificate, PEM. */
  ca: string
  /** Certificate and key in one, PEM, as `curl --cert` takes them. */
  client: string
}

export class Endpoint {
  readonly #parts: EndpointParts
  #pki: ClusterPki | undefined
  #listening: Listening | undefined
  #kubeconfig: string | undefined
  #directory: string | undefined
  #files: Promise<CredentialFiles> | undefined

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

  /** They go with `close`. */
  async files(): Promise<CredentialFiles> {
    this.#files ??= this.#writeFiles()
    return this.#files
  }

  async #writeFiles(): Promise<CredentialFiles> {
    const text = this.kubeconfig
    const { tls } = await accessOf(await parseKubeconfig(text), async () => '')
    const { certificatePem = '', keyPem = '' } = tls.identity ?? {}
    const directory = await real.temporaryDirectory()
    this.#directory = directory
    const files = {
      kubeconfig: `${directory}/kubeconfig`,
      ca: `${directory}/ca.crt`,
      client: `${directory}/client.pem`,
    }
    const contents = { kubeconfig: text, ca: tls.caPem ?? '', client: `${certificatePem}\n${keyPem}` }
    for (const name of ['kubeconfig', 'ca', 'client'] as const) {
      await real.disk.write(files[name], contents[name], { mode: 0o600, durable: false })
    }
    return files
  }

  /** Ends connections too. */
  async close(): Promise<void> {
    await this.#listening?.close(0)
    await this.#files?.catch(() => undefined)
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
  return withQuery(request, query)
}
