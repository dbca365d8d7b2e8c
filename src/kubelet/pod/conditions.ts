/**
 * The conditions of a pod that its node agent owns, with upstream's exact reasons and messages.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
 */
import type { ContainerStatus, Pod, PodCondition } from '../../api/types/core/v1.ts'
import { resizeInProgress, resizePending } from '../allocation/resize-conditions.ts'
import { initContainers, regularContainers } from './spec.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/** Types that the node agent alone writes, in the order in which it writes them. */
export const ownConditions = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
] as const

/** The node agent's, too, while a pod is being resized. */
export const resizeConditions: ReadonlySet<string> = new Set([resizePending, resizeInProgress])

export interface ConditionInput {
  pod: Pod
  phase: PodPhase
  initStatuses: readonly ContainerStatus[]
  statuses: readonly ContainerStatus[]
  sandboxReady: boolean
  /** What there is to say of a resize. Default: nothing. */
  resize?: readonly PodCondition[]
  now: string
}

interface Verdict {
  status: 'True' | 'False'
  reason?: string
  message?: string
}

/**
 * The pod's conditions: ours first, in upstream's order, then those that others wrote. A transition time is kept while
 * the status stays.
 */
export function podConditions(input: ConditionInput): PodCondition[] {
  const { pod, now } = input
  const previous = pod.status?.conditions ?? []
  const containersReady = containersReadyVerdict(input)
  const verdicts: Record<(typeof ownConditions)[number], Verdict> = {
    PodReadyToStartContainers: { status: input.sandboxReady ? 'True' : 'False' },
    Initialized: initializedVerdict(input),
    Ready: readyVerdict(pod, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  }
  const names = new Set<string>([...ownConditions, ...resizeConditions])
  return [
    ...(input.resize ?? []),
    ...ownConditions.map((type) => condition(pod, previous, type, verdicts[type], now)),
    ...previous.filter(({ type }) => !names.has(type)),
  ]
}

/** One condition with its transition time taken over from `previous` while its status stays. */
export function condition(
  pod: Pod,
  previous: readonly PodCondition[],
  type: string,
  verdict: Verdict,
  now: string,
): PodCondition {
  const before = previous.find((candidate) => candidate.type === type)
  const unchanged = before?.status === verdict.status && before.lastTransitionTime
  const result: PodCondition = { type, status: verdict.status, lastTransitionTime: unchanged || now }
  if (pod.metadata.generation !== undefined) result.observedGeneration = pod.metadata.generation
  if (verdict.reason) result.reason = verdict.reason
  if (verdict.message) result.message = verdict.message
  return result
}

function containersReadyVerdict({ pod, phase, initStatuses, statuses }: ConditionInput): Verdict {
  const byName = new Map([...initStatuses, ...statuses].map((status) => [status.name, status]))
  const sidecars = initContainers(pod).filter(({ restartPolicy }) => restartPolicy === 'Always')
  const relevant = [...sidecars, ...regularContainers(pod)].map(({ name }) => name)
  const unknown = relevant.filter((name) => !byName.has(name))
  const unready = relevant.filter((name) => byName.get(name)?.ready === false)
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' }
  const message = joinMessages([
    ['containers with unknown status', unknown],
    ['containers with unready status', unready],
  ])
  return message === '' ? { status: 'True' } : { status: 'False', reason: 'ContainersNotReady', message }
}

function initializedVerdict({ pod, phase, initStatuses, statuses }: ConditionInput): Verdict {
  const byName = new Map(initStatuses.map((status) => [status.name, status]))
  const containers = initContainers(pod)
  const unknown = containers.filter(({ name }) => !byName.has(name)).map(({ name }) => name)
  const incomplete = containers
    .filter(({ name, restartPolicy }) => {
      const status = byName.get(name)
      return status && !(restartPolicy === 'Always' ? status.started : status.ready)
    })
    .map(({ name }) => name)
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' }
  if (statuses.some(hasStartedOnce)) return { status: 'True' }
  const message = joinMessages([
    ['containers with unknown status', unknown],
    ['containers with incomplete status', incomplete],
  ])
  return message === '' ? { status: 'True' } : { status: 'False', reason: 'ContainersNotInitialized', message }
}

function hasStartedOnce(status: ContainerStatus): boolean {
  return Boolean(status.state?.running || status.state?.terminated || status.lastState?.terminated)
}

function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const conditions = pod.status?.conditions ?? []
  const messages: string[] = []
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const found = conditions.find(({ type }) => type === conditionType)
    if (!found)
      messages.push(`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`)
    else if (found.status !== 'True')
      messages.push(
        `the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${found.status}`,
      )
  }
  if (messages.length === 0) return { status: 'True' }
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}

function joinMessages(parts: [string, string[]][]): string {
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([text, names]) => `${text}: [${names.join(' ')}]`)
    .join(', ')
}
