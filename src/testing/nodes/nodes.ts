/**
 * All simulated nodes of a cluster, run by one agent: registers them, renews their leases, and lets the pods bound to
 * them go through the stages of the rules. https://kubernetes.io/docs/concepts/architecture/nodes/#heartbeats
 */
import { coordinationV1, coreV1 } from '../../api/resources.ts'
import type { Lease } from '../../api/types/coordination/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import { createEventRecorder, type RunningEventRecorder } from '../../client/events-impl.ts'
import type { Change, Informers } from '../../client/informer.ts'
import type { TransportRequest } from '../../client/transport.ts'
import type { AllocationManager } from '../../kubelet/allocation/allocation-manager.ts'
import { limits } from '../../limits.ts'
import { type CancelTimer, type Clock, rfc3339, rfc3339Micro } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import type { Store, Write } from '../../store/store.ts'
import { skewedClock } from '../time/skewed-clock.ts'
import { nodeAllocation } from './node-allocation.ts'
import { capacityOf, healthyConditions, type NodeSpec, nodeAddress, nodeObject, podRange } from './node-object.ts'
import type { PodRules } from './pod-rules.ts'
import { PodRun } from './pod-run.ts'
import type { PodRulings } from './rules.ts'

export interface NodesParts {
  client: Client
  /** Of pods alone. */
  informers: Informers
  clock: Clock
  random: Random
  log: Logger
  /** Leases are renewed here, many at once. */
  store: Store
  /** What goes wrong with those renewals, as with requests. Default: nothing. */
  faults?: RenewalFaults
  rules: PodRules
  /** Whether pods' events are written. */
  podEvents: boolean
  onChange?(text: string): void
}

/** `Faults`, as far as requests are concerned that are never sent. */
export interface RenewalFaults {
  readonly any: boolean
  meets(component: string, request: TransportRequest): boolean
  lets(component: string, request: TransportRequest): Promise<boolean>
}

interface SimulatedNode {
  name: string
  index: number
  spec: NodeSpec
  alive: boolean
  /** Whether renewals went astray since it last reported that it is well. */
  unheard?: boolean
  lease: Lease | undefined
  addresses: Set<number>
  pods: Map<string, PodRun>
  allocation: AllocationManager
}

/** What a test sees and does. */
export interface NodeControl {
  readonly names: readonly string[]
  /** By number, with names that follow the last ones, or as described. Resolves with their names. */
  add(nodes: number | readonly NodeSpec[]): Promise<string[]>
  /** It stops: no lease, no pods started or stopped, nothing written. Pods learn of it when time passes. */
  kill(name: string): Promise<void>
  /** It can't reach the API server, while its pods go on; until `revive`. */
  partition(name: string): Promise<void>
  /** It is back, with the pods that are bound to it. */
  revive(name: string): Promise<void>
  /** Rules for pods, newest first, or YAML. Returns what takes them away again. */
  rule(rules: PodRulings): () => void
}

/** What the agent of all nodes is called in faults, timelines and user agents. */
export const nodesComponent = 'simulated-nodes'
export const leaseNamespace = 'kube-node-lease'
/** Source: the kubelet's lease of 40 s, renewed four times. */
const leaseDurationSeconds = 40
const renewPeriodMs = 10_000
const writesPerCommit = 500

export class Nodes implements Omit<NodeControl, 'rule'> {
  readonly #parts: NodesParts
  readonly #nodes = new Map<string, SimulatedNode>()
  readonly #events: RunningEventRecorder | undefined
  readonly #random: Random
  #cancel: CancelTimer = () => undefined
  #unsubscribe: () => void = () => undefined
  #renewedMs = Number.NEGATIVE_INFINITY
  #nextIndex = 0
  #stopped = false

  constructor(parts: NodesParts) {
    this.#parts = parts
    this.#random = parts.random.stream('simulated-nodes')
    this.#events = parts.podEvents ? createEventRecorder({ ...parts, component: 'kubelet' }) : undefined
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()]
  }

  /** Whether its server can be reached. */
  isAlive(name: string): boolean {
    return this.#nodes.get(name)?.alive ?? false
  }

  /** Whether a node is silent that others have yet to notice, or have noticed. */
  get anySilent(): boolean {
    for (const { alive, unheard } of this.#nodes.values()) if (!alive || unheard) return true
    return this.#meetFaults(this.#nodes.values())
  }

  /** Pods whose status waits to be written, in words. */
  busy(): string[] {
    let count = 0
    for (const { pods } of this.#nodes.values()) for (const run of pods.values()) if (run.busy) count++
    return count === 0 ? [] : [`simulated nodes: ${count} pods have a status to write`]
  }

  /** Follows pods from now on. */
  start(): void {
    this.#unsubscribe = this.#parts.informers.of(coreV1.pods).onChange((change) => this.#onPod(change))
    this.#cancel = this.#parts.clock.every(renewPeriodMs, () => void this.renew())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    this.#unsubscribe()
    for (const { pods, allocation } of this.#nodes.values()) {
      allocation.stop()
      for (const run of pods.values()) run.abandon()
    }
    await this.#events?.flush()
  }

  /** Takes over the nodes of the cluster that this one was forked from. */
  adopt(from: Nodes): void {
    for (const { name, index, spec, alive, lease } of from.#nodes.values()) {
      this.#nodes.set(name, this.#made({ name, index, spec, alive, lease }))
    }
    this.#nextIndex = from.#nextIndex
  }

  async add(nodes: number | readonly NodeSpec[]): Promise<string[]> {
    if (!Array.isArray(nodes) && !(Number.isSafeInteger(nodes) && Number(nodes) >= 0)) {
      throw new RangeError(`add nodes: how many has to be a whole number, or a list: ${JSON.stringify(nodes)}`)
    }
    const specs = typeof nodes === 'number' ? Array.from({ length: nodes }, (): NodeSpec => ({})) : nodes
    const names: string[] = []
    for (const spec of specs) names.push(await this.#register(spec))
    this.#parts.onChange?.(`${names.length} nodes added`)
    return names
  }

  async kill(name: string): Promise<void> {
    const node = this.#existing(name)
    node.alive = false
    for (const [uid, run] of node.pods) {
      run.abandon()
      node.allocation.forget(uid)
    }
    node.pods.clear()
    node.addresses.clear()
    this.#parts.onChange?.(`node ${name} is killed`)
  }

  async partition(name: string): Promise<void> {
    this.#existing(name).alive = false
    this.#parts.onChange?.(`node ${name} is cut off`)
  }

  async revive(name: string): Promise<void> {
    const node = this.#existing(name)
    if (node.alive) return
    await this.#reportHealthy(name)
    await this.#commitLeases([node])
    // Only what has been heard of is back: until then a monitor sees a silent node.
    node.alive = true
    this.#parts.onChange?.(`node ${name} is back`)
    const bound = this.#parts.informers
      .of(coreV1.pods)
      .list()
      .filter(({ spec }) => spec?.nodeName === name)
    const uids = new Set(bound.map(({ metadata }) => metadata.uid))
    for (const [uid, run] of node.pods) {
      if (uids.has(uid)) run.reconnected()
      else this.#forget(node, uid)
    }
    for (const pod of bound) this.#offer(node, pod)
  }

  /** Renews the leases of living nodes, when it is time to. */
  async renew(): Promise<void> {
    const nowMs = this.#parts.clock.monotonicMs()
    if (this.#stopped || nowMs - this.#renewedMs < renewPeriodMs) return
    this.#renewedMs = nowMs
    const alive = await this.#reaching([...this.#nodes.values()].filter((node) => node.alive && node.lease))
    for (let from = 0; from < alive.length; from += writesPerCommit) {
      await this.#commitLeases(alive.slice(from, from + writesPerCommit)).catch((error: unknown) => {
        this.#parts.log.warn('leases of simulated nodes not renewed', { error: String(error) })
      })
    }
    await Promise.all(alive.filter(({ unheard }) => unheard).map((node) => this.#reportAgain(node)))
  }

  #meetFaults(nodes: Iterable<SimulatedNode>): boolean {
    const { faults } = this.#parts
    if (!faults?.any) return false
    for (const { name } of nodes) if (faults.meets(nodesComponent, renewalOf(name))) return true
    return false
  }

  async #reaching(nodes: readonly SimulatedNode[]): Promise<readonly SimulatedNode[]> {
    const { faults } = this.#parts
    if (!faults || !this.#meetFaults(nodes)) return nodes
    const reached = await Promise.all(nodes.map(({ name }) => faults.lets(nodesComponent, renewalOf(name))))
    for (const [index, node] of nodes.entries()) node.unheard ||= !reached[index]
    return nodes.filter((_, index) => reached[index])
  }

  /** Whoever missed renewals may have been given up meanwhile: only its own report takes that back. */
  async #reportAgain(node: SimulatedNode): Promise<void> {
    try {
      await this.#reportHealthy(node.name)
      node.unheard = false
    } catch (error) {
      this.#parts.log.warn('a simulated node could not say that it is back', { node: node.name, error: String(error) })
    }
  }

  async #reportHealthy(name: string): Promise<void> {
    const api = this.#parts.client.of(coreV1.nodes)
    const { status } = await api.get(name)
    const conditions = healthyConditions(status?.conditions, rfc3339(this.#parts.clock.nowMs()))
    await api.patchStatus(name, { type: 'strategic', patch: { status: { conditions } } })
  }

  /** The run of a pod, for its logs and for exec. */
  runOf(pod: Pod): PodRun | undefined {
    return this.#nodes.get(pod.spec?.nodeName ?? '')?.pods.get(pod.metadata.uid ?? '')
  }

  async #register(spec: NodeSpec): Promise<string> {
    const { client, clock, store } = this.#parts
    const index = this.#nextIndex++
    if (index >= limits.simulatedNodesMax)
      throw new RangeError(`add a node: there is room for ${limits.simulatedNodesMax}`)
    const name = spec.name ?? `node-${index + 1}`
    if (this.#nodes.has(name)) throw new Error(`add a node: there is one named "${name}" already`)
    const created = await client.of(coreV1.nodes).create(nodeObject({ ...spec, name }, index, rfc3339(clock.nowMs())))
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid: created.metadata.uid ?? '' }
    await client.of(coordinationV1.leases, leaseNamespace).create({
      metadata: { name, ownerReferences: [owner] },
      spec: { holderIdentity: name, leaseDurationSeconds, renewTime: rfc3339Micro(clock.nowMs()) },
    })
    const { item } = await store.get(leaseKey(name))
    const lease = item && (JSON.parse(Buffer.from(item.value).toString()) as Lease)
    this.#nodes.set(name, this.#made({ name, index, spec, alive: true, lease }))
    return name
  }

  #made(node: Pick<SimulatedNode, 'name' | 'index' | 'spec' | 'alive' | 'lease'>): SimulatedNode {
    const pods = new Map<string, PodRun>()
    const allocation = nodeAllocation({ clock: this.#parts.clock, allocatable: capacityOf(node.spec), pods })
    return { ...node, addresses: new Set(), pods, allocation }
  }

  async #commitLeases(nodes: readonly SimulatedNode[]): Promise<void> {
    const nowMs = this.#parts.clock.nowMs()
    const writes = nodes.flatMap(({ name, lease, spec }): Write[] => {
      if (!lease) return []
      const renewTime = rfc3339Micro(nowMs + (spec.clockSkewMs ?? 0))
      const value = Buffer.from(JSON.stringify({ ...lease, spec: { ...lease.spec, renewTime } }))
      return [{ op: 'put', key: leaseKey(name), value }]
    })
    const [first, ...rest] = writes
    if (first) await this.#parts.store.commit([first, ...rest])
  }

  #onPod({ type, object: pod }: Change<Pod>): void {
    const { uid = '' } = pod.metadata
    const node = this.#nodes.get(pod.spec?.nodeName ?? '')
    if (!node?.alive) return
    if (type !== 'deleted') return this.#offer(node, pod)
    this.#forget(node, uid)
  }

  #forget(node: SimulatedNode, uid: string): void {
    const run = node.pods.get(uid)
    if (!run) return
    run.abandon()
    node.pods.delete(uid)
    node.addresses.delete(lastNumber(run.podIp))
    this.#parts.rules.forget(uid)
    node.allocation.forget(uid)
    node.allocation.retry('pods_removed')
  }

  #offer(node: SimulatedNode, pod: Pod): void {
    const { uid = '', deletionTimestamp } = pod.metadata
    const known = node.pods.get(uid)
    if (known) return known.update(pod)
    const { phase, podIP } = pod.status ?? {}
    const over = phase === 'Succeeded' || phase === 'Failed'
    if (over && !deletionTimestamp) return
    const { client } = this.#parts
    const { clockSkewMs = 0 } = node.spec
    const clock = clockSkewMs === 0 ? this.#parts.clock : skewedClock(this.#parts.clock, () => clockSkewMs)
    const events = this.#events?.as('kubelet', node.name)
    const run = new PodRun(pod, {
      client,
      clock,
      random: this.#random,
      ...(events ? { events } : {}),
      allocation: node.allocation,
      hostIp: nodeAddress(node.index),
      podIp: this.#addressFor(node, podIP),
      reachable: () => node.alive,
      ruleOf: (of, container) => this.#parts.rules.of(of, container),
    })
    node.pods.set(uid, run)
    if (deletionTimestamp) run.update(pod)
    else run.start()
  }

  #addressFor(node: SimulatedNode, known: string | undefined): string {
    if (known !== undefined) {
      node.addresses.add(lastNumber(known))
      return known
    }
    let number = 2
    while (node.addresses.has(number)) number++
    node.addresses.add(number)
    return podRange(node.index).address(number)
  }

  #existing(name: string): SimulatedNode {
    const node = this.#nodes.get(name)
    if (node) return node
    throw new Error(`there is no simulated node named "${name}"; there are: ${this.names.slice(0, 20).join(', ')}`)
  }
}

function lastNumber(address: string): number {
  return Number(address.slice(address.lastIndexOf('.') + 1))
}

/** As a kubelet sends it. */
function renewalOf(name: string): TransportRequest {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${leaseNamespace}/leases/${name}`
  return { method: 'PUT', path, headers: {} }
}

function leaseKey(name: string): string {
  return `/registry/leases/${leaseNamespace}/${name}`
}
