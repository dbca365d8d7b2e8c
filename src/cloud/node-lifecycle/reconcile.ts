/** Looks after nodes that are not ready: taints those whose machine is shut down, deletes those whose machine is gone. */
import { coreV1 } from '../../api/resources.ts'
import type { Node, Taint } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import type { Instances } from '../provider.ts'

const taint: Taint = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' }

export interface CloudNodeLifecycleOptions {
  instances: Instances
  /** Between looks at a node that is not ready. Default 5,000, as `--node-monitor-period`. */
  monitorMs?: number
  /** Nodes at once. Default 10, so that one whose cloud does not answer holds up no other. */
  workers?: number
}

export function cloudNodeLifecycleController(
  parts: ControllerParts,
  { instances, monitorMs = 5_000, workers = 10 }: CloudNodeLifecycleOptions,
): Controller {
  const { client, informers, log } = parts
  const nodes = informers.of(coreV1.nodes)
  const events = parts.events.as('cloud-node-lifecycle-controller')

  async function setTaint(node: Node, present: boolean): Promise<void> {
    if (isTainted(node) === present) return
    const { name = '', uid, resourceVersion } = node.metadata
    const others = (node.spec?.taints ?? []).filter((one) => !isShutdown(one))
    const patch = { metadata: { uid, resourceVersion }, spec: { taints: present ? [...others, taint] : others } }
    await ifThere(client.of(coreV1.nodes).patch(name, { type: 'merge', patch }))
  }

  async function deleteNode(object: Node): Promise<void> {
    const { name = '', uid } = object.metadata
    const about = { resource: coreV1.nodes, object }
    const message = `Deleting node ${name} because it does not exist in the cloud provider`
    events.event(about, 'Normal', 'DeletingNode', message)
    try {
      await ifThere(client.of(coreV1.nodes).delete(name, uid ? { preconditions: { uid } } : {}))
    } catch (error) {
      events.event(about, 'Warning', 'DeletingNodeFailed', `Failed deleting node ${name}: ${messageOf(error)}`)
      throw error
    }
  }

  async function look(node: Node): Promise<void> {
    if (readyOf(node) === 'True') await setTaint(node, false)
    else if (!(await instances.exists(node))) await deleteNode(node)
    // Only a node that is ready again is known to run: its taint stays till then.
    else if (await instances.isShutDown(node)) await setTaint(node, true)
  }

  return {
    name: 'cloud-node-lifecycle-controller',
    workers,
    sources: [
      source(nodes, (change) => {
        const { object } = change
        const isNews = change.type !== 'updated' || readyOf(change.previous) !== readyOf(object) || hasReturned(object)
        return isNews ? [object.metadata.name ?? ''] : []
      }),
    ],
    async reconcile(name): Promise<Outcome> {
      const node = nodes.get(name)
      if (!node) return done
      try {
        await look(node)
      } catch (error) {
        log.warn('node not looked after', { node: name, error: messageOf(error) })
        return { kind: 'requeueAfter', delayMs: monitorMs }
      }
      return readyOf(node) === 'True' ? done : { kind: 'requeueAfter', delayMs: monitorMs }
    },
  }
}

/** Nodes that never said how they are count as others that are not ready. */
function readyOf({ status }: Node): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
}

function hasReturned(node: Node): boolean {
  return readyOf(node) === 'True' && isTainted(node)
}

function isTainted({ spec }: Node): boolean {
  return spec?.taints?.some(isShutdown) ?? false
}

function isShutdown({ key, effect }: Taint): boolean {
  return key === taint.key && effect === taint.effect
}
