/**
 * How long kubelets may keep what their pods mount before they look again: longer in larger clusters, so that looking
 * does not overload the API server. Ranges of sizes overlap, so that a cluster at a border does not go to and fro.
 * Source: kube-controller-manager's ttl-controller.
 */

/** From `sizeMin` to `sizeMax` nodes. */
const steps = [
  { sizeMin: 0, sizeMax: 100, ttlSeconds: 0 },
  { sizeMin: 90, sizeMax: 500, ttlSeconds: 15 },
  { sizeMin: 450, sizeMax: 1_000, ttlSeconds: 30 },
  { sizeMin: 900, sizeMax: 2_000, ttlSeconds: 60 },
  { sizeMin: 1_800, sizeMax: Number.POSITIVE_INFINITY, ttlSeconds: 300 },
] as const

/** The step after the number of nodes became `nodes`. Pure; steps count from 0. */
export function stepFor(nodes: number, step: number): number {
  let next = step
  while (nodes > steps[next]!.sizeMax) next++
  while (nodes < steps[next]!.sizeMin) next--
  return next
}

export function ttlSecondsOf(step: number): number {
  return steps[step]!.ttlSeconds
}
