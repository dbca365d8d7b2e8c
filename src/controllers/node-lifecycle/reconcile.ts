/** Notices nodes that went silent, taints nodes by their conditions, and marks their pods as not ready. */

import { coordinationV1, coreV1 } from '../../api/resources.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { gracePeriodMs, planTaints, sameTaints, silentConditions } from './plan.ts'

export const leaseNamespace = 'kube-node-lease'
const byNode = 'nodeName'

export function nodeLifecycleController(parts: ControllerParts): Controller {
  const nodes = parts.informers.of(coreV1.nodes)
  const leases = parts.informers.of(coordinationV1.leases, { namespace: leaseNamespace })
  const pods = parts.informers.of(coreV1.pods)
  pods.addIndex(byNode, (pod) => [pod.spec?.nodeName ?? ''])
  const reconciler = new NodeLifecycleReconciler(parts)
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

class NodeLifecycleReconciler {
  readonly #parts: ControllerParts
  readonly #nodes
  readonly #leases
  readonly #pods
  /** When each node last gave a sign of life, by our own monotonic clock: node clocks are not trusted. */
  readonly #heard = new Map<string, { renewTime: string; atMs: number }>()

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#nodes = parts.informers.of(coreV1.nodes)
    this.#leases = parts.informers.of(coordinationV1.leases, { namespace: leaseNamespace })
    this.#pods = parts.informers.of(coreV1.pods)
  }

  keysOfLease(name: string): string[] {
    const ready = this.#nodes.get(name)?.status?.conditions?.find(({ type }) => type === 'Ready')
    return ready?.status === 'Unknown' ? [name] : []
  }

  async reconcile(name: string): Promise<Outcome> {
    const node = this.#nodes.get(name)
    if (!node) {
      this.#heard.delete(name)
      return done
    }
    const nowMs = this.#parts.clock.nowMs()
    const silentMs = this.#silentForMs(node)
    let latest = node
    if (silentMs >= gracePeriodMs) latest = await this.#markSilent(node, rfc3339(nowMs))
    await this.#taint(latest, rfc3339(nowMs))
    const ready = latest.status?.conditions?.find(({ type }) => type === 'Ready')?.status
    if (ready !== 'True') await this.#markPodsNotReady(name)
    return { kind: 'requeueAfter', delayMs: Math.max(1_000, Math.min(gracePeriodMs - silentMs, 5_000)) }
  }

  #silentForMs(node: Node): number {
    const name = node.metadata.name ?? ''
    const heartbeat = node.status?.conditions?.find(({ type }) => type === 'Ready')?.lastHeartbeatTime ?? ''
    const renewTime = `${this.#leases.get(`${leaseNamespace}/${name}`)?.spec?.renewTime ?? ''} ${heartbeat}`
    const nowMs = this.#parts.clock.monotonicMs()
    const known = this.#heard.get(name)
    if (known?.renewTime === renewTime) return nowMs - known.atMs
    this.#heard.set(name, { renewTime, atMs: nowMs })
    return 0
  }

  async #markSilent(node: Node, nowText: string): Promise<Node> {
    const conditions = silentConditions(node, nowText)
    if (!conditions) return node
    const name = node.metadata.name ?? ''
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status === 'True') {
      const message = `Node ${name} status is now: NodeNotReady`
      this.#parts.events
        .as('node-controller')
        .event({ resource: coreV1.nodes, object: node }, 'Normal', 'NodeNotReady', message)
    }
    return this.#parts.client.of(coreV1.nodes).updateStatus({ ...node, status: { ...node.status, conditions } })
  }

  async #taint(node: Node, nowText: string): Promise<void> {
    const taints = planTaints(node, node.status?.conditions ?? [], nowText)
    if (sameTaints(taints, node.spec?.taints ?? [])) return
    // The resource version in the patch makes it fail, and be planned anew, when someone else changed the taints.
    const { resourceVersion } = node.metadata
    await this.#parts.client
      .of(coreV1.nodes)
      .patch(node.metadata.name ?? '', { type: 'merge', patch: { metadata: { resourceVersion }, spec: { taints } } })
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
