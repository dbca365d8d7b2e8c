/**
 * The service proxy of a node: follows Services, EndpointSlices and the node's own pods, and keeps one nftables table
 * in step. The first load replaces the table as a whole; afterwards only differences are sent, each batch atomically.
 * When it ends the table stays, so that Services keep working while the agent restarts.
 */

import { keyOf } from '../../api/meta.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { Node, Pod, Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import type { Informer, Informers } from '../../client/informer.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { messageOf } from '../../platform/log.ts'
import type { Family } from './element.ts'
import {
  applyScript,
  dropAffinities,
  forgetFlows,
  listAffinities,
  listUdpFlows,
  type Runner,
  tableExists,
} from './kernel.ts'
import { type PlanContext, planHostPorts, planService } from './plan.ts'
import type { RulesetOptions } from './ruleset.ts'
import { changeScript, fullScript } from './script.ts'
import { changedUdpFronts, frontsWithStaleAffinity, staleAffinities, staleFlows } from './stale.ts'
import { type Difference, ProxyState } from './state.ts'
import type { Trust } from './trust.ts'

export interface ServiceProxyOptions {
  informers: Informers
  exec: Runner
  clock: Clock
  log: Logger
  nodeName: string
  /** All nodes' pod ranges, `10.244.0.0/16`. */
  clusterCidr: string
  /** `10.96.0.0/16`. */
  serviceCidr: string
  /** The same ranges of IPv6, where pods and Services have such addresses. Default: IPv4 alone is served. */
  ipv6?: { clusterCidr: string; serviceCidr: string }
  /** From `preparePodNetwork`. Default true. */
  bridgeFiltered?: boolean
  /** What is routed besides what a Service's own namespace owns. Default nothing. */
  trust?: Pick<Trust, 'externalCidrs' | 'isBalancer' | 'foreignEndpoints'>
  /** Name of the nftables table. Default `k8ts`. */
  table?: string
}

export interface ServiceProxy {
  /** Resolves once the first load is in the kernel; stays pending as long as that fails. */
  readonly ready: Promise<void>
  /** Undefined when the kernel holds what it should, else what is wrong in plain words. */
  health(): string | undefined
  /** The numbers of this node's ready endpoints by Service, for health check node ports. */
  localEndpoints(serviceKey: string): number
  /** Stops following. The rules stay. */
  stop(): Promise<void>
}

export const serviceProxyTable = 'k8ts'

/** Changes that come within this long go together. */
const batchDelayMs = 10
const retryDelayMinMs = 500
const retryDelayMaxMs = 30_000
const verifyPeriodMs = 30_000
const serviceNameLabel = 'kubernetes.io/service-name'
const zoneLabel = 'topology.kubernetes.io/zone'

export function startServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  const { ipv6, ...ipv4 } = options
  const first = new Follower(ipv4, 'IPv4')
  const followers = [first, ...(ipv6 ? [new Follower({ ...options, ...ipv6 }, 'IPv6')] : [])]
  for (const follower of followers) void follower.start()
  return {
    ready: Promise.all(followers.map(({ ready }) => ready)).then(() => undefined),
    health: () => followers.map((follower) => follower.health()).find((problem) => problem !== undefined),
    localEndpoints: (serviceKey) => first.localEndpoints(serviceKey),
    stop: async () => void (await Promise.all(followers.map((follower) => follower.stop()))),
  }
}

/** Of one IP family. */
class Follower {
  readonly ready: Promise<void>
  readonly #options: ServiceProxyOptions
  readonly #ruleset: RulesetOptions
  readonly #services: Informer<Service>
  readonly #slices: Informer<EndpointSlice>
  readonly #pods: Informer<Pod>
  readonly #node: Informer<Node>
  readonly #state = new ProxyState()
  readonly #context: PlanContext
  readonly #subscriptions: (() => void)[] = []
  /** Of this node's pods. */
  readonly #addresses = new Map<string, string[]>()
  #chains = new Set<string>()
  #loaded = false
  #synced = false
  #stopped = false
  #timer: CancelTimer | undefined
  #flushing: Promise<void> | undefined
  #failures = 0
  #problem: string | undefined = 'the first load has not been done'
  #isReady: () => void = () => {}

  constructor(options: ServiceProxyOptions, family: Family) {
    const { informers, nodeName, clusterCidr, serviceCidr, bridgeFiltered = true, table = serviceProxyTable } = options
    this.#options = options
    this.#ruleset = { table, family, clusterCidr, serviceCidr, bridgeFiltered }
    const namespaceOf = (address: string) => this.#pods.byIndex('address', address)[0]?.metadata.namespace
    const trust = { ...options.trust, podCidrs: [clusterCidr], namespaceOf }
    this.#context = { nodeName, family, trust }
    this.#services = informers.of(coreV1.services)
    this.#slices = informers.of(discoveryV1.endpointSlices, { labelSelector: '!service.kubernetes.io/headless' })
    this.#pods = informers.of(coreV1.pods, { fieldSelector: `spec.nodeName=${nodeName}` })
    this.#pods.addIndex('address', addressesOf)
    this.#node = informers.of(coreV1.nodes, { fieldSelector: `metadata.name=${nodeName}` })
    this.#slices.addIndex('service', (slice) => [serviceKeyOf(slice)])
    this.#slices.addIndex('address', ({ endpoints }) => (endpoints ?? []).flatMap((one) => one.addresses))
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve
    })
  }

  async start(): Promise<void> {
    const all = [this.#services, this.#slices, this.#pods, this.#node]
    this.#subscriptions.push(
      this.#services.onChange(({ object }) => this.#planService(keyOf(object))),
      this.#slices.onChange(({ object }) => this.#planService(serviceKeyOf(object))),
      this.#pods.onChange(({ type, object }) => this.#planPod(object, type === 'deleted')),
      this.#node.onChange(({ object }) => this.#follow(object)),
      this.#options.clock.every(verifyPeriodMs, () => void this.#verify()),
    )
    try {
      await Promise.all(all.map((informer) => informer.synced()))
    } catch {
      return // the informers were stopped first
    }
    this.#synced = true
    this.#follow(this.#node.get(this.#options.nodeName))
    for (const service of this.#services.list()) this.#planService(keyOf(service))
    this.#schedule(0)
  }

  health(): string | undefined {
    return this.#problem
  }

  localEndpoints(serviceKey: string): number {
    const addresses = new Set<string>()
    for (const slice of this.#slices.byIndex('service', serviceKey))
      for (const endpoint of slice.endpoints ?? [])
        if (endpoint.nodeName === this.#options.nodeName && endpoint.conditions?.ready !== false)
          addresses.add(endpoint.addresses[0] ?? '')
    return addresses.size
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    this.#timer?.()
    await this.#flushing
  }

  #follow(node: Node | undefined): void {
    const zone = node?.metadata.labels?.[zoneLabel]
    if (zone === this.#context.zone) return
    if (zone === undefined) delete this.#context.zone
    else this.#context.zone = zone
    for (const service of this.#services.list()) this.#planService(keyOf(service))
  }

  #planService(key: string): void {
    if (!this.#synced) return
    const service = this.#services.get(key)
    const elements = service ? planService(service, this.#slices.byIndex('service', key), this.#context) : []
    this.#state.set(`service ${key}`, elements)
    this.#schedule(batchDelayMs)
  }

  #planPod(pod: Pod, isGone: boolean): void {
    this.#state.set(`pod ${keyOf(pod)}`, isGone ? [] : planHostPorts(pod, this.#context.family))
    const before = this.#addresses.get(keyOf(pod)) ?? []
    const now = isGone ? [] : addressesOf(pod)
    if (now.length > 0) this.#addresses.set(keyOf(pod), now)
    else this.#addresses.delete(keyOf(pod))
    if (this.#synced && before.join() !== now.join()) this.#planServicesOf([...before, ...now])
    this.#schedule(batchDelayMs)
  }

  /** Whose endpoints may be routed depends on whose pods have their addresses. */
  #planServicesOf(addresses: readonly string[]): void {
    const keys = new Set(addresses.flatMap((address) => this.#slices.byIndex('address', address)).map(serviceKeyOf))
    for (const key of keys) this.#planService(key)
  }

  #schedule(delayMs: number): void {
    if (!this.#synced || this.#stopped || this.#timer || this.#flushing !== undefined) return
    if (this.#loaded && !this.#state.isChanged) return
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined
      this.#flushing = this.#flush()
        .catch((error) => this.#failed(error))
        .finally(() => {
          this.#flushing = undefined
          this.#schedule(this.#failures > 0 ? this.#retryDelayMs() : batchDelayMs)
        })
    })
  }

  #retryDelayMs(): number {
    return Math.min(retryDelayMaxMs, retryDelayMinMs * 2 ** (this.#failures - 1))
  }

  async #flush(): Promise<void> {
    const { exec } = this.#options
    const isFull = !this.#loaded
    const differences = isFull ? this.#state.takeAll() : this.#state.take()
    if (!isFull && differences.length === 0) return
    const script = isFull
      ? fullScript(differences, this.#ruleset)
      : changeScript(differences, this.#chains, this.#ruleset)
    await applyScript(exec, script.text)
    this.#chains = script.chains
    this.#loaded = true
    this.#failures = 0
    this.#problem = undefined
    this.#isReady()
    await this.#forget(differences).catch((error) => {
      this.#options.log.warn('stale flows could not be forgotten', { error: String(error) })
    })
  }

  /** After a failure nothing is known about the table: the next attempt loads all of it. */
  #failed(error: unknown): void {
    this.#loaded = false
    this.#failures++
    this.#problem = messageOf(error)
    this.#options.log.error('service rules could not be applied', { error: this.#problem, failures: this.#failures })
  }

  async #forget(differences: readonly Difference[]): Promise<void> {
    const { exec } = this.#options
    const table = this.#ruleset
    const { family } = this.#context
    const udpFronts = changedUdpFronts(differences)
    if (udpFronts.size > 0)
      await forgetFlows(exec, staleFlows(await listUdpFlows(exec, family), udpFronts, this.#state), family)
    const fronts = frontsWithStaleAffinity(differences, this.#state)
    if (fronts.size === 0) return
    await dropAffinities(exec, table, staleAffinities(await listAffinities(exec, table), fronts, this.#state))
  }

  /** Somebody may have flushed all rules of the machine. */
  async #verify(): Promise<void> {
    if (!this.#loaded || this.#flushing !== undefined) return
    try {
      if (await tableExists(this.#options.exec, this.#ruleset)) return
    } catch (error) {
      this.#options.log.warn('the rules could not be looked at', { error: String(error) })
      return
    }
    this.#options.log.warn('the table of service rules was gone and is loaded again')
    this.#loaded = false
    this.#schedule(0)
  }
}

function serviceKeyOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ''}`
}

/** Of a pod with a network of its own; what shares the node's has no address to itself. */
function addressesOf({ spec, status }: Pod): string[] {
  if (spec?.hostNetwork || status?.phase === 'Succeeded' || status?.phase === 'Failed') return []
  return (status?.podIPs ?? (status?.podIP ? [{ ip: status.podIP }] : [])).flatMap(({ ip }) => ip ?? [])
}
