/**
 * One life of a test's cluster: API server, controllers, scheduler and simulated nodes over one store. A reset begins a
 * new life, a fork another cluster with its own.
 */
import { serviceAccountOf } from '../apiserver/authentication/user.ts'
import type { Extension } from '../apiserver/nonresource/endpoints.ts'
import type { UserInfo } from '../apiserver/request.ts'
import { type Gates, readFeatureGates } from '../apiserver/scheme/feature-gates.ts'
import { createClient } from '../client/client-impl.ts'
import type { Informers } from '../client/informer.ts'
import { createInformers } from '../client/informer-impl.ts'
import type { Transport } from '../client/transport.ts'
import {
  type ControlPlane,
  type ControlPlaneTuning,
  createControlPlane,
} from '../cluster/control-plane/control-plane.ts'
import type { ClusterPki } from '../cluster/pki/cluster-pki.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Net } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import type { Store } from '../store/store.ts'
import { simulatedNodeProxy } from './nodes/node-proxy.ts'
import { Nodes, nodesComponent, type RenewalFaults } from './nodes/nodes.ts'
import type { PodRules } from './nodes/pod-rules.ts'
import { type ClusterOptions, type Running, runningOf } from './options.ts'
import { skewedClock } from './time/skewed-clock.ts'

export interface LifeParts {
  options: ClusterOptions
  store: Store
  pki: ClusterPki
  clock: Clock
  /** For what only keeps things fresh. */
  housekeeping: Clock
  random: Random
  /** To webhooks. */
  net: Net
  log: Logger
  rules: PodRules
  /** What stands between a component of the cluster and its server. */
  wrap(transport: Transport, component: string): Transport
  /** By how much a component's clock is ahead. */
  skewMs(component: string): number
  /** What goes wrong with the renewals of nodes' leases, which are no requests. */
  renewals: RenewalFaults
  /** What is served besides Kubernetes' own. */
  extension: Extension
  onNodeChange?(text: string): void
}

/** Watches of components last for years of a held clock, so that they cost nothing while it advances. */
export const watchTimeoutSeconds = 50 * 365 * 86_400
const nodesUser: UserInfo = {
  name: nodesComponent,
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
}
const managerUser = 'system:kube-controller-manager'
const components: Readonly<Record<string, string>> = {
  [managerUser]: 'kube-controller-manager',
  'system:kube-scheduler': 'kube-scheduler',
  'system:apiserver': 'kube-apiserver',
}

/** Controllers have accounts of their own in `kube-system`. */
function componentOf(user: string): string {
  return components[serviceAccountOf(user)?.namespace === 'kube-system' ? managerUser : user] ?? user
}

export class Life {
  readonly plane: ControlPlane
  readonly nodes: Nodes
  readonly #informers: Informers
  /** Undefined where nothing happens by itself. */
  readonly #running: Running | undefined

  private constructor(plane: ControlPlane, nodes: Nodes, informers: Informers, running: Running | undefined) {
    this.plane = plane
    this.nodes = nodes
    this.#informers = informers
    this.#running = running
  }

  /** Resolves when the API answers. Nodes and controllers don't work before `begin`. */
  static async create(parts: LifeParts, { passive = false, bootstrapped = false } = {}): Promise<Life> {
    const { options, store, pki, clock, housekeeping, log, random, net } = parts
    const wrap = (transport: Transport, { name }: UserInfo) => parts.wrap(transport, componentOf(name))
    const running = runningOf(options)
    let nodes: Nodes | undefined
    const plane = await createControlPlane({
      ...{ store, pki, random, net, log, serviceCidr: '10.96.0.0/16' },
      ...gatesOf(options),
      clock: skewedClock(clock, () => parts.skewMs('kube-controller-manager')),
      nodeProxy: simulatedNodeProxy({
        clock,
        random: random.stream('node-proxy'),
        rules: parts.rules,
        nodes: () => nodes,
      }),
      tuning: { ...tuningOf(parts, running), bootstrapped, wrapTransport: wrap },
    })
    const client = createClient(wrap(plane.api.transportFor(nodesUser), nodesUser), {
      userAgent: nodesComponent,
      shared: true,
    })
    const informers = createInformers({ client, clock: housekeeping, random, log, watchTimeoutSeconds })
    nodes = new Nodes({
      ...{ client, informers, clock, random, log, store, rules: parts.rules, podEvents: options.podEvents ?? true },
      faults: parts.renewals,
      ...(parts.onNodeChange ? { onChange: parts.onNodeChange } : {}),
    })
    return new Life(plane, nodes, informers, passive ? undefined : running)
  }

  /** Resolves when nodes, controllers and scheduler are at work. */
  async begin(): Promise<void> {
    if (!this.#running) return
    this.nodes.start()
    this.#informers.start()
    await Promise.all([this.plane.startControllers(), this.#informers.synced()])
    this.#running.check()
  }

  async stop(): Promise<void> {
    const ending = this.plane.stop()
    await this.nodes.stop()
    await this.#informers.stop()
    await ending
  }
}

function gatesOf({ featureGates }: ClusterOptions): { gates?: Gates } {
  if (!featureGates) return {}
  return { gates: readFeatureGates(Object.entries(featureGates).map(([name, on]) => `${name}=${on}`)) }
}

/** Every component has its own view of time; what only keeps things fresh waits for housekeeping. */
function tuningOf(
  { options, clock, housekeeping, skewMs, extension }: LifeParts,
  running: Running,
): ControlPlaneTuning {
  const serverSkewMs = () => skewMs('kube-apiserver')
  const { admission, scheduler, freeze, onReconcile, usageMetrics = true } = options
  const { disabled = [], plugins = [] } = admission ?? {}
  const managerHousekeeping = skewedClock(housekeeping, () => skewMs('kube-controller-manager'))
  const managerClock = skewedClock(clock, () => skewMs('kube-controller-manager'))
  return {
    extension,
    usageMetrics,
    runs: (name) => running.runs(name),
    clockFor: (name) => (name === 'node-lifecycle' ? managerHousekeeping : managerClock),
    informerClock: housekeeping,
    watchTimeoutSeconds,
    serverClock: skewedClock(housekeeping, serverSkewMs),
    certificateClock: skewedClock(clock, serverSkewMs),
    schedulerClock: skewedClock(clock, () => skewMs('kube-scheduler')),
    admission: { disabled, added: plugins },
    ...(scheduler ? { schedulerProfile: scheduler } : {}),
    ...(freeze ? { freeze } : {}),
    ...(onReconcile ? { onReconcile } : {}),
  }
}
