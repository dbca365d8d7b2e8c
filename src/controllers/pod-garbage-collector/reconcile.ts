/** Collects what `plan.ts` names, every 20 seconds. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection */

import { disruptionPatch } from '../../api/disruption-target.ts'
import { ApiError } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { isFinished } from '../pods.ts'
import { type Collected, missingNodes, planCollection } from './plan.ts'

/** Source: upstream's gcCheckPeriod and quarantineTime. */
const periodMs = 20_000
const quarantineMs = 40_000
const everything = 'pods'

export interface PodGarbageCollectorOptions {
  /** Finished pods that may stay. Default 12,500, as --terminated-pod-gc-threshold; 0: all may. */
  terminatedPodsMax?: number
}

export function podGarbageCollector(parts: ControllerParts, options: PodGarbageCollectorOptions = {}): Controller {
  const { terminatedPodsMax = 12_500 } = options
  const pods = parts.informers.of(coreV1.pods)
  const nodes = parts.informers.of(coreV1.nodes)
  /** Since when a node that pods name is missing. A node that registers late must not lose its pods. */
  const missingSinceMs = new Map<string, number>()

  async function goneNodes(): Promise<Set<string>> {
    const missing = missingNodes(pods.list(), nodes.list())
    for (const name of missingSinceMs.keys()) if (!missing.has(name)) missingSinceMs.delete(name)
    const nowMs = parts.clock.monotonicMs()
    const gone = new Set<string>()
    for (const name of missing) {
      const sinceMs = missingSinceMs.get(name) ?? nowMs
      missingSinceMs.set(name, sinceMs)
      if (nowMs - sinceMs < quarantineMs) continue
      if (!(await ifThere(parts.client.of(coreV1.nodes).get(name)))) gone.add(name)
    }
    return gone
  }

  return {
    name: 'pod-garbage-collector',
    workers: 1,
    sources: [source(pods, () => []), source(nodes, () => [])],
    start(queue, signal) {
      const cancel = parts.clock.every(periodMs, () => queue.add(everything))
      signal.addEventListener('abort', cancel, { once: true })
    },
    async reconcile() {
      const gone = await goneNodes()
      const collected = planCollection({
        pods: pods.list(),
        nodes: nodes.list(),
        goneNodes: gone,
        terminatedMax: terminatedPodsMax,
      })
      const failures = (await Promise.allSettled(collected.map((one) => counted(parts, one)))).filter(
        (result) => result.status === 'rejected',
      )
      // The next round comes by itself; what failed is only worth a line.
      if (failures[0])
        parts.log.warn('pods not collected', { count: failures.length, error: String(failures[0].reason) })
      return done
    },
  }
}

async function counted(parts: ControllerParts, one: Collected): Promise<void> {
  const labels = [one.pod.metadata.namespace ?? '', one.why]
  parts.meters?.count('pod_gc_collector_force_delete_pods_total', labels)
  try {
    await collect(parts, one)
  } catch (error) {
    parts.meters?.count('pod_gc_collector_force_delete_pod_errors_total', labels)
    throw error
  }
}

/** Says first that the pod failed: no node agent is left to say so. */
async function collect(parts: ControllerParts, { pod, condition }: Collected): Promise<void> {
  const { name = '', namespace, uid = '' } = pod.metadata
  const api = parts.client.of(coreV1.pods, namespace)
  if (!isFinished(pod)) {
    const phase = 'Failed'
    const told = condition && disruptionPatch(pod, condition, rfc3339(parts.clock.nowMs()))
    const patch = told ? { ...told, status: { ...told.status, phase } } : { metadata: { uid }, status: { phase } }
    try {
      await ifThere(api.patchStatus(name, { type: 'strategic', patch }))
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'Conflict') return
      throw error
    }
  }
  await ifThere(api.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } }))
}
