/**
 * How a rollout moves on: pure arithmetic on ReplicaSets.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
import { scaledValue } from '../../api/int-or-string.ts'
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts'
import { desiredReplicasAnnotation, maxReplicasAnnotation } from './revisions.ts'

export interface Scale {
  set: ReplicaSet
  replicas: number
}

export function desiredReplicas(object: Deployment | ReplicaSet | undefined): number {
  return object?.spec?.replicas ?? (object ? 1 : 0)
}

export function maxUnavailable(deployment: Deployment): number {
  if (deployment.spec?.strategy?.type !== 'RollingUpdate' || desiredReplicas(deployment) === 0) return 0
  const { unavailable } = fenceposts(deployment)
  return Math.min(unavailable, desiredReplicas(deployment))
}

export function maxSurge(deployment: Deployment): number {
  return deployment.spec?.strategy?.type === 'RollingUpdate' ? fenceposts(deployment).surge : 0
}

/** Surge rounds up, unavailable rounds down; both zero would never move, so one may then be unavailable. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const replicas = desiredReplicas(deployment)
  const rolling = deployment.spec?.strategy?.rollingUpdate
  const surge = scaledValue(rolling?.maxSurge ?? '25%', replicas, 'up')
  const unavailable = scaledValue(rolling?.maxUnavailable ?? '25%', replicas, 'down')
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}

/** Replicas of a ReplicaSet that is to become the current one. */
export function newReplicas(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
): number {
  const desired = desiredReplicas(deployment)
  if (deployment.spec?.strategy?.type !== 'RollingUpdate') return desired
  const present = desiredReplicas(current)
  const room = desired + maxSurge(deployment) - sumOf(all, desiredReplicas)
  if (room <= 0) return present
  return present + Math.min(room, desired - present)
}

/** The next step of a rolling update: first the new set up, then the old ones down; empty when there is none now. */
export function nextRollingStep(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const all = [...old, current]
  const present = desiredReplicas(current)
  const desired = desiredReplicas(deployment)
  const wanted = present > desired ? desired : present === desired ? present : newReplicas(deployment, all, current)
  if (wanted !== present) return [{ set: current, replicas: wanted }]
  return scaleDownOld(deployment, current, old)
}

function scaleDownOld(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const oldPods = sumOf(old, desiredReplicas)
  if (oldPods === 0) return []
  const all = [...old, current]
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment)
  const newUnavailable = desiredReplicas(current) - (current.status?.availableReplicas ?? 0)
  let removable = sumOf(all, desiredReplicas) - minAvailable - newUnavailable
  if (removable <= 0) return []
  const targets = new Map(old.map((set) => [set, desiredReplicas(set)]))
  const oldestFirst = [...old].sort((one, other) => creationOrder(one, other))
  for (const set of oldestFirst) {
    const unhealthy = desiredReplicas(set) - (set.status?.availableReplicas ?? 0)
    const removed = Math.max(0, Math.min(removable, unhealthy))
    targets.set(set, desiredReplicas(set) - removed)
    removable -= removed
  }
  let available = sumOf(all, (set) => set.status?.availableReplicas ?? 0) - minAvailable
  for (const set of oldestFirst) {
    if (available <= 0) break
    const removed = Math.max(0, Math.min(available, targets.get(set) ?? 0))
    targets.set(set, (targets.get(set) ?? 0) - removed)
    available -= removed
  }
  return changed(targets)
}

/** Recreate: old pods first go, all of them, before new ones come. */
export function nextRecreateStep(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  { old, oldPodsRunning }: { old: readonly ReplicaSet[]; oldPodsRunning: boolean },
): Scale[] {
  const down = old.filter((set) => desiredReplicas(set) > 0).map((set) => ({ set, replicas: 0 }))
  if (down.length > 0) return down
  if (oldPodsRunning || !current || desiredReplicas(current) === desiredReplicas(deployment)) return []
  return [{ set: current, replicas: desiredReplicas(deployment) }]
}

/** Whether the user changed `spec.replicas` since the sets were last scaled. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => {
    const recorded = set.metadata.annotations?.[desiredReplicasAnnotation]
    return desiredReplicas(set) > 0 && recorded !== undefined && Number(recorded) !== desiredReplicas(deployment)
  })
}

/** Scaling in the middle of a rollout keeps the sets' proportions. */
export function scaleProportionally(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scale[] {
  const all = current ? [...old, current] : [...old]
  const active = all.filter((set) => desiredReplicas(set) > 0)
  const desired = desiredReplicas(deployment)
  const only = active.length === 1 ? active[0] : active.length === 0 ? (current ?? newest(old)) : undefined
  if (only) return desiredReplicas(only) === desired ? [] : [{ set: only, replicas: desired }]
  if (current && isSaturated(deployment, current)) {
    return old.filter((set) => desiredReplicas(set) > 0).map((set) => ({ set, replicas: 0 }))
  }
  if (deployment.spec?.strategy?.type !== 'RollingUpdate') return []
  return shareOut(deployment, active)
}

function shareOut(deployment: Deployment, active: readonly ReplicaSet[]): Scale[] {
  const desired = desiredReplicas(deployment)
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0
  const total = sumOf(active, desiredReplicas)
  const toAdd = allowed - total
  const newestFirst = (one: ReplicaSet, other: ReplicaSet) => creationOrder(other, one)
  const oldestFirst = (one: ReplicaSet, other: ReplicaSet) => creationOrder(one, other)
  const sorted = [...active].sort(
    (one, other) =>
      desiredReplicas(other) - desiredReplicas(one) || (toAdd > 0 ? newestFirst : oldestFirst)(one, other),
  )
  const targets = new Map<ReplicaSet, number>()
  let added = 0
  for (const set of sorted) {
    const share = toAdd === 0 ? 0 : boundedShare(set, { allowed, total, left: toAdd - added })
    targets.set(set, desiredReplicas(set) + share)
    added += share
  }
  const largest = sorted[0]
  if (largest) targets.set(largest, Math.max(0, (targets.get(largest) ?? 0) + toAdd - added))
  return changed(targets)
}

function boundedShare(
  set: ReplicaSet,
  { allowed, total, left }: { allowed: number; total: number; left: number },
): number {
  const recorded = Number(set.metadata.annotations?.[maxReplicasAnnotation] ?? Number.NaN)
  const before = Number.isSafeInteger(recorded) && recorded > 0 ? recorded : total
  const share = Math.round((desiredReplicas(set) * allowed) / before) - desiredReplicas(set)
  return left > 0 ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left))
}

function isSaturated(deployment: Deployment, current: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment)
  const recorded = Number(current.metadata.annotations?.[desiredReplicasAnnotation] ?? Number.NaN)
  return (
    desiredReplicas(current) === desired && recorded === desired && (current.status?.availableReplicas ?? 0) === desired
  )
}

function newest(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort((one, other) => creationOrder(other, one))[0]
}

function creationOrder(one: ReplicaSet, other: ReplicaSet): number {
  const [oneTime, otherTime] = [one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? '']
  if (oneTime !== otherTime) return oneTime < otherTime ? -1 : 1
  return (one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1
}

function changed(targets: ReadonlyMap<ReplicaSet, number>): Scale[] {
  return [...targets]
    .filter(([set, replicas]) => desiredReplicas(set) !== replicas)
    .map(([set, replicas]) => ({ set, replicas }))
}

export function sumOf(sets: readonly ReplicaSet[], amountOf: (set: ReplicaSet) => number): number {
  return sets.reduce((sum, set) => sum + amountOf(set), 0)
}
