/**
 * Makes load balancers' addresses known on the node's own network: follows Services and nodes, and lets the kernel answer
 * for what is this node's to answer for. When it ends the kernel goes on answering, as the service proxy's rules stay.
 */
import { keyOf } from '../../api/meta.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { Node } from '../../api/types/core/v1.ts'
import type { Informers } from '../../client/informer.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import type { Exec } from '../../platform/exec.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import type { Net } from '../../platform/net.ts'
import { answerFor, ownAddresses } from './kernel.ts'
import { tellMoved } from './moved.ts'
import { planAnnouncements } from './plan.ts'

export interface AnnouncerOptions {
  informers: Informers
  exec: Pick<Exec, 'run'>
  /** To tell hosts of addresses that come. */
  net: Pick<Net, 'bindUdp'>
  clock: Clock
  log: Logger
  nodeName: string
  /** Whether the address may be a load balancer's at all. */
  isBalancer(address: string): boolean
  /** Whether the service proxy serves IPv6. Default false. */
  ipv6?: boolean
}

export interface Announcer {
  stop(): Promise<void>
}

const batchDelayMs = 50
/** Addresses of the machine change and routes get lost without anybody telling. */
const verifyPeriodMs = 30_000
const byService = 'announced-service'

export function startAnnouncer(options: AnnouncerOptions): Announcer {
  const announcing = new Announcing(options)
  void announcing.start()
  return { stop: () => announcing.stop() }
}

class Announcing {
  readonly #options: AnnouncerOptions
  readonly #services
  readonly #slices
  readonly #nodes
  readonly #subscriptions: (() => void)[] = []
  #timer: CancelTimer | undefined
  #working: Promise<void> = Promise.resolve()
  #stopped = false
  #told = ''

  constructor(options: AnnouncerOptions) {
    const { informers } = options
    this.#options = options
    this.#services = informers.of(coreV1.services)
    this.#slices = informers.of(discoveryV1.endpointSlices, { labelSelector: '!service.kubernetes.io/headless' })
    this.#nodes = informers.of(coreV1.nodes)
    this.#slices.addIndex(byService, ({ metadata }) => [
      `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`,
    ])
  }

  async start(): Promise<void> {
    const all = [this.#services, this.#slices, this.#nodes]
    try {
      await Promise.all(all.map((informer) => informer.synced()))
    } catch {
      return // the informers were stopped first
    }
    if (this.#stopped) return
    this.#subscriptions.push(
      this.#services.onChange(({ object }) => object.spec?.type === 'LoadBalancer' && this.#schedule()),
      this.#slices.onChange(({ object }) => this.#isLocal(object.metadata) && this.#schedule()),
      this.#nodes.onChange((change) => {
        if (change.type !== 'updated' || placeOf(change.previous) !== placeOf(change.object)) this.#schedule()
      }),
      this.#options.clock.every(verifyPeriodMs, () => this.#schedule()),
    )
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    this.#timer?.()
    await this.#working
  }

  /** Only there does it matter where endpoints are. */
  #isLocal({ namespace, labels }: { namespace?: string; labels?: Record<string, string> }): boolean {
    const service = this.#services.get(`${namespace}/${labels?.['kubernetes.io/service-name']}`)
    return service?.spec?.type === 'LoadBalancer' && service.spec.externalTrafficPolicy === 'Local'
  }

  #schedule(): void {
    if (this.#stopped || this.#timer) return
    this.#timer = this.#options.clock.after(batchDelayMs, () => {
      this.#timer = undefined
      this.#working = this.#working.then(() => this.#work())
    })
  }

  async #work(): Promise<void> {
    const { exec, net, log, nodeName, isBalancer, ipv6 = false } = this.#options
    try {
      const own = await ownAddresses(exec)
      const announced = planAnnouncements({
        ...{ nodeName, isBalancer, ipv6 },
        nodes: this.#nodes.list(),
        services: this.#services.list(),
        slicesOf: (service) => this.#slices.byIndex(byService, keyOf(service)),
        ownAddresses: own,
      })
      const fresh = await answerFor(exec, announced)
      const text = announced.map(({ address }) => address).join(', ')
      if (text !== this.#told) log.info('the node answers for load balancers', { addresses: text })
      this.#told = text
      await tellMoved(net, fresh, own)
    } catch (error) {
      // The next look comes by itself.
      log.warn('the node can not answer for load balancers', { error: messageOf(error) })
    }
  }
}

/** Of a node, what decides who answers. */
function placeOf({ metadata, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status
  return JSON.stringify([ready, status?.addresses, metadata.labels])
}
