/** Gives Services of type LoadBalancer their load balancer, follows changes of nodes, and takes it away again. */
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
import { balancedNodes, changeNotes, finalizer, needsCleanup, wanted, wantsLoadBalancer } from './plan.ts'

export interface ServiceControllerOptions {
  balancers: LoadBalancers
  clusterName: string
  /** Services at once. Default 1, as `--concurrent-service-syncs`. */
  workers?: number
}

/** After a cloud failed: 5 s doubling to 5 minutes, since clouds count calls. */
const retryMinMs = 5_000
const retryMaxMs = 300_000

export function serviceController(parts: ControllerParts, options: ServiceControllerOptions): Controller {
  const reconciler = new ServiceReconciler(parts, options)
  return {
    name: 'service-lb-controller',
    workers: options.workers ?? 1,
    sources: [
      source(reconciler.services, (change) => reconciler.keysOfService(change)),
      source(reconciler.nodes, () => reconciler.keysOfNodes()),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

/** What a load balancer was last made for. */
interface Applied {
  wanted: string
  nodes: string
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
  readonly #applied = new Map<string, Applied>()
  readonly #failures = new Map<string, number>()
  #knownNodes = ''

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

  keysOfService(change: Change<Service>): string[] {
    const { object } = change
    if (change.type === 'updated')
      for (const { reason, message } of changeNotes(change.previous, object))
        this.#say(object, 'Normal', reason, message)
    return change.type === 'deleted' || wantsLoadBalancer(object) || needsCleanup(object) ? [keyOf(object)] : []
  }

  /** Heartbeats are no reason to look at Services. */
  keysOfNodes(): string[] {
    const names = namesOf(balancedNodes(this.nodes.list()))
    if (names === this.#knownNodes) return []
    this.#knownNodes = names
    return this.services.list().filter(wantsLoadBalancer).map(keyOf)
  }

  async reconcile(key: string): Promise<Outcome> {
    const service = this.services.get(key)
    if (!service) {
      this.#applied.delete(key)
      this.#failures.delete(key)
      return done
    }
    try {
      if (needsCleanup(service)) await this.#takeAway(service)
      else if (wantsLoadBalancer(service)) await this.#provide(service)
      this.#failures.delete(key)
      return done
    } catch (error) {
      this.#say(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${messageOf(error)}`)
      const failures = this.#failures.get(key) ?? 0
      this.#failures.set(key, failures + 1)
      return { kind: 'requeueAfter', delayMs: Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures, 10)) }
    }
  }

  async #takeAway(service: Service): Promise<void> {
    const there = await failing('failed to check if load balancer exists before cleanup', () =>
      this.#balancers.get(this.#clusterName, service),
    )
    if (there) {
      this.#say(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
      await failing('failed to delete load balancer', () => this.#balancers.remove(this.#clusterName, service))
    }
    this.#applied.delete(keyOf(service))
    if (!service.metadata.deletionTimestamp) await this.#setStatus(service, {})
    const { finalizers = [] } = service.metadata
    await failing('failed to remove load balancer cleanup finalizer', () =>
      this.#setFinalizers(
        service,
        finalizers.filter((one) => one !== finalizer),
      ),
    )
    this.#say(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
  }

  async #provide(service: Service): Promise<void> {
    const key = keyOf(service)
    const nodes = balancedNodes(this.nodes.list())
    const next: Applied = { wanted: wanted(service), nodes: namesOf(nodes) }
    const known = this.#applied.get(key)
    if (known?.wanted !== next.wanted) await this.#ensure(service, nodes)
    else if (known.nodes !== next.nodes) await this.#update(service, nodes)
    this.#applied.set(key, next)
  }

  async #ensure(service: Service, nodes: readonly Node[]): Promise<void> {
    this.#say(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
    const { finalizers = [] } = service.metadata
    if (!finalizers.includes(finalizer))
      await failing('failed to add load balancer cleanup finalizer', () =>
        this.#setFinalizers(service, [...finalizers, finalizer]),
      )
    if (nodes.length === 0) this.#sayNoNodes(service)
    this.#meters?.count('service_controller_loadbalancer_sync_total')
    try {
      const status = await this.#balancers.ensure(this.#clusterName, service, nodes)
      this.#say(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
      await this.#setStatus(service, status)
    } catch (error) {
      if (error instanceof ImplementedElsewhere) return
      throw new Error(`failed to ensure load balancer: ${messageOf(error)}`, { cause: error })
    }
  }

  async #update(service: Service, nodes: readonly Node[]): Promise<void> {
    this.#meters?.count('service_controller_loadbalancer_sync_total')
    const seconds = stopwatch(this.#clock)
    try {
      await this.#balancers.update(this.#clusterName, service, nodes)
      this.#meters?.observe('service_controller_update_loadbalancer_host_latency_seconds', [], seconds())
    } catch (error) {
      if (error instanceof ImplementedElsewhere) return
      this.#meters?.count('service_controller_nodesync_error_total')
      const message = `Error updating load balancer with new hosts [${namesOf(nodes)}]: ${messageOf(error)}`
      this.#say(service, 'Warning', 'UpdateLoadBalancerFailed', message)
      throw error
    }
    if (nodes.length === 0) this.#sayNoNodes(service)
    else this.#say(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts')
  }

  async #setFinalizers({ metadata }: Service, finalizers: readonly string[]): Promise<void> {
    const { name = '', namespace, uid, resourceVersion } = metadata
    const patch = { metadata: { uid, resourceVersion, finalizers } }
    // The account may write the status alone, and finalizers go with it.
    await ifThere(this.#client.of(coreV1.services, namespace).patchStatus(name, { type: 'merge', patch }))
  }

  async #setStatus({ metadata, status }: Service, loadBalancer: LoadBalancerStatus): Promise<void> {
    if (JSON.stringify(status?.loadBalancer?.ingress ?? []) === JSON.stringify(loadBalancer.ingress ?? [])) return
    const { name = '', namespace, uid } = metadata
    const patch = { metadata: { uid }, status: { loadBalancer: { ingress: loadBalancer.ingress ?? null } } }
    await ifThere(this.#client.of(coreV1.services, namespace).patchStatus(name, { type: 'merge', patch }))
  }

  #sayNoNodes(service: Service): void {
    this.#say(service, 'Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer')
  }

  #say(object: Service, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#events.event({ resource: coreV1.services, object }, type, reason, message)
  }
}

function namesOf(nodes: readonly Node[]): string {
  return nodes.map(({ metadata }) => metadata.name).join(' ')
}

async function failing<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error })
  }
}
