/**
 * What a PodDisruptionBudget's status should say: how many pods there should be, how many are healthy, and how many may
 * be evicted now. https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
import { scaledValue } from '../../api/int-or-string.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Condition } from '../../api/types/meta/v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy/v1.ts'
import { isReady } from '../pods.ts'

/** An evicted pod that is still there after this long counts as healthy again. Source: upstream's DeletionTimeout. */
const deletionTimeoutMs = 120_000

export interface BudgetPlan {
  status: PodDisruptionBudgetStatus
  /** Evicted pods that did not go. */
  notDeleted: Pod[]
  /** When the next evicted pod would have to be gone. */
  lookAgainMs: number | undefined
}

/** Whether the wanted number depends on how many pods there should be, which their controllers know. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string'
}

/** `scale`: the sum of the replicas that the pods' controllers want; used when `needsScale`. A budget without a number allows nothing. */
export function planBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { scale, nowMs, nowText }: { scale: number; nowMs: number; nowText: string },
): BudgetPlan {
  const expectedPods = needsScale(budget) ? scale : budget.spec?.minAvailable === undefined ? 0 : pods.length
  const desiredHealthy = desiredOf(budget, expectedPods)
  const { disruptedPods, notDeleted, lookAgainMs } = stillDisrupted(budget, pods, nowMs)
  const currentHealthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && disruptedPods[pod.metadata.name ?? ''] === undefined && isReady(pod),
  ).length
  const allowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
  const observedGeneration = budget.metadata.generation ?? 0
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration,
  }
  const status: PodDisruptionBudgetStatus = {
    observedGeneration,
    disruptionsAllowed: allowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
    conditions: withCondition(budget.status?.conditions, condition, nowText),
  }
  return { status, notDeleted, lookAgainMs }
}

/** Nothing may be evicted while the numbers are not known. */
export function failedStatus(
  budget: PodDisruptionBudget,
  { message, nowText }: { message: string; nowText: string },
): PodDisruptionBudgetStatus {
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message,
    ...(budget.status?.observedGeneration === undefined
      ? {}
      : { observedGeneration: budget.status.observedGeneration }),
  }
  const conditions = withCondition(budget.status?.conditions, condition, nowText)
  const counts = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  return { ...counts, ...budget.status, disruptionsAllowed: 0, conditions }
}

function desiredOf({ spec }: PodDisruptionBudget, expectedPods: number): number {
  if (spec?.maxUnavailable !== undefined) {
    return Math.max(0, expectedPods - scaledValue(spec.maxUnavailable, expectedPods, 'up'))
  }
  return spec?.minAvailable === undefined ? 0 : scaledValue(spec.minAvailable, expectedPods, 'up')
}

/** Of the evictions the status remembers, those whose pod has neither begun to go nor overstayed. */
function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], nowMs: number) {
  const disruptedPods: Record<string, string> = {}
  const notDeleted: Pod[] = []
  let lookAgainMs: number | undefined
  for (const pod of pods) {
    const name = pod.metadata.name ?? ''
    const sinceText = budget.status?.disruptedPods?.[name]
    if (sinceText === undefined || pod.metadata.deletionTimestamp) continue
    const leftMs = Date.parse(sinceText) + deletionTimeoutMs - nowMs
    if (leftMs < 0) {
      notDeleted.push(pod)
      continue
    }
    disruptedPods[name] = sinceText
    lookAgainMs = Math.min(lookAgainMs ?? leftMs, leftMs)
  }
  return { disruptedPods, notDeleted, lookAgainMs }
}

/** The transition time stays while the status does. */
function withCondition(
  present: readonly Condition[] | undefined,
  wanted: Omit<Condition, 'lastTransitionTime'>,
  nowText: string,
): Condition[] {
  const known = present?.find(({ type }) => type === wanted.type)
  const lastTransitionTime = known?.status === wanted.status ? known.lastTransitionTime : nowText
  const condition = { ...wanted, lastTransitionTime }
  if (!known) return [...(present ?? []), condition]
  return (present ?? []).map((one) => (one === known ? condition : one))
}
