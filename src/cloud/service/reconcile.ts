/**
 * Gives Services of type LoadBalancer their load balancer, follows changes of nodes, and takes it away again. Events and
 * the order of steps as cloud-controller-manager's.
 */
import { isDeepStrictEqual } from 'node:util'
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { LoadBalancerStatus, Node, Service } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Change, Informer } from '../../client/informer.ts'
import { stopwatch } from '../../client/meters.ts'
import { ifThere } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import { ImplementedElsewhere, type LoadBalancers } from '../provider.ts'
import { balancedNodes, finalizer, needsCleanup, nodesKey, shownNames, wanted, wantsLoadBalancer } from './plan.ts'

export interface ServiceControllerOptions {
  balancers: LoadBalancers
  clusterName: string
  /** Services at once. Default 10, so that one whose cloud does not answer holds up no other. */
  workers?: number
}

/** After a cloud failed: 5 s doubling to 5 minutes, since clouds count calls. */
const retryMinMs = 5_000
const retryMaxMs = 300_000

export function serviceController(parts: ControllerParts, options: ServiceControllerOptions): Controller {
  const reconciler = new ServiceReconciler(parts, options)
  return {
    name: 'service-lb-controller',
    workers: options.workers ?? 10,
    sources: [
      source(reconciler.services, (change) => reconciler.keysOfService(change)),
      source(reconciler.nodes, () => reconciler.keysOfNodes()),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

/** What is known of one Service's load balancer. */
interface Known {
  /** As it was when its load balancer was last looked at: it may be gone by now. */
  service: Service
  /** What the load balancer was last made for; absent: it was not, or that failed. */
  made?: { wanted: string; nodes: string }
}

class ServiceReconciler {
  readonly services: Informer<Service>
  readonly nodes: Informer<Node>
  readonly #client
  readonly #events: EventRecorder
  readonly #meters
  readonly #clock
  readonly #balancers: LoadBalancers
  readonly #clusterName: string
  readonly #known = new Map<string, Known>()
  readonly #failures = new Map<string, number>()
  #nodesKey = ''

  constructor(
    { client, informers, events, meters, clock }: ControllerParts,
    { balancers, clusterName }: ServiceControllerOptions,
  ) {
    this.services = informers.of(coreV1.services)
    this.nodes = informers.of(coreV1.nodes)
    this.#client = client
    this.#meters = meters
    this.#clock = clock
    this.#events = events.as('service-controller')
    this.#balancers = balancers
    this.#clusterName = clusterName
  }

  keysOfService({ type, object }: Change<Service>): string[] {
    const key = keyOf(object)
    const concerns = type === 'deleted' || wantsLoadBalancer(object) || needsCleanup(object) || this.#known.has(key)
    return concerns ? [key] : []
  }

  /** Heartbeats are no reason to look at Services. */
  keysOfNodes(): string[] {
    const key = nodesKey(this.nodes.list())
    if (key === this.#nodesKey) return []
    this.#nodesKey = key
    return this.services.list().filter(wantsLoadBalancer).map(keyOf)
  }

  async reconcile(key: string): Promise<Outcome> {
    const service = this.services.get(key)
    try {
      const known = this.#known.get(key)
      // Its finalizer was taken by somebody else: there is nothing but our memory to go by.
      if (known && known.service.metadata.uid !== service?.metadata.uid) await this.#forsake(key, known.service)
      if (service) await this.#follow(key, service)
      this.#failures.delete(key)
      return done
    } catch {
      const failures = this.#failures.get(key) ?? 0
      this.#failures.set(key, failures + 1)
      return { kind: 'requeueAfter', delayMs: Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures, 10)) }
    }
  }

  async #follow(key: string, service: Service): Promise<void> {
    try {
      if (needsCleanup(service)) await this.#takeAway(key, service)
      else if (wantsLoadBalancer(service)) await this.#provide(key, service)
      else if (this.#known.has(key)) await this.#takeAway(key, service)
    } catch (error) {
      this.#say(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${messageOf(error)}`)
      throw error
    }
  }

  async #forsake(key: string, service: Service): Promise<void> {
    if (wantsLoadBalancer(service)) {
      this.#say(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
      try {
        await this.#balancers.remove(this.#clusterName, service)
      } catch (error) {
        const message = `Error deleting load balancer: ${messageOf(error)}`
        this.#say(service, 'Warning', 'DeleteLoadBalancerFailed', message)
        throw error
      }
      this.#say(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
    }
    this.#known.delete(key)
  }

  async #takeAway(key: string, service: Service): Promise<void> {
    this.#known.set(key, { service })
    const there = await failing('failed to check if load balancer exists before cleanup', () =>
      this.#balancers.get(this.#clusterName, service),
    )
    if (there) {
      this.#say(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
      await failing('failed to delete load balancer', () =>
        unlessElsewhere(this.#balancers.remove(this.#clusterName, service)),
      )
    }
    if (service.metadata.finalizers?.includes(finalizer))
      await failing('failed to remove load balancer cleanup finalizer', () =>
        this.#patch(service, { metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } }),
      )
    this.#say(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
    await this.#setStatus(service, {})
    this.#known.delete(key)
  }

  async #provide(key: string, service: Service): Promise<void> {
    const now = { wanted: wanted(service), nodes: nodesKey(this.nodes.list()) }
    const made = this.#known.get(key)?.made
    if (made?.wanted === now.wanted && made.nodes === now.nodes) return
    this.#known.set(key, { service })
    const nodes = balancedNodes(this.nodes.list())
    if (made?.wanted !== now.wanted || !(await this.#update(service, nodes))) await this.#ensure(service, nodes)
    this.#known.set(key, { service, made: now })
  }

  async #ensure(service: Service, nodes: readonly Node[]): Promise<void> {
    this.#say(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
    const { finalizers = [] } = service.metadata
    if (!finalizers.includes(finalizer)) {
      const metadata = { finalizers: [finalizer], '$setElementOrder/finalizers': [...finalizers, finalizer] }
      await failing('failed to add load balancer cleanup finalizer', () => this.#patch(service, { metadata }))
    }
    if (nodes.length === 0) this.#sayNoNodes(service)
    this.#meters?.count('service_controller_loadbalancer_sync_total')
    const status = await failing('failed to ensure load balancer', () =>
      unlessElsewhere(this.#balancers.ensure(this.#clusterName, service, nodes)),
    )
    if (!status) return
    this.#say(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
    await this.#setStatus(service, status)
  }

  /** False when that failed, which has been said then: the load balancer is to be ensured. */
  async #update(service: Service, nodes: readonly Node[]): Promise<boolean> {
    this.#meters?.count('service_controller_loadbalancer_sync_total')
    const seconds = stopwatch(this.#clock)
    try {
      await this.#balancers.update(this.#clusterName, service, nodes)
    } catch (error) {
      if (error instanceof ImplementedElsewhere) return true
      if (await this.#isGone(service)) return true
      this.#meters?.count('service_controller_nodesync_error_total')
      const message = `Error updating load balancer with new hosts ${shownNames(nodes)} [node names limited, total number of nodes: ${nodes.length}], error: ${messageOf(error)}`
      this.#say(service, 'Warning', 'UpdateLoadBalancerFailed', message)
      return false
    } finally {
      this.#meters?.observe('service_controller_update_loadbalancer_host_latency_seconds', [], seconds())
    }
    if (nodes.length === 0) this.#sayNoNodes(service)
    else this.#say(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts')
    return true
  }

  async #isGone(service: Service): Promise<boolean> {
    try {
      return (await this.#balancers.get(this.#clusterName, service)) === undefined
    } catch {
      return false
    }
  }

  async #setStatus(service: Service, { ingress = [] }: LoadBalancerStatus): Promise<void> {
    if (isDeepStrictEqual(service.status?.loadBalancer?.ingress ?? [], ingress)) return
    const loadBalancer = { ingress: ingress.length === 0 ? null : ingress }
    await failing('failed to update load balancer status', () => this.#patch(service, { status: { loadBalancer } }))
  }

  /** The account may write the status alone, and finalizers go with it. */
  async #patch(
    { metadata }: Service,
    { metadata: more, ...rest }: { metadata?: object; status?: object },
  ): Promise<void> {
    const { name = '', namespace, uid } = metadata
    const patch = { metadata: { uid, ...more }, ...rest }
    await ifThere(this.#client.of(coreV1.services, namespace).patchStatus(name, { type: 'strategic', patch }))
  }

  #sayNoNodes(service: Service): void {
    this.#say(service, 'Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer')
  }

  #say(object: Service, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#events.event({ resource: coreV1.services, object }, type, reason, message)
  }
}

/** Undefined when somebody else sees to this load balancer. */
async function unlessElsewhere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof ImplementedElsewhere) return undefined
    throw error
  }
}

async function failing<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error })
  }
}
