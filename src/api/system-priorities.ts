/**
 * The priority classes that every cluster has.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */

/** Pods with this priority or more are critical to the cluster or their node. */
export const systemCriticalPriority = 2_000_000_000

/** By name. */
export const systemPriorities: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', systemCriticalPriority],
  ['system-node-critical', systemCriticalPriority + 1_000],
])
