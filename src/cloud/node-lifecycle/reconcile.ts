/** Looks after nodes that are not ready: taints those whose machine is shut down, deletes those whose machine is gone. */
import { coreV1 } from '../../api/resources.ts'
import type { Node } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import type { Instances } from '../provider.ts'

export const shutdownTaint = 'node.cloudprovider.kubernetes.io/shutdown'

export interface CloudNodeLifecycleOptions {
  instances: Instances
  /** Between looks at a node that is not ready. Default 5,000, as `--node-monitor-period`. */
  monitorMs?: number
}

export function cloudNodeLifecycleController(
  parts: ControllerParts,
  { instances, monitorMs = 5_000 }: CloudNodeLifecycleOptions,
): Controller {
  const { client, informers, clock } = parts
  const nodes = informers.of(coreV1.nodes)
  const events = parts.events.as('cloud-node-lifecycle-controller')

  async function setTaint(node: Node, present: boolean): Promise<void> {
    const { name = '', uid, resourceVersion } = node.metadata
    const { taints = [] } = node.spec ?? {}
    if (taints.some(({ key }) => key === shutdownTaint) === present) return
    const others = taints.filter(({ key }) => key !== shutdownTaint)
    const taint = { key: shutdownTaint, effect: 'NoSchedule', timeAdded: rfc3339(clock.nowMs()) }
    const patch = { metadata: { uid, resourceVersion }, spec: { taints: present ? [...others, taint] : others } }
    await ifThere(client.of(coreV1.nodes).patch(name, { type: 'merge', patch }))
  }

  return {
    name: 'cloud-node-lifecycle-controller',
    sources: [source(nodes, ({ object }) => (needsLook(object) ? [object.metadata.name ?? ''] : []))],
    async reconcile(name): Promise<Outcome> {
      const node = nodes.get(name)
      if (!node) return done
      const look = readyOf(node)
      if (look === 'True') {
        await setTaint(node, false)
        return done
      }
      if (!(await instances.exists(node))) {
        const message = `Deleting node ${name} because it does not exist in the cloud provider`
        events.event({ resource: coreV1.nodes, object: node }, 'Normal', 'DeletingNode', message)
        const { uid } = node.metadata
        await ifThere(client.of(coreV1.nodes).delete(name, uid ? { preconditions: { uid } } : {}))
        return done
      }
      await setTaint(node, await instances.isShutDown(node))
      return { kind: 'requeueAfter', delayMs: monitorMs }
    },
  }
}

function readyOf({ status }: Node): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
}

/** Nodes that never said how they are have only just come: their agent may be starting. */
function needsLook(node: Node): boolean {
  const isTainted = node.spec?.taints?.some(({ key }) => key === shutdownTaint) ?? false
  return readyOf(node) !== 'True' || isTainted
}
