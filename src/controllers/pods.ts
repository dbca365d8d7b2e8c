/** What workload controllers ask of pods: are they active, ready, available; which to delete first; how to make one. */
import type { Pod, PodTemplateSpec } from '../api/types/core/v1.ts'
import type { OwnerReference } from '../api/types/meta/v1.ts'

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Neither finished nor going away. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined
}

export function isTerminating(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp !== undefined
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  if (!isReady(pod)) return false
  return minReadySeconds === 0 || availableInMs(pod, minReadySeconds, nowMs) <= 0
}

/** Milliseconds until a ready pod becomes available; zero or less when it is. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number {
  const sinceMs = Date.parse(readyCondition(pod)?.lastTransitionTime ?? '')
  return Number.isNaN(sinceMs) ? Number.POSITIVE_INFINITY : sinceMs + minReadySeconds * 1000 - nowMs
}

function readyCondition(pod: Pod) {
  return pod.status?.conditions?.find((condition) => condition.type === 'Ready')
}

/** A pod from a template. `name` for controllers that name their pods themselves. */
export function podFromTemplate(
  template: PodTemplateSpec,
  {
    owner,
    namespace,
    generateName,
    name,
  }: { owner: OwnerReference; namespace: string; generateName?: string; name?: string },
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      ...(generateName === undefined ? {} : { generateName }),
      ...(name === undefined ? {} : { name }),
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [owner],
    },
    ...(template.spec ? { spec: structuredClone(template.spec) } : {}),
  }
}

/**
 * Orders pods so that the first are the cheapest to delete: unassigned, pending, not ready, lower deletion cost, on
 * nodes with more of their like, ready for a shorter time, restarted more often, younger. `likeOnNode` counts related pods.
 */
export function deletionOrder(pods: readonly Pod[], likeOnNode: ReadonlyMap<string, number>, nowMs: number): Pod[] {
  const ranks = new Map(pods.map((pod) => [pod, deletionRank(pod, likeOnNode, nowMs)]))
  return [...pods].sort((one, other) => {
    const [oneRank, otherRank] = [ranks.get(one) ?? [], ranks.get(other) ?? []]
    for (const [index, value] of oneRank.entries()) {
      const difference = value - (otherRank[index] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  })
}

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

function deletionRank(pod: Pod, likeOnNode: ReadonlyMap<string, number>, nowMs: number): number[] {
  const node = pod.spec?.nodeName ?? ''
  const restarts = Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount ?? 0))
  const readySinceMs = isReady(pod) ? Date.parse(readyCondition(pod)?.lastTransitionTime ?? '') : Number.NaN
  return [
    node === '' ? 0 : 1,
    phaseRank[pod.status?.phase ?? 'Pending'] ?? 1,
    isReady(pod) ? 1 : 0,
    deletionCost(pod),
    -(likeOnNode.get(node) ?? 0),
    logarithmicAge(readySinceMs, nowMs),
    -restarts,
    logarithmicAge(Date.parse(pod.metadata.creationTimestamp ?? ''), nowMs),
  ]
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0)
  return Number.isSafeInteger(cost) ? cost : 0
}

/** Ages are compared by order of magnitude only; unknown counts as youngest. */
function logarithmicAge(sinceMs: number, nowMs: number): number {
  if (Number.isNaN(sinceMs)) return -1
  return Math.floor(Math.log2(Math.max(1, (nowMs - sinceMs) / 1000)))
}
