/** What a ReplicaSet needs: how many pods to create, which to delete, and the status that its pods amount to. */
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../api/types/apps/v1.ts'
import type { Pod, ReplicationController } from '../../api/types/core/v1.ts'
import { deletionOrder, isActive, isAvailable, isReady, isTerminating } from '../pods.ts'

/** One reconcile creates or deletes at most this many pods. Source: kube-controller-manager's burst of 500. */
export const burstPods = 500

/** Both kinds count their pods alike. */
export type ReplicaOwner = ReplicaSet | ReplicationController

export interface ReplicasPlan {
  create: number
  delete: Pod[]
}

export function planReplicas(
  set: ReplicaOwner,
  pods: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): ReplicasPlan {
  const active = pods.filter(isActive)
  const missing = (set.spec?.replicas ?? 1) - active.length
  if (missing >= 0) return { create: Math.min(missing, burstPods), delete: [] }
  const likeOnNode = new Map<string, number>()
  for (const pod of related) {
    if (!isActive(pod) || !pod.spec?.nodeName) continue
    likeOnNode.set(pod.spec.nodeName, (likeOnNode.get(pod.spec.nodeName) ?? 0) + 1)
  }
  return { create: 0, delete: deletionOrder(active, likeOnNode, nowMs).slice(0, Math.min(-missing, burstPods)) }
}

/** How old each ready pod is that goes, in ages of the youngest ready one of all. */
export function ageRatios(pods: readonly Pod[], gone: readonly Pod[], nowMs: number): number[] {
  const ageMs = ({ metadata }: Pod): number => nowMs - Date.parse(metadata.creationTimestamp ?? '')
  const youngestMs = Math.min(...pods.filter(isReady).map(ageMs))
  return youngestMs > 0 && Number.isFinite(youngestMs) ? gone.filter(isReady).map((pod) => ageMs(pod) / youngestMs) : []
}

/** `failure` is the error of this round's create or delete, if any. */
export function planStatus(
  set: ReplicaOwner,
  pods: readonly Pod[],
  {
    failure,
    nowMs,
    nowText,
  }: { failure: { reason: string; message: string } | undefined; nowMs: number; nowText: string },
): ReplicaSetStatus {
  const active = pods.filter(isActive)
  const templateLabels = Object.entries(set.spec?.template?.metadata?.labels ?? {})
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const conditions = withFailure(set.status?.conditions ?? [], failure, nowText)
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) =>
      templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value),
    ).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
    terminatingReplicas: pods.filter(isTerminating).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 ? { conditions } : {}),
  }
}

function withFailure(
  conditions: readonly ReplicaSetCondition[],
  failure: { reason: string; message: string } | undefined,
  nowText: string,
): ReplicaSetCondition[] {
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure')
  if (!failure) return others
  const known = conditions.find(({ type }) => type === 'ReplicaFailure')
  if (known) return [...conditions]
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: nowText, ...failure }]
}
