/**
 * The next step of a StatefulSet: which ordinals are created, replaced or removed, one after the other unless the
 * policy says parallel. https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 */
import { scaledValue } from '../../api/int-or-string.ts'
import type { StatefulSet, StatefulSetStatus } from '../../api/types/apps/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { availableInMs, isAvailable, isReady } from '../pods.ts'

/** On pods: the name of the revision they were made from. */
export const revisionLabel = 'controller-revision-hash'

export interface StatefulInput {
  set: StatefulSet
  pods: readonly Pod[]
  /** Names of the revision being left and of the one being rolled to; the same when nothing changes. */
  currentRevision: string
  updateRevision: string
  nowMs: number
}

export interface StatefulPlan {
  create: { ordinal: number; revision: string }[]
  delete: Pod[]
  /** Failed or succeeded pods: deleted, to be made anew once gone. */
  replace: Pod[]
}

interface Slot {
  ordinal: number
  pod: Pod | undefined
}

export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const name = pod.metadata.name ?? ''
  const prefix = `${set.metadata.name}-`
  const digits = name.slice(prefix.length)
  return name.startsWith(prefix) && /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : undefined
}

export function planPods(input: StatefulInput): StatefulPlan {
  const { set } = input
  const plan: StatefulPlan = { create: [], delete: [], replace: [] }
  const { replicas, condemned } = slotsOf(input)
  const ordered = set.spec?.podManagementPolicy !== 'Parallel'
  for (const slot of replicas) {
    const settled = fillSlot(plan, input, slot)
    if (!settled && ordered) return plan
  }
  const lowestUnavailable = [...replicas, ...condemned.toReversed()].find((slot) => !isServing(input, slot))
  for (const slot of condemned) {
    const { pod } = slot
    if (!pod) continue
    // A pod that is out of order waits for those below it to be mended; only the lowest of such goes.
    const waits = pod.metadata.deletionTimestamp || (!isServing(input, slot) && slot !== lowestUnavailable)
    if (ordered && waits) return plan
    if (!pod.metadata.deletionTimestamp) plan.delete.push(pod)
    if (ordered) return plan
  }
  rollUpdate(plan, input, replicas)
  return plan
}

function isServing({ set, nowMs }: StatefulInput, { pod }: Slot): boolean {
  return pod !== undefined && isHealthy(pod) && isAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)
}

function slotsOf({ set, pods }: StatefulInput): { replicas: Slot[]; condemned: Slot[] } {
  const start = set.spec?.ordinals?.start ?? 0
  const count = set.spec?.replicas ?? 1
  const byOrdinal = new Map<number, Pod>()
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod)
    if (ordinal !== undefined) byOrdinal.set(ordinal, pod)
  }
  const replicas = Array.from({ length: count }, (_, offset) => ({
    ordinal: start + offset,
    pod: byOrdinal.get(start + offset),
  }))
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal < start || ordinal >= start + count)
    .sort(([one], [other]) => other - one)
    .map(([ordinal, pod]) => ({ ordinal, pod }))
  return { replicas, condemned }
}

/** Whether the slot holds a pod that lets the next ordinal go on. */
function fillSlot(plan: StatefulPlan, input: StatefulInput, { ordinal, pod }: Slot): boolean {
  if (!pod) {
    plan.create.push({ ordinal, revision: revisionFor(input, ordinal) })
    return false
  }
  if (pod.metadata.deletionTimestamp) return false
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') {
    plan.replace.push(pod)
    return false
  }
  return isRunningAndReady(pod) && isAvailable(pod, input.set.spec?.minReadySeconds ?? 0, input.nowMs)
}

/** During a rolling update with a partition, lower ordinals are (re)made from the old revision. */
function revisionFor({ set, pods, currentRevision, updateRevision }: StatefulInput, ordinal: number): string {
  if (currentRevision === updateRevision || (set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') {
    return set.spec?.updateStrategy?.type === 'OnDelete' ? updateRevision : currentRevision
  }
  const start = set.spec?.ordinals?.start ?? 0
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition
  if (partition !== undefined && partition > 0) return ordinal < start + partition ? currentRevision : updateRevision
  const onCurrent = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === currentRevision).length
  return ordinal < start + onCurrent && set.status?.currentReplicas ? currentRevision : updateRevision
}

/** Pods that an update may take away at once. */
export function maxUnavailable({ spec }: StatefulSet): number {
  const given = spec?.updateStrategy?.rollingUpdate?.maxUnavailable
  return given === undefined ? 1 : Math.max(1, scaledValue(given, spec?.replicas ?? 1, 'down'))
}

/** Highest ordinal first, down to the partition; unhealthy pods hold the update up. */
function rollUpdate(
  plan: StatefulPlan,
  { set, updateRevision, nowMs }: StatefulInput,
  replicas: readonly Slot[],
): void {
  if ((set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return
  const rolling = set.spec?.updateStrategy?.rollingUpdate
  const start = set.spec?.ordinals?.start ?? 0
  const allowed = maxUnavailable(set)
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  let unavailable = replicas.filter(
    ({ pod }) => !pod || !isHealthy(pod) || !isAvailable(pod, minReadySeconds, nowMs),
  ).length
  for (const { ordinal, pod } of [...replicas].reverse()) {
    if (ordinal < start + (rolling?.partition ?? 0)) return
    if (!pod || plan.replace.includes(pod)) continue
    const outdated = pod.metadata.labels?.[revisionLabel] !== updateRevision
    if (outdated && !pod.metadata.deletionTimestamp) {
      const counts = isHealthy(pod) && isAvailable(pod, minReadySeconds, nowMs)
      if (counts && unavailable >= allowed) return
      if (counts) unavailable++
      plan.delete.push(pod)
      if (allowed === 1) return
    } else if (!isHealthy(pod) && allowed === 1) return
  }
}

export function planStatus(input: StatefulInput): StatefulSetStatus {
  const { set, pods, nowMs } = input
  const present = pods.filter((pod) => ordinalOf(set, pod) !== undefined)
  const alive = present.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const at = (revision: string) => alive.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length
  const ready = present.filter(isRunningAndReady).length
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const updated = at(input.updateRevision)
  const complete = isUpdateComplete(set, { updated, replicas: present.length, ready })
  const currentRevision = complete ? input.updateRevision : input.currentRevision
  const current = complete ? updated : at(input.currentRevision)
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: present.length,
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(current > 0 ? { currentReplicas: current } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    currentRevision,
    updateRevision: input.updateRevision,
    collisionCount: set.status?.collisionCount ?? 0,
    availableReplicas: present.filter((pod) => isHealthy(pod) && isAvailable(pod, minReadySeconds, nowMs)).length,
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  }
}

function isUpdateComplete(set: StatefulSet, counts: { updated: number; replicas: number; ready: number }): boolean {
  const rolling = (set.spec?.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
  return (
    rolling &&
    counts.updated === counts.replicas &&
    counts.ready === counts.replicas &&
    counts.replicas === (set.spec?.replicas ?? 1)
  )
}

/** Milliseconds until some ready pod becomes available; undefined when none waits. */
export function nextAvailabilityMs({ set, pods, nowMs }: StatefulInput): number | undefined {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  if (minReadySeconds === 0) return undefined
  const waits = pods.filter(isReady).map((pod) => availableInMs(pod, minReadySeconds, nowMs))
  const open = waits.filter((wait) => wait > 0 && Number.isFinite(wait))
  return open.length === 0 ? undefined : Math.min(...open)
}

function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isReady(pod)
}

function isHealthy(pod: Pod): boolean {
  return isRunningAndReady(pod) && pod.metadata.deletionTimestamp === undefined
}
