/** What the scheduler writes: bindings, the reason why a pod has no node, and the end of pods that make room. */

import { disruptionPatch } from '../api/disruption-target.ts'
import { coreV1 } from '../api/resources.ts'
import type { Pod, PodCondition } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import { referenceOf } from '../client/events-impl.ts'
import { unlessGone } from '../client/writes.ts'
import { type Clock, rfc3339 } from '../platform/clock.ts'

export interface WriteParts {
  client: Client
  events: EventRecorder
  clock: Clock
  /** As pods name it: `default-scheduler`. */
  schedulerName: string
}

/** Throws what the server refused. */
export async function bindPod({ client, events }: WriteParts, pod: Pod, nodeName: string): Promise<void> {
  const { name = '', namespace = '', uid = '' } = pod.metadata
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { kind: 'Node', name: nodeName },
  }
  await client.of(coreV1.pods, namespace).createSub(name, 'binding', binding)
  const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`
  events.event({ resource: coreV1.pods, object: pod }, 'Normal', 'Scheduled', message, { action: 'Binding' })
}

export interface Failure {
  reason: 'Unschedulable' | 'SchedulerError'
  message: string
  /** The node that is being cleared for the pod; empty: none any more; absent: as it is. */
  nominatedNodeName?: string
}

/** Says on the pod, and in an event, why it has no node. */
export async function reportFailure(parts: WriteParts, pod: Pod, failure: Failure): Promise<void> {
  const { reason, message } = failure
  const { name = '', namespace = '', generation } = pod.metadata
  parts.events.event({ resource: coreV1.pods, object: pod }, 'Warning', 'FailedScheduling', message, {
    action: 'Scheduling',
  })
  const nominated = nominationPatch(pod, failure)
  const known = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled')
  const said = known?.status === 'False' && known.reason === reason && known.message === message
  if (said && !nominated) return
  const since = known?.status === 'False' ? known.lastTransitionTime : undefined
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    lastTransitionTime: since ?? rfc3339(parts.clock.nowMs()),
    reason,
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  const patch = { status: { conditions: [condition], ...nominated } }
  await parts.client.of(coreV1.pods, namespace).patchStatus(name, { type: 'strategic', patch })
}

function nominationPatch({ status }: Pod, { nominatedNodeName }: Failure): object | undefined {
  if (nominatedNodeName === undefined || nominatedNodeName === (status?.nominatedNodeName ?? '')) return undefined
  return { nominatedNodeName: nominatedNodeName || null }
}

/** Another pod takes the node: this one looks for a place again. */
export async function clearNomination({ client }: WriteParts, { metadata }: Pod): Promise<void> {
  const patch = { status: { nominatedNodeName: null } }
  await unlessGone(
    client.of(coreV1.pods, metadata.namespace).patchStatus(metadata.name ?? '', { type: 'strategic', patch }),
  )
}

/** Marks a pod that makes room for a more important one, and deletes it. */
export async function preempt(
  { client, events, clock, schedulerName }: WriteParts,
  victim: Pod,
  { pod, nodeName }: { pod: Pod; nodeName: string },
): Promise<void> {
  const { name = '', namespace, uid = '', deletionTimestamp } = victim.metadata
  if (deletionTimestamp) return
  const api = client.of(coreV1.pods, namespace)
  const why = `${schedulerName}: preempting to accommodate a higher priority pod`
  const cause = { reason: 'PreemptionByScheduler', message: why }
  const patch = disruptionPatch(victim, cause, rfc3339(clock.nowMs()))
  if (!(await unlessGone(api.patchStatus(name, { type: 'strategic', patch })))) return
  if (!(await unlessGone(api.delete(name, { preconditions: { uid } })))) return
  const message = `Preempted by pod ${pod.metadata.uid} on node ${nodeName}`
  events.event({ resource: coreV1.pods, object: victim }, 'Normal', 'Preempted', message, {
    action: 'Preempting',
    related: referenceOf(coreV1.pods, pod),
  })
}
