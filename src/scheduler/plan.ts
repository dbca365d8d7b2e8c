/**
 * Where a pod goes: a pure decision over a snapshot. In a large cluster only as many nodes are looked at as it takes to
 * find enough that fit. https://kubernetes.io/docs/concepts/scheduling-eviction/scheduler-perf-tuning/
 */
import type { Pod } from '../api/types/core/v1.ts'
import type { Random } from '../platform/random.ts'
import { LiveNodeInfo, type NodeInfo, priorityOf, uidOf } from './node-info.ts'
import type { FilterPlugin, NodeFilter, Rejection, ScorePlugin } from './plugins/plugin.ts'
import { type Snapshot, withNode } from './snapshot.ts'

export interface Profile {
  filters: readonly FilterPlugin[]
  scores: readonly ScorePlugin[]
}

export interface Rejected extends Rejection {
  node: string
  plugin: string
}

export type Placement =
  /** `examined`: how many nodes were looked at; the next pod starts behind them. */
  | { kind: 'node'; nodeName: string; examined: number }
  | {
      kind: 'unschedulable'
      /** `0/3 nodes are available: …`, with a full stop and without what preemption has to say. */
      message: string
      rejectedBy: ReadonlySet<string>
      rejected: readonly Rejected[]
      /** Whether the pod was refused whatever the nodes look like. */
      everywhere: boolean
    }

export interface PlanOptions {
  profile: Profile
  random: Random
  /** Index of the node to begin with. Default 0. */
  startAt?: number
}

/** Fewer nodes than this are never enough to choose from. */
const feasibleMin = 100
const shareMinPercent = 5

export function planPlacement(pod: Pod, snapshot: Snapshot, options: PlanOptions): Placement {
  const { profile, random, startAt = 0 } = options
  const total = snapshot.nodes.length
  const none = { rejectedBy: new Set<string>(), rejected: [] }
  if (total === 0) {
    return { kind: 'unschedulable', message: 'no nodes available to schedule pods', ...none, everywhere: true }
  }
  const filters = prepareFilters(pod, snapshot, profile)
  if (filters.kind === 'reject') {
    const message = `0/${total} nodes are available: ${filters.reason}.`
    return { kind: 'unschedulable', message, rejectedBy: new Set([filters.plugin]), rejected: [], everywhere: true }
  }
  const nominee = pod.status?.nominatedNodeName
  const nominated = nominee ? snapshot.node(nominee) : undefined
  if (nominated && !reject(pod, nominated, snapshot, { filters, profile })) {
    return { kind: 'node', nodeName: nominated.name, examined: 0 }
  }
  const { feasible, rejected, examined } = findFeasible(pod, snapshot, { filters, profile, startAt })
  if (feasible.length > 0) {
    return { kind: 'node', nodeName: best(pod, feasible, snapshot, profile, random), examined }
  }
  return {
    kind: 'unschedulable',
    message: `0/${total} nodes are available: ${histogram(rejected)}.`,
    rejectedBy: new Set(rejected.map(({ plugin }) => plugin)),
    rejected,
    everywhere: false,
  }
}

/** Whether the pod could run on this node; undefined when it could. */
export function fits(pod: Pod, node: NodeInfo, snapshot: Snapshot, profile: Profile): Rejected | undefined {
  const filters = prepareFilters(pod, snapshot, profile)
  if (filters.kind === 'reject') {
    return { node: node.name, plugin: filters.plugin, reasons: [filters.reason], preemptionMightHelp: false }
  }
  return reject(pod, node, snapshot, { filters, profile })
}

/** How many fitting nodes are enough: all up to 100, then a share that falls from 50 to 5 percent. */
export function feasibleEnough(nodes: number): number {
  if (nodes < feasibleMin) return nodes
  const percent = Math.max(shareMinPercent, 50 - Math.floor(nodes / 125))
  return Math.max(feasibleMin, Math.floor((nodes * percent) / 100))
}

/** Counted reasons in text order. */
export function histogram(rejected: readonly { reasons: readonly string[] }[]): string {
  const counts = new Map<string, number>()
  for (const { reasons } of rejected) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
}

interface Filters {
  kind: 'filters'
  active: readonly { name: string; filter: NodeFilter }[]
  /** The only nodes worth asking, with the plugins that say so. */
  only: ReadonlySet<string> | undefined
  onlyBy: readonly string[]
}

type Prepared = Filters | { kind: 'reject'; plugin: string; reason: string }

function prepareFilters(pod: Pod, snapshot: Snapshot, profile: Profile): Prepared {
  const active: { name: string; filter: NodeFilter }[] = []
  let only: ReadonlySet<string> | undefined
  const onlyBy: string[] = []
  for (const plugin of profile.filters) {
    const preparation = plugin.prepare(pod, snapshot)
    if (preparation.kind === 'reject') return { kind: 'reject', plugin: plugin.name, reason: preparation.reason }
    if (preparation.kind === 'skip') continue
    active.push({ name: plugin.name, filter: preparation.filter })
    if (!preparation.only) continue
    onlyBy.push(plugin.name)
    only = only ? only.intersection(preparation.only) : preparation.only
  }
  return { kind: 'filters', active, only, onlyBy: onlyBy.sort() }
}

function findFeasible(
  pod: Pod,
  snapshot: Snapshot,
  { filters, profile, startAt }: { filters: Filters; profile: Profile; startAt: number },
): { feasible: NodeInfo[]; rejected: Rejected[]; examined: number } {
  const { nodes } = snapshot
  const enough = feasibleEnough(nodes.length)
  const feasible: NodeInfo[] = []
  const rejected: Rejected[] = []
  const only = filters.only && [...filters.only].map((name) => snapshot.node(name)).filter((node) => node !== undefined)
  const asked = only ?? nodes
  let examined = 0
  for (; examined < asked.length && feasible.length < enough; examined++) {
    const node = asked[(startAt + examined) % asked.length] as NodeInfo
    const rejection = reject(pod, node, snapshot, { filters, profile })
    if (rejection) rejected.push(rejection)
    else feasible.push(node)
  }
  if (only && feasible.length === 0) {
    const names = new Set(only.map(({ name }) => name))
    const reasons = [`node(s) didn't satisfy plugin(s) [${filters.onlyBy.join(' ')}]`]
    const plugin = filters.onlyBy[0] ?? ''
    for (const { name } of nodes) {
      if (!names.has(name)) rejected.push({ node: name, plugin, reasons, preemptionMightHelp: false })
    }
  }
  return { feasible, rejected, examined: only ? 0 : examined }
}

/** Why not this node. Pods that are to get the node and are at least as important count as if they were there. */
function reject(
  pod: Pod,
  node: NodeInfo,
  snapshot: Snapshot,
  { filters, profile }: { filters: Filters; profile: Profile },
): Rejected | undefined {
  const ahead = snapshot
    .nominatedOn(node.name)
    .filter((one) => uidOf(one.pod) !== uidOf(pod) && priorityOf(one.pod) >= priorityOf(pod))
  if (ahead.length > 0) {
    const crowded = new LiveNodeInfo(node.node, [...node.pods.values(), ...ahead])
    const then = prepareFilters(pod, withNode(snapshot, crowded), profile)
    if (then.kind === 'reject') {
      return { node: node.name, plugin: then.plugin, reasons: [then.reason], preemptionMightHelp: false }
    }
    const rejection = firstRejection(crowded, then)
    if (rejection) return rejection
  }
  return firstRejection(node, filters)
}

function firstRejection(node: NodeInfo, { active }: Filters): Rejected | undefined {
  for (const { name, filter } of active) {
    const rejection = filter(node)
    if (rejection) return { ...rejection, node: node.name, plugin: name }
  }
  return undefined
}

/** The highest weighted sum; ties are broken at random, so that equal nodes fill evenly. */
function best(pod: Pod, feasible: readonly NodeInfo[], snapshot: Snapshot, profile: Profile, random: Random): string {
  if (feasible.length === 1) return feasible[0]?.name ?? ''
  const sums = new Float64Array(feasible.length)
  for (const plugin of profile.scores) {
    const ratings = plugin.score(pod, feasible, snapshot)
    if (!ratings) continue
    for (let index = 0; index < sums.length; index++) sums[index]! += ratings[index]! * plugin.weight
  }
  const highest = sums.reduce((one, other) => Math.max(one, other))
  const leaders = feasible.filter((_, index) => sums[index] === highest)
  return leaders[random.int(leaders.length)]?.name ?? ''
}
