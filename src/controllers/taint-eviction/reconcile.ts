/**
 * Deletes pods from nodes whose NoExecute taints they do not tolerate, after the time they do.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */

import { disruptionPatch } from '../../api/disruption-target.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import { tolerates } from '../../api/tolerations.ts'
import type { Node, Pod, Taint } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { unlessGone } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'

const byNode = 'nodeName'

export function taintEvictionController(parts: ControllerParts): Controller {
  const nodes = parts.informers.of(coreV1.nodes)
  const pods = parts.informers.of(coreV1.pods)
  pods.addIndex(byNode, (pod) => [pod.spec?.nodeName ?? ''])
  /** Pods whose time runs, with when it began, so that it can be said when they may stay after all. */
  const waiting = new Map<string, number>()

  function callOff(key: string): void {
    if (waiting.delete(key)) say(parts, key, `Cancelling deletion of Pod ${key}`)
  }

  async function reconcile(key: string): Promise<Outcome> {
    const pod = pods.get(key)
    const node = nodes.get(pod?.spec?.nodeName ?? '')
    const taints = node ? noExecuteTaints(node) : []
    const nowMs = parts.clock.nowMs()
    const sinceMs = waiting.get(key) ?? nowMs
    const dueInMs = pod ? evictionDueInMs(pod, taints, { nowMs, sinceMs }) : undefined
    if (!pod || dueInMs === undefined) callOff(key)
    else if (pod.metadata.deletionTimestamp) waiting.delete(key)
    else if (dueInMs > 0) {
      waiting.set(key, sinceMs)
      return { kind: 'requeueAfter', delayMs: dueInMs }
    } else {
      waiting.delete(key)
      const dueMs = parts.clock.nowMs() + dueInMs
      await evict(parts, pod)
      parts.meters?.count('taint_eviction_controller_pod_deletions_total')
      const lateSeconds = (parts.clock.nowMs() - dueMs) / 1000
      parts.meters?.observe('taint_eviction_controller_pod_deletion_duration_seconds', [], lateSeconds)
    }
    return done
  }

  return {
    name: 'taint-eviction',
    sources: [
      source(pods, ({ type, object }) => {
        const key = keyOf(object)
        const node = type === 'deleted' ? undefined : nodes.get(object.spec?.nodeName ?? '')
        return waiting.has(key) || (node && noExecuteTaints(node).length > 0) ? [key] : []
      }),
      source(nodes, (change) => {
        const before = change.type === 'updated' ? noExecuteTaints(change.previous) : []
        const now = change.type === 'deleted' ? [] : noExecuteTaints(change.object)
        if (JSON.stringify(before) === JSON.stringify(now)) return []
        return pods.byIndex(byNode, change.object.metadata.name ?? '').map(keyOf)
      }),
    ],
    reconcile,
  }
}

/**
 * Milliseconds until the pod must go; undefined when it may stay. Of a pod's tolerations the first that fits a taint
 * counts, and its time runs from when taint and pod met. `sinceMs`: when a taint was seen that does not say when it came,
 * as those of people do not.
 */
export function evictionDueInMs(
  pod: Pod,
  taints: readonly Taint[],
  { nowMs, sinceMs }: { nowMs: number; sinceMs: number },
): number | undefined {
  const boundMs = boundSinceMs(pod)
  let dueInMs: number | undefined
  for (const taint of taints) {
    const toleration = pod.spec?.tolerations?.find((one) => tolerates([one], taint))
    if (!toleration) return 0
    const { tolerationSeconds } = toleration
    if (tolerationSeconds === undefined) continue
    const metMs = Math.max(boundMs, taint.timeAdded ? Date.parse(taint.timeAdded) : sinceMs)
    const inMs = tolerationSeconds <= 0 ? 0 : metMs + tolerationSeconds * 1000 - nowMs
    dueInMs = Math.min(dueInMs ?? Number.POSITIVE_INFINITY, Math.max(0, inMs))
  }
  return dueInMs
}

/** A pod that was put onto a node with an old taint still has the whole of the time that it tolerates. */
function boundSinceMs({ metadata, status }: Pod): number {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')?.lastTransitionTime
  return Date.parse(scheduled ?? metadata.creationTimestamp ?? '') || 0
}

function noExecuteTaints(node: Node): Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
}

async function evict(parts: ControllerParts, pod: Pod): Promise<void> {
  const { name = '', namespace, uid } = pod.metadata
  const api = parts.client.of(coreV1.pods, namespace)
  say(parts, keyOf(pod), `Marking for deletion Pod ${keyOf(pod)}`)
  const cause = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' }
  const patch = disruptionPatch(pod, cause, rfc3339(parts.clock.nowMs()))
  if (!(await unlessGone(api.patchStatus(name, { type: 'strategic', patch })))) return
  await unlessGone(api.delete(name, uid ? { preconditions: { uid } } : {}))
}

/** About the name, not the object: the pod may be gone by now. */
function say({ events }: ControllerParts, key: string, message: string): void {
  const [namespace = '', name = ''] = key.split('/')
  const about = { apiVersion: 'v1', kind: coreV1.pods.kind, namespace, name }
  events.as('taint-eviction-controller').event(about, 'Normal', 'TaintManagerEviction', message)
}
