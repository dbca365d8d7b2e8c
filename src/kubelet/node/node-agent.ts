/**
 * Registers the node, keeps its status true and renews its lease, so that the control plane knows the node lives.
 * Source: https://kubernetes.io/docs/reference/node/node-status/#heartbeats: status when it changes or every 5 minutes,
 * lease of 40 s renewed every 10 s.
 */
import { ApiError } from '../../api/errors.ts'
import { coordinationV1, coreV1 } from '../../api/resources.ts'
import type { Lease } from '../../api/types/coordination/v1.ts'
import type { Node, NodeStatus, Taint } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'
import { type CancelTimer, type Clock, rfc3339Micro } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { fixed } from '../config.ts'
import { differs } from './node-status.ts'

/** While the node is not ready, changes are looked for this often. */
const statusCheckFastMs = 500
const leaseRenewMs = 10_000
const { leaseDurationSeconds, statusCheckMs, statusReportMs } = fixed
const leaseNamespace = 'kube-node-lease'
const registerRetryMs = 500
const requestTimeoutMs = 10_000

export interface NodeAgentParts {
  client: Client
  clock: Clock
  events: EventRecorder
  log: Logger
  nodeName: string
  labels: Record<string, string>
  annotations: Record<string, string>
  taints: readonly Taint[]
  /** The pod network of this node, where the agent is told; else the control plane assigns one. */
  podCidr: string | undefined
  /** Reads what the status says now. */
  status(previous: Node | undefined): Promise<NodeStatus>
  onNode(node: Node): void
}

export class NodeAgent {
  readonly #parts: NodeAgentParts
  readonly #stop = new AbortController()
  #node: Node | undefined
  #reportedMs = 0
  #timers: CancelTimer[] = []
  #busy = false
  /** The status has to be looked at once more: it changed while it was reported. */
  #again = false
  #lease: Lease | undefined

  constructor(parts: NodeAgentParts) {
    this.#parts = parts
  }

  get node(): Node | undefined {
    return this.#node
  }

  /** Resolves once the node is registered; tries until then. */
  async start(): Promise<void> {
    const { clock, log } = this.#parts
    this.event('Normal', 'Starting', 'Starting kubelet.')
    for (;;) {
      try {
        await this.#register()
        break
      } catch (error) {
        if (this.#stop.signal.aborted) return
        log.warn('node not registered', { error: String(error) })
        await clock.sleep(registerRetryMs, this.#stop.signal).catch(() => undefined)
        if (this.#stop.signal.aborted) return
      }
    }
    for (const reason of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'])
      this.event('Normal', reason, `Node ${this.#parts.nodeName} status is now: ${reason}`)
    await Promise.all([this.#report(), this.#renewLease()])
    this.#schedule()
    this.#timers.push(clock.every(leaseRenewMs, () => void this.#renewLease()))
  }

  stop(): void {
    this.#stop.abort()
    for (const cancel of this.#timers) cancel()
  }

  /** Looks at the status now. */
  refresh(): void {
    if (this.#busy) this.#again = true
    else void this.#report()
  }

  #schedule(): void {
    if (this.#stop.signal.aborted) return
    const ready = this.#node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
    const cancel = this.#parts.clock.after(ready ? statusCheckMs : statusCheckFastMs, () => {
      this.#timers = this.#timers.filter((timer) => timer !== cancel)
      void this.#report().then(() => this.#schedule())
    })
    this.#timers.push(cancel)
  }

  async #register(): Promise<void> {
    const { client, nodeName, labels, annotations, taints, podCidr } = this.#parts
    const nodes = client.of(coreV1.nodes)
    const existing = await nodes.get(nodeName).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 404) return undefined
      throw error
    })
    if (existing) {
      const lacks = (wanted: Record<string, string>, has: Record<string, string> = {}) =>
        Object.entries(wanted).some(([key, value]) => has[key] !== value)
      const missing = lacks(labels, existing.metadata.labels) || lacks(annotations, existing.metadata.annotations)
      const patch = { metadata: { labels, annotations } }
      this.#node = missing ? await nodes.patch(nodeName, { type: 'merge', patch }) : existing
    } else {
      const status = await this.#parts.status(undefined)
      const spec: Node['spec'] = {}
      if (taints.length > 0) spec.taints = [...taints]
      if (podCidr) Object.assign(spec, { podCIDR: podCidr, podCIDRs: [podCidr] })
      const node: Node = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: nodeName, labels, annotations },
        spec,
        status,
      }
      this.#node = await nodes.create(node)
    }
    this.#parts.onNode(this.#node)
  }

  async #report(): Promise<void> {
    const { client, clock, log, nodeName } = this.#parts
    if (this.#busy || this.#stop.signal.aborted) return
    this.#busy = true
    try {
      const before = this.#node
      const status = await this.#parts.status(before)
      const due = clock.monotonicMs() - this.#reportedMs >= statusReportMs
      if (!due && !differs(before?.status, status)) return
      const signal = this.#timeout()
      const patch = { status: { ...status, addresses: [{ $patch: 'replace' }, ...(status.addresses ?? [])] } }
      this.#node = await client.of(coreV1.nodes).patchStatus(nodeName, { type: 'strategic', patch }, { signal })
      this.#reportedMs = clock.monotonicMs()
      this.#tellReadiness(before, this.#node)
      this.#parts.onNode(this.#node)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      log.warn('node status not written', { error: String(error) })
      if (error instanceof ApiError && error.code === 404) await this.#register().catch(() => undefined)
    } finally {
      this.#busy = false
    }
    if (!this.#again) return
    this.#again = false
    await this.#report()
  }

  #tellReadiness(before: Node | undefined, after: Node): void {
    const readyOf = (node: Node | undefined): boolean | undefined => {
      const condition = node?.status?.conditions?.find(({ type }) => type === 'Ready')
      return condition && condition.status === 'True'
    }
    if (readyOf(before) === readyOf(after) && this.#told) return
    this.#told = true
    const reason = readyOf(after) ? 'NodeReady' : 'NodeNotReady'
    this.event('Normal', reason, `Node ${this.#parts.nodeName} status is now: ${reason}`)
  }
  #told = false

  async #renewLease(): Promise<void> {
    const { client, clock, log, nodeName } = this.#parts
    const leases = client.of(coordinationV1.leases, leaseNamespace)
    const renewTime = rfc3339Micro(clock.nowMs())
    try {
      const signal = this.#timeout()
      if (!this.#lease) {
        const existing = await leases.get(nodeName, { signal }).catch((error: unknown) => {
          if (error instanceof ApiError && error.code === 404) return undefined
          throw error
        })
        this.#lease = existing ?? (await leases.create(this.#newLease(renewTime), { signal }))
        if (!existing) return
      }
      const spec = { ...this.#lease.spec, holderIdentity: nodeName, leaseDurationSeconds, renewTime }
      this.#lease = await leases.update({ ...this.#lease, spec }, { signal })
    } catch (error) {
      this.#lease = undefined
      if (!this.#stop.signal.aborted) log.warn('node lease not renewed', { error: String(error) })
    }
  }

  #newLease(renewTime: string): Lease {
    const { nodeName } = this.#parts
    const uid = this.#node?.metadata.uid ?? ''
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: nodeName,
        namespace: leaseNamespace,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }],
      },
      spec: { holderIdentity: nodeName, leaseDurationSeconds, renewTime },
    }
  }

  #timeout(): AbortSignal {
    const over = new AbortController()
    const cancel = this.#parts.clock.after(requestTimeoutMs, () =>
      over.abort(new Error('the API server did not answer')),
    )
    over.signal.addEventListener('abort', cancel, { once: true })
    return AbortSignal.any([over.signal, this.#stop.signal])
  }

  /** Of the node itself. */
  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { nodeName, events } = this.#parts
    events.event({ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName }, type, reason, message)
  }
}
