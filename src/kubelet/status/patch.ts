/**
 * The strategic merge patch that turns a pod's published status into the wanted one. Conditions merge by their type, so
 * that those of other writers survive; address lists are replaced.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
import { isDeepStrictEqual } from 'node:util'
import type { PodCondition, PodStatus } from '../../api/types/core/v1.ts'
import { ownConditions, resizeConditions } from '../pod/conditions.ts'

type Fields = Record<string, unknown>

/** Undefined when nothing differs. `uid` guards against a pod of the same name that came after. */
export function statusPatch(uid: string, before: PodStatus, after: PodStatus): object | undefined {
  const status: Fields = {}
  const old = before as Fields
  const wanted = after as Fields
  for (const key of new Set([...Object.keys(old), ...Object.keys(wanted)])) {
    if (key === 'conditions' || isSame(old[key], wanted[key])) continue
    if (!(key in wanted)) {
      if (ownedFields.has(key)) status[key] = null
    } else if (replacedLists.has(key)) status[key] = [{ $patch: 'replace' }, ...(wanted[key] as unknown[])]
    else status[key] = wanted[key]
  }
  // Where there is nothing to replace, the directive would drop what comes with it.
  if (old.resources !== undefined && wanted.resources !== undefined && status.resources !== undefined)
    status.resources = { $patch: 'replace', ...(wanted.resources as object) }
  Object.assign(status, conditionChanges(before.conditions ?? [], after.conditions ?? []))
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid }, status }
}

/** Fields that only the node agent writes; others' are never removed. */
const ownedFields = new Set([
  'message',
  'reason',
  'podIP',
  'podIPs',
  'hostIP',
  'hostIPs',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
])

/** Conditions of other writers are left as they are, even when our view of them is old. */
const ourConditions = new Set<string>([...ownConditions, ...resizeConditions, 'DisruptionTarget'])

const replacedLists = new Set(['podIPs', 'hostIPs'])

function conditionChanges(before: readonly PodCondition[], after: readonly PodCondition[]): Fields {
  const changed = after
    .filter(({ type }) => ourConditions.has(type))
    .filter((condition) => !isSame(findType(before, condition.type), condition))
  const gone = before
    .filter(({ type }) => type !== 'DisruptionTarget' && ourConditions.has(type))
    .filter(({ type }) => !findType(after, type))
  if (changed.length === 0 && gone.length === 0) return {}
  return {
    conditions: [...changed.map(withRemovals(before)), ...gone.map(({ type }) => ({ type, $patch: 'delete' }))],
    '$setElementOrder/conditions': after.map(({ type }) => ({ type })),
  }
}

function findType(conditions: readonly PodCondition[], wanted: string): PodCondition | undefined {
  return conditions.find(({ type }) => type === wanted)
}

/** Fields that a condition loses have to be named, since its entries merge. */
function withRemovals(before: readonly PodCondition[]): (condition: PodCondition) => Fields {
  return (condition) => {
    const old = before.find(({ type }) => type === condition.type)
    const removed = Object.keys(old ?? {}).filter((key) => !(key in condition) && key !== 'lastProbeTime')
    return { ...condition, ...Object.fromEntries(removed.map((key) => [key, null])) }
  }
}

function isSame(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(withoutProbeTime(left), withoutProbeTime(right))
}

/** The API server writes `lastProbeTime: null` into conditions; it says nothing. */
function withoutProbeTime(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('lastProbeTime' in value)) return value
  const { lastProbeTime, ...rest } = value
  return lastProbeTime === null ? rest : value
}
