/** The status that a Deployment's ReplicaSets amount to, with its three conditions. */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/types/apps/v1.ts'
import { desiredReplicas, maxUnavailable, sumOf } from './rolling.ts'

/** A deadline this large means none. */
const noDeadlineSeconds = 2_147_483_647

export interface StatusInput {
  deployment: Deployment
  current: ReplicaSet | undefined
  old: readonly ReplicaSet[]
  nowMs: number
  nowText: string
  /** Set when this round created or found the current set, or failed to. */
  progress?: { status: 'True' | 'False' | 'Unknown'; reason: string; message: string }
  collisionCount?: number
}

export function planStatus(input: StatusInput): DeploymentStatus {
  const { deployment, current, old } = input
  const all = current ? [...old, current] : [...old]
  const available = sumOf(all, (set) => set.status?.availableReplicas ?? 0)
  const unavailable = Math.max(0, sumOf(all, desiredReplicas) - available)
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sumOf(all, (set) => set.status?.replicas ?? 0),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: unavailable,
    terminatingReplicas: sumOf(all, (set) => set.status?.terminatingReplicas ?? 0),
  }
  const conditions = conditionsFor(input, counts)
  const collisionCount = input.collisionCount ?? deployment.status?.collisionCount
  return {
    ...counts,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions.length > 0 ? { conditions } : {}),
  }
}

type Counts = Required<
  Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas' | 'observedGeneration'>
>

function conditionsFor(input: StatusInput, counts: Counts): DeploymentCondition[] {
  const { deployment, nowText } = input
  // Pauses are told first: who lists the conditions sees them in the order of their changes.
  let conditions = withPause([...(deployment.status?.conditions ?? [])], deployment, nowText)
  if (input.progress) conditions = withCondition(conditions, { type: 'Progressing', ...input.progress }, nowText)
  conditions = withCondition(conditions, availability(deployment, counts.availableReplicas), nowText)
  if (deployment.spec?.paused) return conditions
  conditions = withProgress(conditions, input, counts)
  const failure = replicaFailure(input)
  return failure ? withCondition(conditions, failure, nowText) : without(conditions, 'ReplicaFailure')
}

type Fact = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>

function availability(deployment: Deployment, available: number): Fact {
  return available >= desiredReplicas(deployment) - maxUnavailable(deployment)
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

/** The progress of a rollout that is paused, or was, is unknown; a rollout that timed out stays so. */
function withPause(conditions: DeploymentCondition[], deployment: Deployment, nowText: string): DeploymentCondition[] {
  if (!hasDeadline(deployment)) return conditions
  const known = conditions.find(({ type }) => type === 'Progressing')
  const { paused = false } = deployment.spec ?? {}
  if (known?.reason === 'ProgressDeadlineExceeded' || paused === (known?.reason === 'DeploymentPaused'))
    return conditions
  const fact = paused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  return withCondition(conditions, { type: 'Progressing', status: 'Unknown', ...fact }, nowText)
}

function withProgress(conditions: DeploymentCondition[], input: StatusInput, counts: Counts): DeploymentCondition[] {
  const { deployment, nowText } = input
  if (!hasDeadline(deployment)) return without(conditions, 'Progressing')
  const known = conditions.find(({ type }) => type === 'Progressing')
  const settled = counts.replicas === counts.updatedReplicas && known?.reason === 'NewReplicaSetAvailable'
  if (settled) return conditions
  const subject = input.current
    ? `ReplicaSet "${input.current.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, counts)) {
    const message = `${subject} has successfully progressed.`
    return withCondition(
      conditions,
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message },
      nowText,
    )
  }
  if (hasProgressed(deployment.status ?? {}, counts)) {
    const fact = { status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.` }
    const lastTransitionTime = known?.status === 'True' ? known.lastTransitionTime : undefined
    return [
      ...without(conditions, 'Progressing'),
      { type: 'Progressing', ...fact, lastUpdateTime: nowText, lastTransitionTime: lastTransitionTime ?? nowText },
    ]
  }
  if (known && deadlinePassed(deployment, known, input.nowMs)) {
    const message = `${subject} has timed out progressing.`
    return withCondition(
      conditions,
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message },
      nowText,
    )
  }
  return conditions
}

export function isComplete(
  deployment: Deployment,
  counts: Pick<DeploymentStatus, 'updatedReplicas' | 'replicas' | 'availableReplicas'>,
): boolean {
  const desired = desiredReplicas(deployment)
  return counts.updatedReplicas === desired && counts.replicas === desired && counts.availableReplicas === desired
}

function hasProgressed(before: DeploymentStatus, now: Counts): boolean {
  const oldReplicas = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    now.updatedReplicas > (before.updatedReplicas ?? 0) ||
    oldReplicas(now) < oldReplicas(before) ||
    now.readyReplicas > (before.readyReplicas ?? 0) ||
    now.availableReplicas > (before.availableReplicas ?? 0)
  )
}

function deadlinePassed(deployment: Deployment, progressing: DeploymentCondition, nowMs: number): boolean {
  if (progressing.reason === 'NewReplicaSetAvailable') return false
  if (progressing.reason === 'ProgressDeadlineExceeded') return true
  return (deadlineInMs(deployment, progressing, nowMs) ?? 1) <= 0
}

/** Milliseconds until an unmoving rollout counts as failed; undefined when it can't. */
export function deadlineInMs(
  deployment: Deployment,
  progressing: DeploymentCondition | undefined,
  nowMs: number,
): number | undefined {
  if (!hasDeadline(deployment) || !progressing) return undefined
  if (progressing.reason === 'NewReplicaSetAvailable' || progressing.reason === 'ProgressDeadlineExceeded')
    return undefined
  const sinceMs = Date.parse(progressing.lastUpdateTime ?? '')
  return sinceMs + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000 - nowMs
}

function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds
  return seconds !== undefined && seconds !== noDeadlineSeconds
}

/** The failure of the current set to make pods, else that of any other. */
function replicaFailure({ current, old }: StatusInput): Fact | undefined {
  for (const set of current ? [current, ...old] : old) {
    const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    if (failure) {
      return {
        type: 'ReplicaFailure',
        status: failure.status,
        reason: failure.reason ?? '',
        message: failure.message ?? '',
      }
    }
  }
  return undefined
}

/** Unchanged status and reason keep the condition as it is; an unchanged status keeps its transition time. */
function withCondition(conditions: DeploymentCondition[], fact: Fact, nowText: string): DeploymentCondition[] {
  const known = conditions.find(({ type }) => type === fact.type)
  if (known?.status === fact.status && known.reason === fact.reason) return conditions
  const lastTransitionTime =
    known?.status === fact.status && known.lastTransitionTime ? known.lastTransitionTime : nowText
  return [...without(conditions, fact.type), { ...fact, lastUpdateTime: nowText, lastTransitionTime }]
}

function without(conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type)
}
