/**
 * Notices nodes that went silent, taints nodes by their conditions, and marks the pods of silent ones as not ready. The
 * NoExecute taint, which drives pods away, comes at the rate that the node's zone allows.
 */

import { coordinationV1, coreV1 } from '../../api/resources.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { stopwatch } from '../../client/meters.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { zoneGauges } from './metrics.ts'
import {
  type Eviction,
  gracePeriodMs,
  planLabels,
  planTaints,
  sameTaints,
  silentConditions,
  startsEviction,
  startupGracePeriodMs,
} from './plan.ts'
import { defaultEvictionRates, type EvictionRates, Zones, zoneOf } from './zones.ts'

export const leaseNamespace = 'kube-node-lease'
const byNode = 'nodeName'

export interface NodeLifecycleOptions {
  /** Silence that makes a node unreachable, in milliseconds. Default 50,000. Source: `--node-monitor-grace-period`. */
  gracePeriodMs?: number
  /** The same before its first word. Default 60,000. Source: `--node-startup-grace-period`. */
  startupGracePeriodMs?: number
  /** How often unready nodes are looked at. Default 5,000. Source: `--node-monitor-period`. */
  monitorPeriodMs?: number
  rates?: Partial<EvictionRates>
}

type Settings = Required<Omit<NodeLifecycleOptions, 'rates'>>

const defaults: Settings = { gracePeriodMs, startupGracePeriodMs, monitorPeriodMs: 5_000 }

export function nodeLifecycleController(parts: ControllerParts, options: NodeLifecycleOptions = {}): Controller {
  const nodes = parts.informers.of(coreV1.nodes)
  const leases = parts.informers.of(coordinationV1.leases, { namespace: leaseNamespace })
  const pods = parts.informers.of(coreV1.pods)
  pods.addIndex(byNode, (pod) => [pod.spec?.nodeName ?? ''])
  const reconciler = new NodeLifecycleReconciler(parts, options)
  return {
    name: 'node-lifecycle',
    sources: [
      source(nodes, ({ object }) => [object.metadata.name ?? '']),
      // A renewal of a healthy node's lease moves its deadline by itself; only a silent node's first sign matters.
      source(leases, ({ object }) => reconciler.keysOfLease(object.metadata.name ?? '')),
    ],
    reconcile: (name) => reconciler.reconcile(name),
  }
}

/** When a node last gave a sign of life, by our own monotonic clock: node clocks are not trusted. */
interface Sign {
  sign: string
  atMs: number
}

class NodeLifecycleReconciler {
  readonly #parts: ControllerParts
  readonly #settings: Settings
  readonly #nodes
  readonly #leases
  readonly #pods
  readonly #signs = new Map<string, Sign>()
  readonly #registered = new Map<string, Node>()
  readonly #zones: Zones
  #surveyedMs = Number.NEGATIVE_INFINITY

  constructor(parts: ControllerParts, { rates, ...settings }: NodeLifecycleOptions) {
    this.#parts = parts
    this.#settings = { ...defaults, ...settings }
    this.#nodes = parts.informers.of(coreV1.nodes)
    this.#leases = parts.informers.of(coordinationV1.leases, { namespace: leaseNamespace })
    this.#pods = parts.informers.of(coreV1.pods)
    zoneGauges(parts.meters, this.#nodes)
    this.#zones = new Zones({ ...defaultEvictionRates, ...rates })
  }

  keysOfLease(name: string): string[] {
    const node = this.#nodes.get(name)
    if (!node) return []
    this.#silentForMs(node)
    return readyOf(node)?.status === 'Unknown' ? [name] : []
  }

  async reconcile(name: string): Promise<Outcome> {
    const { clock, meters } = this.#parts
    const seconds = stopwatch(clock)
    const outcome = await this.#look(name)
    meters?.observe('node_collector_update_node_health_duration_seconds', [], seconds())
    return outcome
  }

  async #look(name: string): Promise<Outcome> {
    const node = this.#nodes.get(name)
    if (!node) {
      this.#forget(name)
      return done
    }
    if (!this.#registered.has(name))
      this.#say(node, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`)
    this.#registered.set(name, node)
    const nowText = rfc3339(this.#parts.clock.nowMs())
    const leftMs = this.#leftMs(node)
    const latest = leftMs > 0 ? node : await this.#markSilent(node, nowText)
    const waitMs = await this.#taint(latest, nowText)
    await this.#label(latest)
    const ready = readyOf(latest)?.status
    // A kubelet that still speaks says itself whether its pods are ready.
    if (ready === 'Unknown') await this.#markPodsNotReady(name)
    if (ready === 'True' && leftMs > 0) return { kind: 'requeueAfter', delayMs: leftMs }
    const { monitorPeriodMs } = this.#settings
    const soonestMs = Math.min(monitorPeriodMs, waitMs, leftMs > 0 ? leftMs : monitorPeriodMs)
    return { kind: 'requeueAfter', delayMs: Math.max(100, soonestMs) }
  }

  #forget(name: string): void {
    const known = this.#registered.get(name)
    if (known) this.#say(known, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`)
    this.#registered.delete(name)
    this.#signs.delete(name)
  }

  #say(node: Node, reason: string, message: string): void {
    this.#parts.events.as('node-controller').event({ resource: coreV1.nodes, object: node }, 'Normal', reason, message)
  }

  /** Milliseconds until the node's silence counts; 0 and less: it does. */
  #leftMs(node: Node): number {
    const grace = readyOf(node) ? this.#settings.gracePeriodMs : this.#settings.startupGracePeriodMs
    return grace - this.#silentForMs(node)
  }

  #silentForMs(node: Node): number {
    const name = node.metadata.name ?? ''
    const heartbeat = readyOf(node)?.lastHeartbeatTime ?? ''
    const sign = `${this.#leases.get(`${leaseNamespace}/${name}`)?.spec?.renewTime ?? ''} ${heartbeat}`
    const nowMs = this.#parts.clock.monotonicMs()
    const known = this.#signs.get(name)
    if (known?.sign === sign) return nowMs - known.atMs
    this.#signs.set(name, { sign, atMs: nowMs })
    return 0
  }

  async #markSilent(node: Node, nowText: string): Promise<Node> {
    const conditions = silentConditions(node, nowText)
    if (!conditions) return node
    if (readyOf(node)?.status === 'True') {
      this.#say(node, 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`)
    }
    return this.#parts.client.of(coreV1.nodes).updateStatus({ ...node, status: { ...node.status, conditions } })
  }

  /** Milliseconds until the zone lets this node go. */
  async #taint(node: Node, nowText: string): Promise<number> {
    this.#survey()
    const conditions = node.status?.conditions ?? []
    let waitMs = Number.POSITIVE_INFINITY
    let eviction: Eviction = this.#zones.stopped ? 'none' : 'keep'
    if (eviction === 'keep' && startsEviction(node, conditions)) {
      waitMs = this.#zones.turn(node, this.#parts.clock.monotonicMs())
      if (waitMs === 0) eviction = 'start'
    }
    const taints = planTaints(node, conditions, { nowText, eviction })
    if (sameTaints(taints, node.spec?.taints ?? [])) return waitMs
    // The resource version in the patch makes it fail, and be planned anew, when someone else changed the taints.
    const { resourceVersion } = node.metadata
    await this.#patch(node, { metadata: { resourceVersion }, spec: { taints } })
    if (eviction === 'start') this.#parts.meters?.count('node_collector_evictions_total', [zoneOf(node)])
    return waitMs
  }

  /** Looks at all nodes, at most once in a second: how many a zone has lost decides over each of its nodes. */
  #survey(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    if (nowMs - this.#surveyedMs < 1000) return
    this.#surveyedMs = nowMs
    const nodes = this.#nodes.list()
    const speaking = nodes.map((node) => ({
      node,
      ready: readyOf(node)?.status === 'True' && this.#leftMs(node) > 0,
    }))
    if (!this.#zones.survey(speaking)) return
    // Whoever could not be heard while nobody could is given the whole time once more.
    for (const sign of this.#signs.values()) sign.atMs = nowMs
  }

  async #label(node: Node): Promise<void> {
    const labels = planLabels(node)
    if (Object.keys(labels).length > 0) await this.#patch(node, { metadata: { labels } })
  }

  async #patch(node: Node, patch: object): Promise<void> {
    await this.#parts.client.of(coreV1.nodes).patch(node.metadata.name ?? '', { type: 'merge', patch })
  }

  async #markPodsNotReady(nodeName: string): Promise<void> {
    const nowText = rfc3339(this.#parts.clock.nowMs())
    for (const pod of this.#pods.byIndex(byNode, nodeName)) {
      const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')
      if (ready?.status !== 'True') continue
      await this.#markPod(pod, nowText)
      this.#parts.events
        .as('node-controller')
        .event({ resource: coreV1.pods, object: pod }, 'Warning', 'NodeNotReady', 'Node is not ready')
    }
  }

  async #markPod(pod: Pod, nowText: string): Promise<void> {
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: nowText }
    const api = this.#parts.client.of(coreV1.pods, pod.metadata.namespace)
    const patch = { status: { conditions: [condition] } }
    await ifThere(api.patchStatus(pod.metadata.name ?? '', { type: 'strategic', patch }))
  }
}

function readyOf(node: Node) {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')
}
