/**
 * Deletes pods from nodes whose NoExecute taints they do not tolerate, after the time they do.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */

import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import { tolerates } from '../../api/tolerations.ts'
import type { Node, Pod, Taint } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'

const byNode = 'nodeName'

export function taintEvictionController(parts: ControllerParts): Controller {
  const nodes = parts.informers.of(coreV1.nodes)
  const pods = parts.informers.of(coreV1.pods)
  pods.addIndex(byNode, (pod) => [pod.spec?.nodeName ?? ''])
  return {
    name: 'taint-eviction',
    sources: [
      source(pods, ({ type, object }) => {
        const node = type === 'deleted' ? undefined : nodes.get(object.spec?.nodeName ?? '')
        return node && noExecuteTaints(node).length > 0 ? [keyOf(object)] : []
      }),
      source(nodes, (change) => {
        const before = change.type === 'updated' ? noExecuteTaints(change.previous) : []
        const now = change.type === 'deleted' ? [] : noExecuteTaints(change.object)
        if (JSON.stringify(before) === JSON.stringify(now)) return []
        return pods.byIndex(byNode, change.object.metadata.name ?? '').map(keyOf)
      }),
    ],
    async reconcile(key): Promise<Outcome> {
      const pod = pods.get(key)
      if (!pod || pod.metadata.deletionTimestamp) return done
      const node = nodes.get(pod.spec?.nodeName ?? '')
      const dueInMs = node ? evictionDueInMs(pod, noExecuteTaints(node), parts.clock.nowMs()) : undefined
      if (dueInMs === undefined) return done
      if (dueInMs > 0) return { kind: 'requeueAfter', delayMs: dueInMs }
      await evict(parts, pod)
      return done
    },
  }
}

/** Milliseconds until the pod must go; undefined when it may stay. */
export function evictionDueInMs(pod: Pod, taints: readonly Taint[], nowMs: number): number | undefined {
  let dueInMs: number | undefined
  for (const taint of taints) {
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates([toleration], taint))
    if (matching.length === 0) return 0
    const seconds = matching.map(({ tolerationSeconds }) => tolerationSeconds).filter((value) => value !== undefined)
    if (seconds.length === 0) continue
    const sinceMs = taint.timeAdded ? Date.parse(taint.timeAdded) : nowMs
    const inMs = sinceMs + Math.max(0, Math.min(...seconds)) * 1000 - nowMs
    dueInMs = Math.min(dueInMs ?? Number.POSITIVE_INFINITY, Math.max(0, inMs))
  }
  return dueInMs
}

function noExecuteTaints(node: Node): Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
}

async function evict(parts: ControllerParts, pod: Pod): Promise<void> {
  const { name = '', namespace, uid, generation } = pod.metadata
  const api = parts.client.of(coreV1.pods, namespace)
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: rfc3339(parts.clock.nowMs()),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  const message = `Marking for deletion Pod ${namespace}/${name}`
  parts.events
    .as('taint-eviction-controller')
    .event({ resource: coreV1.pods, object: pod }, 'Normal', 'TaintManagerEviction', message)
  const patch = { status: { conditions: [condition] } }
  if (!(await ifThere(api.patchStatus(name, { type: 'strategic', patch })))) return
  await ifThere(api.delete(name, uid ? { preconditions: { uid } } : {}))
}
