/**
 * Whether this node takes a pod that was bound to it: the same questions the scheduler asked, because someone else may
 * have bound it or the node may have changed. Reasons and messages are upstream's.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/, KEP-2221's list of rejection reasons.
 */

import { hostPortsOf, portsCollide } from '../../api/host-ports.ts'
import { matchesNode } from '../../api/node-selection.ts'
import { qosClassOf } from '../../api/pod-qos.ts'
import { amounts, podRequests, podRequestsInUse } from '../../api/pod-requests.ts'
import { tolerates } from '../../api/tolerations.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import type { PressureCondition } from '../eviction/pressure.ts'
import { isCritical } from '../pod/spec.ts'
import type { PodFailure } from '../pod/status.ts'

const standardResources = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods'])
const selectorReason = "node(s) didn't match Pod's node affinity/selector"
const portsReason = "node(s) didn't have free ports for the requested pod ports"

/** `others`: the pods that this node runs already, as set aside for them. Undefined: admitted. */
export function admitPod(pod: Pod, node: Node, others: readonly Pod[]): PodFailure | undefined {
  const osLabel = pod.metadata.labels?.['kubernetes.io/os']
  if (osLabel !== undefined && osLabel !== 'linux')
    return refusal(
      'PodOSSelectorNodeLabelDoesNotMatch',
      "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    )
  if (pod.spec?.os && pod.spec.os.name !== 'linux')
    return refusal('PodOSNotSupported', "Failed to admit pod as the OS field doesn't match node OS")
  return lacksResources(pod, node.status?.allocatable ?? {}, others) ?? misplaced(pod, node) ?? portsTaken(pod, others)
}

/** Why a node that runs short does not take the pod. Critical pods are taken all the same. */
export function underPressure(pod: Pod, conditions: readonly PressureCondition[]): PodFailure | undefined {
  if (conditions.length === 0 || isCritical(pod)) return undefined
  const memoryOnly = conditions.length === 1 && conditions[0] === 'MemoryPressure'
  const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }
  if (memoryOnly && (qosClassOf(pod) !== 'BestEffort' || tolerates(pod.spec?.tolerations, taint))) return undefined
  return refusal('Evicted', `The node had condition: [${conditions.join(' ')}]. `)
}

/** What of a node with these amounts the pod would have too little of. */
export function lacksResources(
  pod: Pod,
  quantities: Record<string, string>,
  others: readonly Pod[],
): PodFailure | undefined {
  const allocatable = amounts(quantities)
  const podsMax = allocatable.get('pods') ?? 0
  if (others.length + 1 > podsMax) return outOf('pods', { requested: 1, used: others.length, capacity: podsMax })
  const used = new Map<string, number>()
  for (const other of others)
    for (const [name, amount] of podRequestsInUse(other)) used.set(name, (used.get(name) ?? 0) + amount)
  for (const [name, requested] of podRequests(pod)) {
    const capacity = allocatable.get(name)
    if (requested === 0 || (capacity === undefined && !standardResources.has(name))) continue
    const usage = { requested, used: used.get(name) ?? 0, capacity: capacity ?? 0 }
    if (usage.used + requested > usage.capacity) return outOf(name, usage)
  }
  return undefined
}

function outOf(name: string, usage: { requested: number; used: number; capacity: number }): PodFailure {
  const { requested, used, capacity } = usage
  const text = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`
  return refusal(`OutOf${name}`, text)
}

function misplaced(pod: Pod, node: Node): PodFailure | undefined {
  if (matchesNode(pod, node)) return undefined
  return refusal('NodeAffinity', `Predicate NodeAffinity failed: ${selectorReason}`)
}

function portsTaken(pod: Pod, others: readonly Pod[]): PodFailure | undefined {
  const taken = others.flatMap(hostPortsOf)
  const conflict = hostPortsOf(pod).some((wanted) => taken.some((other) => portsCollide(wanted, other)))
  return conflict ? refusal('NodePorts', `Predicate NodePorts failed: ${portsReason}`) : undefined
}

function refusal(reason: string, message: string): PodFailure {
  return { reason, message }
}
