/**
 * One life of a test's cluster: API server, controllers, scheduler and simulated nodes over one store. A reset begins a
 * new life, a fork another cluster with its own.
 */
import type { UserInfo } from '../apiserver/request.ts'
import { createClient } from '../client/client-impl.ts'
import type { Informers } from '../client/informer.ts'
import { createInformers } from '../client/informer-impl.ts'
import type { Transport } from '../client/transport.ts'
import { type ControlPlane, createControlPlane } from '../cluster/control-plane/control-plane.ts'
import type { ClusterPki } from '../cluster/pki/cluster-pki.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Store } from '../store/store.ts'
import { simulatedNodeProxy } from './nodes/node-proxy.ts'
import { Nodes } from './nodes/nodes.ts'
import type { PodRules } from './nodes/pod-rules.ts'
import { type ClusterOptions, runsOf } from './options.ts'

export interface LifeParts {
  options: ClusterOptions
  store: Store
  pki: ClusterPki
  clock: Clock
  /** For what only keeps things fresh. */
  housekeeping: Clock
  random: Random
  log: Logger
  rules: PodRules
  /** What stands between a component of the cluster and its server. */
  wrap(transport: Transport, component: string): Transport
  onNodeChange?(text: string): void
}

/** Watches of components last for years of a held clock, so that they cost nothing while it advances. */
export const watchTimeoutSeconds = 50 * 365 * 86_400
const nodesUser: UserInfo = {
  name: 'simulated-nodes',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
}
const components: Readonly<Record<string, string>> = {
  'system:kube-controller-manager': 'kube-controller-manager',
  'system:kube-scheduler': 'kube-scheduler',
  'system:apiserver': 'kube-apiserver',
}

export class Life {
  readonly plane: ControlPlane
  readonly nodes: Nodes
  readonly #informers: Informers
  readonly #runsControllers: boolean

  private constructor(plane: ControlPlane, nodes: Nodes, informers: Informers, runsControllers: boolean) {
    this.plane = plane
    this.nodes = nodes
    this.#informers = informers
    this.#runsControllers = runsControllers
  }

  /** Resolves when the API answers. Nodes and controllers don't work before `begin`. */
  static async create(parts: LifeParts, { passive = false, bootstrapped = false } = {}): Promise<Life> {
    const { options, store, pki, clock, housekeeping, log } = parts
    const random = parts.random
    const wrap = (transport: Transport, { name }: UserInfo) => parts.wrap(transport, components[name] ?? name)
    const runs = runsOf(options)
    let nodes: Nodes | undefined
    const plane = await createControlPlane({
      ...{ store, pki, clock, random, log, serviceCidr: '10.96.0.0/16' },
      nodeProxy: simulatedNodeProxy({ clock, rules: parts.rules, nodes: () => nodes }),
      tuning: {
        runs,
        bootstrapped,
        clockFor: (name) => (name === 'node-lifecycle' ? housekeeping : clock),
        informerClock: housekeeping,
        watchTimeoutSeconds,
        serverClock: housekeeping,
        certificateClock: clock,
        wrapTransport: wrap,
        ...(options.freeze ? { freeze: true } : {}),
        ...(options.admission ? { admission: options.admission } : {}),
      },
    })
    const client = createClient(wrap(plane.api.transportFor(nodesUser), nodesUser), { userAgent: 'simulated-nodes' })
    const informers = createInformers({ client, clock: housekeeping, random, log, watchTimeoutSeconds })
    nodes = new Nodes({
      ...{ client, informers, clock, random, log, store, rules: parts.rules, podEvents: options.podEvents ?? true },
      ...(parts.onNodeChange ? { onChange: parts.onNodeChange } : {}),
    })
    return new Life(plane, nodes, informers, !passive)
  }

  /** Resolves when nodes, controllers and scheduler are at work. */
  async begin(): Promise<void> {
    if (!this.#runsControllers) return
    this.nodes.start()
    this.#informers.start()
    await Promise.all([this.plane.startControllers(), this.#informers.synced()])
  }

  async stop(): Promise<void> {
    const ending = this.plane.stop()
    await this.nodes.stop()
    await this.#informers.stop()
    await ending
  }
}
