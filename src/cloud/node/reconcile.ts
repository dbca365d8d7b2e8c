/** Makes new nodes members once their cloud has told what they are, and keeps their addresses as the cloud has them. */
import { coreV1 } from '../../api/resources.ts'
import type { Node } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import type { InstanceMetadata, Instances } from '../provider.ts'
import { changedAddresses, changedLabels, initialization, isUninitialized } from './plan.ts'

export interface CloudNodeOptions {
  instances: Instances
  /** Between looks at a node's addresses. Default 300,000, as `--node-status-update-frequency`. */
  updateMs?: number
  /** Nodes at once. Default 10, so that one whose cloud does not answer holds up no other. */
  workers?: number
}

const defaultUpdateMs = 300_000

export function cloudNodeController(parts: ControllerParts, options: CloudNodeOptions): Controller {
  const { client, informers, clock, log } = parts
  const { instances, updateMs = defaultUpdateMs, workers = 10 } = options
  const nodes = informers.of(coreV1.nodes)
  const events = parts.events.as('cloud-node-controller')
  /** When each node is to be looked at next, by the monotonic clock. */
  const due = new Map<string, number>()

  /** What fails is tried at the next look: it is no reason to ask a cloud in trouble more often. */
  async function refresh(node: Node): Promise<void> {
    try {
      const metadata = await instances.metadata(node)
      if (metadata) await setAddresses(client, node, metadata)
    } catch (error) {
      log.warn('node not refreshed from its cloud', { node: node.metadata.name, error: messageOf(error) })
    }
  }

  async function initialize(node: Node): Promise<Outcome> {
    const metadata = await instances.metadata(node)
    if (!metadata) return { kind: 'requeueAfter', delayMs: retryMs }
    const { name = '' } = node.metadata
    const patch = initialization(node, metadata)
    const member = await ifThere(client.of(coreV1.nodes).patch(name, { type: 'merge', patch }))
    if (!member) return done
    const ageSeconds = () => (clock.nowMs() - Date.parse(member.metadata.creationTimestamp ?? '')) / 1000
    parts.meters?.observe('node_controller_cloud_provider_taint_removal_delay_seconds', [], ageSeconds())
    await setAddresses(client, member, metadata).catch((error: unknown) => {
      log.warn('node addresses not set', { node: name, error: messageOf(error) })
    })
    parts.meters?.observe('node_controller_initial_node_sync_delay_seconds', [], ageSeconds())
    events.event({ resource: coreV1.nodes, object: member }, 'Normal', 'Synced', 'Node synced successfully')
    due.set(name, clock.monotonicMs() + updateMs)
    return { kind: 'requeueAfter', delayMs: updateMs }
  }

  return {
    name: 'cloud-node-controller',
    workers,
    sources: [
      source(nodes, ({ type, object }) => {
        const isDone = type === 'updated' && !isUninitialized(object) && !changedLabels(object)
        return isDone ? [] : [object.metadata.name ?? '']
      }),
    ],
    async reconcile(name) {
      const node = nodes.get(name)
      if (!node) {
        due.delete(name)
        return done
      }
      if (isUninitialized(node)) return await initialize(node)
      await setLabels(client, node)
      const leftMs = (due.get(name) ?? 0) - clock.monotonicMs()
      if (leftMs > 0) return { kind: 'requeueAfter', delayMs: leftMs }
      await refresh(node)
      due.set(name, clock.monotonicMs() + updateMs)
      return { kind: 'requeueAfter', delayMs: updateMs }
    },
  }
}

/** A machine that its cloud does not know yet. */
const retryMs = 5_000

async function setLabels(client: Client, node: Node): Promise<void> {
  const labels = changedLabels(node)
  const { name = '', uid } = node.metadata
  if (labels)
    await ifThere(client.of(coreV1.nodes).patch(name, { type: 'merge', patch: { metadata: { uid, labels } } }))
}

async function setAddresses(client: Client, node: Node, metadata: InstanceMetadata): Promise<void> {
  const addresses = changedAddresses(node, metadata)
  const { name = '', uid } = node.metadata
  const patch = { metadata: { uid }, status: { addresses } }
  if (addresses) await ifThere(client.of(coreV1.nodes).patchStatus(name, { type: 'merge', patch }))
}
