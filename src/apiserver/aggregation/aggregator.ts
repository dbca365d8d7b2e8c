/**
 * Group versions that other servers answer for: which APIService names one, whether its server is there, and what it says
 * it serves. A remote APIService wins over what this server has of the same group version; the core group is never given
 * away. Source: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/.
 */
import type { KubeObject } from '../../api/meta.ts'
import { apiregistrationV1, coreV1, discoveryV1 } from '../../api/resources.ts'
import type { APIService, APIServiceCondition, APIServiceSpec } from '../../api/types/apiregistration/v1.ts'
import type { StatusWriter } from '../../client/client.ts'
import { limits } from '../../limits.ts'
import { type CancelTimer, type Clock, rfc3339 } from '../../platform/clock.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import type { Net, TlsIdentity } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import type { Objects } from '../objects.ts'
import { type DocumentReply, type RemoteDocuments, readDocuments } from './documents.ts'
import { defaultPriority, managedLabel, type Priority, serviceName } from './priorities.ts'
import { backingOf, baseOf, type Problem, problemOf, tlsOf } from './service.ts'

export interface AggregatorParts {
  objects: Objects
  net: Net
  clock: Clock
  random: Random
  log: Logger
  /** The front proxy's, which servers behind it know by its authority. Absent: we cannot say who asks. */
  identity?: TlsIdentity | undefined
  writer(): Pick<StatusWriter<APIService>, 'updateStatus'>
}

/** One resource or subresource as a server's discovery has it. */
export interface RemoteResource {
  name: string
  singularName?: string
  namespaced?: boolean
  kind: string
  group?: string
  version?: string
  verbs?: readonly string[]
  shortNames?: readonly string[]
  categories?: readonly string[]
}

export interface Remote {
  readonly name: string
  readonly apiService: APIService
  readonly spec: APIServiceSpec
  available: boolean
  /** As of the last look. */
  resources: readonly RemoteResource[]
  documents: RemoteDocuments
}

/** How often servers are looked at, and how long one look may take. Source: upstream's resync and timeout. */
const lookPeriodMs = 30_000
const lookTimeoutMs = 5_000

export class Aggregator {
  readonly #parts: AggregatorParts
  readonly #remotes = new Map<string, Remote>()
  readonly #priorities = new Map<string, Priority>()
  /** APIServices that this server makes when it starts, and only then. */
  readonly #deleted = new Set<string>()
  readonly #looking = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  #cancel: CancelTimer | undefined
  #following: Promise<void> | undefined
  #stopped = false
  /** Grows with what is served elsewhere, for who keeps what is made from it. */
  generation = 0

  constructor(parts: AggregatorParts) {
    this.#parts = parts
  }

  get parts(): AggregatorParts {
    return this.#parts
  }

  get remotes(): Iterable<Remote> {
    return this.#remotes.values()
  }

  /** What the APIService of a group version says, else what it would say if it were there. */
  priorityOf(group: string, version: string): Priority {
    return this.#priorities.get(serviceName(group, version)) ?? defaultPriority(group, version)
  }

  /** Whether lists of groups name a group version: not where somebody deleted its APIService. It is served all the same. */
  isListed(group: string, version: string): boolean {
    return this.#deleted.size === 0 || !this.#deleted.has(serviceName(group, version))
  }

  /** Whose server answers for a group version; undefined: this one. */
  of(group: string, version: string): Remote | undefined {
    return this.#remotes.size === 0 ? undefined : this.#remotes.get(serviceName(group, version))
  }

  async start(): Promise<void> {
    const { objects } = this.#parts
    await objects.follow(apiregistrationV1.apiServices, {
      put: (apiService: APIService) => this.#put(apiService),
      gone: ({ metadata }: APIService) => {
        if (metadata.labels?.[managedLabel] === 'onstart') this.#deleted.add(metadata.name ?? '')
        this.generation += 1
        this.#prioritize(metadata.name ?? '', undefined)
        this.#forget(metadata.name ?? '')
      },
    })
  }

  /** Nobody else's Services are of interest before there is a server behind one. */
  async #followServices(): Promise<void> {
    const { objects } = this.#parts
    const touched = ({ metadata }: KubeObject) => {
      const service = metadata.labels?.['kubernetes.io/service-name'] ?? metadata.name
      for (const { spec, name } of this.remotes) {
        if (spec.service?.namespace === metadata.namespace && spec.service?.name === service) void this.look(name)
      }
    }
    await objects.follow(coreV1.services, { put: touched, gone: touched })
    await objects.follow(discoveryV1.endpointSlices, { put: touched, gone: touched })
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** Looks whether a server is there, and says so. Several calls at once are one look and another. */
  async look(name: string): Promise<void> {
    if (this.#looking.has(name)) {
      this.#again.add(name)
      return await this.#looking.get(name)
    }
    const looking = this.#lookUntilSettled(name).finally(() => this.#looking.delete(name))
    this.#looking.set(name, looking)
    await looking
  }

  async #lookUntilSettled(name: string): Promise<void> {
    do {
      this.#again.delete(name)
      try {
        await this.#lookOnce(name)
      } catch (error) {
        if (!this.#stopped) {
          this.#parts.log.warn('the condition of an APIService was not written', { name, error: messageOf(error) })
        }
      }
    } while (this.#again.has(name) && !this.#stopped)
  }

  #put(apiService: APIService): void {
    const { metadata, spec } = apiService
    const name = metadata.name ?? ''
    if (this.#deleted.delete(name)) this.generation += 1
    this.#prioritize(name, spec)
    if (!spec?.service || !spec.group) {
      this.#forget(name)
      return
    }
    const before = this.#remotes.get(name)
    const same = before && JSON.stringify(before.spec) === JSON.stringify(spec)
    const { available = false, resources = [], documents = {} } = same ? before : {}
    this.#remotes.set(name, { name, apiService, spec, available, resources, documents })
    if (same) return
    this.generation += 1
    this.#cancel ??= this.#parts.clock.every(lookPeriodMs, () => {
      for (const remote of this.remotes) void this.look(remote.name)
    })
    this.#following ??= this.#followServices().catch((error: unknown) =>
      this.#parts.log.error('Services of APIServices are not followed', { error: messageOf(error) }),
    )
    void this.look(name)
  }

  /** Kept where it is another than the default, which most have. */
  #prioritize(name: string, spec: APIServiceSpec | undefined): void {
    const { groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {}
    const usual = defaultPriority(spec?.group ?? '', spec?.version ?? '')
    const isUsual = usual.groupPriorityMinimum === groupPriorityMinimum && usual.versionPriority === versionPriority
    const before = JSON.stringify(this.#priorities.get(name))
    if (!spec || isUsual) this.#priorities.delete(name)
    else this.#priorities.set(name, { groupPriorityMinimum, versionPriority })
    if (JSON.stringify(this.#priorities.get(name)) !== before) this.generation += 1
  }

  #forget(name: string): void {
    if (!this.#remotes.delete(name)) return
    this.generation += 1
    if (this.#remotes.size > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  async #lookOnce(name: string): Promise<void> {
    const seen = this.#remotes.get(name)
    if (!seen || this.#stopped) return
    const { objects, random } = this.#parts
    const backing = await backingOf(objects, seen.spec)
    const base = baseOf(seen.spec, backing, random)
    const found = problemOf(seen.spec, backing) ?? (await this.#discover(seen.spec, base))
    const remote = this.#remotes.get(name)
    if (!remote || remote.spec !== seen.spec) return
    const isProblem = !('resources' in found)
    const resources = 'resources' in found ? found.resources : remote.resources
    if (remote.available === isProblem || JSON.stringify(resources) !== JSON.stringify(remote.resources)) {
      this.generation += 1
    }
    remote.available = !isProblem
    remote.resources = resources
    if (!isProblem && base !== undefined) await this.#readDocuments(remote, base)
    const passed = { status: 'True', reason: 'Passed', message: 'all checks passed' }
    await this.#write(remote, 'resources' in found ? passed : found)
  }

  /** As upstream looks: its certificate is not verified here, requests' own connections are. */
  async #discover(spec: APIServiceSpec, base: string | undefined): Promise<Problem | { resources: RemoteResource[] }> {
    const failed = (message: string): Problem => ({ status: 'False', reason: 'FailedDiscoveryCheck', message })
    if (base === undefined) return failed(`no endpoints available for service "${spec.service?.name}"`)
    const url = `${base}/apis/${spec.group}/${spec.version}`
    try {
      const { status, text } = await this.#get(spec, url, { accept: 'application/json' })
      if (status >= 200 && status < 300) return { resources: resourcesOf(text) }
      return failed(`failing or missing response from ${url}: bad status from ${url}: ${status}`)
    } catch (error) {
      return failed(`failing or missing response from ${url}: Get "${url}": ${messageOf(error)}`)
    }
  }

  async #readDocuments(remote: Remote, base: string): Promise<void> {
    const { spec, documents } = remote
    const { group = '', version = '' } = spec
    const get = (path: string, headers: Record<string, string>) => this.#get(spec, `${base}${path}`, headers)
    const found = await readDocuments(get, { group, version }, documents)
    if (found.v3Path !== documents.v3Path || JSON.stringify(found.v2) !== JSON.stringify(documents.v2)) {
      this.generation += 1
    }
    remote.documents = found
  }

  async #get(spec: APIServiceSpec, url: string, headers: Record<string, string>): Promise<DocumentReply> {
    const late = new AbortController()
    const cancel = this.#parts.clock.after(lookTimeoutMs, () => late.abort(new Error('context deadline exceeded')))
    try {
      const reply = await this.#parts.net.request({
        ...{ method: 'GET', url, timeoutMs: lookTimeoutMs, signal: late.signal },
        headers: { ...headers, 'x-remote-user': 'system:kube-aggregator', 'x-remote-group': 'system:masters' },
        tls: { ...tlsOf({ ...spec, insecureSkipTLSVerify: true }, this.#parts.identity) },
      })
      return { status: reply.status, headers: reply.headers, text: await bounded(reply.body) }
    } finally {
      cancel()
    }
  }

  async #write({ apiService }: Remote, condition: Problem): Promise<void> {
    const present = apiService.status?.conditions?.find(({ type }) => type === 'Available')
    if (present && (['status', 'reason', 'message'] as const).every((key) => present[key] === condition[key])) return
    const changed = present?.status === condition.status ? present.lastTransitionTime : undefined
    const lastTransitionTime = changed ?? rfc3339(this.#parts.clock.nowMs())
    const stated: APIServiceCondition = { type: 'Available', ...condition, lastTransitionTime }
    const others = apiService.status?.conditions?.filter(({ type }) => type !== 'Available') ?? []
    await this.#parts.writer().updateStatus({ ...apiService, status: { conditions: [...others, stated] } })
  }
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > limits.aggregatedDiscoveryBytesMax) throw new Error('the document is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What can be read of a list of resources; a server that says nonsense serves nothing. */
function resourcesOf(text: string): RemoteResource[] {
  try {
    const { resources } = JSON.parse(text) as { resources?: unknown }
    if (!Array.isArray(resources)) return []
    return resources.filter(
      (one): one is RemoteResource => typeof one?.name === 'string' && typeof one?.kind === 'string',
    )
  } catch {
    return []
  }
}
