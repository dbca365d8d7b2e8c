/**
 * Which less important pods have to go so that a pod fits, and on which node that costs least: a pure decision.
 * Budgets are kept where possible. https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import { matchesLabelSelector } from '../api/selectors/label.ts'
import type { Pod } from '../api/types/core/v1.ts'
import type { PodDisruptionBudget } from '../api/types/policy/v1.ts'
import { LiveNodeInfo, type NodeInfo, type PodInfo, priorityOf, uidOf } from './node-info.ts'
import { fits, histogram, type Profile, type Rejected } from './plan.ts'
import { type Snapshot, withNode } from './snapshot.ts'

export type Preemption =
  | { kind: 'nominate'; nodeName: string; victims: readonly Pod[] }
  /** `reconsidered`: candidates were looked for in vain, so an earlier nomination is void. */
  | { kind: 'none'; message: string; reconsidered: boolean }

export interface PreemptionInput {
  pod: Pod
  snapshot: Snapshot
  profile: Profile
  /** Why each node refused the pod. */
  rejected: readonly Rejected[]
  budgets: readonly PodDisruptionBudget[]
  /** Where to begin among the nodes that might do; spreads victims. */
  offset: number
}

interface Candidate {
  node: string
  victims: readonly Pod[]
  violations: number
}

/** At least this many nodes, or a tenth of them, are tried. Source: upstream's default preemption arguments. */
const candidatesMin = 100
const candidatesShare = 0.1

export function planPreemption(input: PreemptionInput): Preemption {
  const refusal = notEligible(input)
  if (refusal) return { kind: 'none', message: `preemption: ${refusal}`, reconsidered: false }
  const total = input.snapshot.nodes.length
  const hopeful = input.rejected.filter((one) => one.preemptionMightHelp)
  const wanted = Math.min(hopeful.length, Math.max(candidatesMin, Math.floor(hopeful.length * candidatesShare)))
  const candidates: Candidate[] = []
  const failures: { reasons: readonly string[] }[] = []
  for (let index = 0; index < hopeful.length && candidates.length < wanted; index++) {
    const { node = '' } = hopeful[(input.offset + index) % hopeful.length] ?? {}
    const info = input.snapshot.node(node)
    const found = info ? victimsOn(info, input) : { reasons: [] }
    if ('reasons' in found) failures.push(found)
    else candidates.push({ node, ...found })
  }
  const chosen = cheapest(candidates)
  if (chosen) return { kind: 'nominate', nodeName: chosen.node, victims: chosen.victims }
  const hopeless = Array.from({ length: total - failures.length }, () => ({
    reasons: ['Preemption is not helpful for scheduling'],
  }))
  const message = `preemption: 0/${total} nodes are available: ${histogram([...failures, ...hopeless])}.`
  return { kind: 'none', message, reconsidered: true }
}

function notEligible({ pod, snapshot, rejected }: PreemptionInput): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominee = pod.status?.nominatedNodeName
  if (!nominee || rejected.some(({ node, preemptionMightHelp }) => node === nominee && !preemptionMightHelp)) {
    return undefined
  }
  const leaving = [...(snapshot.node(nominee)?.pods.values() ?? [])].some(
    (one) => priorityOf(one.pod) < priorityOf(pod) && isBeingPreempted(one.pod),
  )
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined
}

function isBeingPreempted({ metadata, status }: Pod): boolean {
  if (!metadata.deletionTimestamp) return false
  const target = status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  return target?.status === 'True' && target.reason === 'PreemptionByScheduler'
}

/** The fewest and least important pods whose going lets the pod in; else what still stands against it. */
function victimsOn(
  node: NodeInfo,
  { pod, snapshot, profile, budgets }: PreemptionInput,
): Omit<Candidate, 'node'> | { reasons: readonly string[] } {
  const lower = [...node.pods.values()].filter((one) => priorityOf(one.pod) < priorityOf(pod))
  if (lower.length === 0) return { reasons: ['No preemption victims found for incoming pod'] }
  const left = new LiveNodeInfo(node.node, node.pods.values())
  for (const one of lower) left.remove(uidOf(one.pod))
  const then = withNode(snapshot, left)
  const refusal = fits(pod, left, then, profile)
  if (refusal) return { reasons: refusal.reasons }
  const { violating, others } = byBudget([...lower].sort(byImportance), budgets)
  const victims: Pod[] = []
  let violations = 0
  for (const one of [...violating, ...others]) {
    left.add(one)
    if (!fits(pod, left, then, profile)) continue
    left.remove(uidOf(one.pod))
    victims.push(one.pod)
    if (violating.includes(one)) violations++
  }
  return victims.length > 0 ? { victims, violations } : { reasons: [] }
}

/** More important first; among equals the one that runs longer. */
function byImportance({ pod: one }: PodInfo, { pod: other }: PodInfo): number {
  return priorityOf(other) - priorityOf(one) || (startOf(one) < startOf(other) ? -1 : 1)
}

function startOf({ status }: Pod): string {
  return status?.startTime ?? '9999'
}

/** Pods whose going would break a budget, and the rest; each in the given order. */
function byBudget(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { violating: PodInfo[]; others: PodInfo[] } {
  const allowed = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]))
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  for (const info of pods) {
    let breaks = false
    for (const [budget, left] of allowed) {
      if (!guards(budget, info.pod)) continue
      allowed.set(budget, left - 1)
      if (left - 1 < 0) breaks = true
    }
    if (breaks) violating.push(info)
    else others.push(info)
  }
  return { violating, others }
}

/** An empty selector guards nothing here, and a pod whose eviction was already granted is not counted twice. */
function guards({ metadata, spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (metadata.namespace !== pod.metadata.namespace || Object.keys(pod.metadata.labels ?? {}).length === 0) return false
  const { matchLabels = {}, matchExpressions = [] } = spec?.selector ?? {}
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) return false
  if (status?.disruptedPods?.[pod.metadata.name ?? ''] !== undefined) return false
  return matchesLabelSelector(spec?.selector, pod.metadata.labels)
}

/**
 * Fewest broken budgets, then the least important top victim, the smallest sum of priorities, the fewest victims, the
 * youngest of the top victims, and the first of those that are left.
 */
function cheapest(candidates: readonly Candidate[]): Candidate | undefined {
  let best: { candidate: Candidate; cost: number[] } | undefined
  for (const candidate of candidates) {
    const cost = costOf(candidate)
    if (!best || isLess(cost, best.cost)) best = { candidate, cost }
  }
  return best?.candidate
}

/** Shifts priorities above zero, so that their sum grows with each victim. */
const priorityShift = 2 ** 31

function costOf({ victims, violations }: Candidate): number[] {
  const top = Math.max(...victims.map(priorityOf))
  const sum = victims.reduce((total, victim) => total + priorityOf(victim) + priorityShift, 0)
  const started = victims
    .filter((victim) => priorityOf(victim) === top)
    .map((victim) => Date.parse(victim.status?.startTime ?? ''))
  const earliestMs = Math.min(...started.map((ms) => (Number.isNaN(ms) ? Number.MAX_SAFE_INTEGER : ms)))
  return [violations, top, sum, victims.length, -earliestMs]
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? 0
    if (value !== against) return value < against
  }
  return false
}
