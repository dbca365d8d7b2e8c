/** Where a pod goes: a pure decision over a snapshot. */
import type { Pod } from '../api/types/core/v1.ts'
import type { Random } from '../platform/random.ts'
import type { NodeInfo } from './node-info.ts'
import type { FilterPlugin, Rejection, ScorePlugin } from './plugins/plugin.ts'
import type { Snapshot } from './snapshot.ts'

export interface Profile {
  filters: readonly FilterPlugin[]
  scores: readonly ScorePlugin[]
}

export type Placement =
  | { kind: 'node'; nodeName: string }
  | { kind: 'unschedulable'; message: string; rejectedBy: ReadonlySet<string>; preemptionMightHelp: readonly string[] }

interface Rejected extends Rejection {
  node: string
  plugin: string
}

export function planPlacement(pod: Pod, snapshot: Snapshot, profile: Profile, random: Random): Placement {
  if (snapshot.nodes.length === 0) return unschedulable('no nodes available to schedule pods', [])
  const active: { name: string; filter: (node: NodeInfo) => Rejection | undefined }[] = []
  for (const plugin of profile.filters) {
    const preparation = plugin.prepare(pod, snapshot)
    if (preparation.kind === 'reject') {
      // Upstream's resource claims are asked next and miss what this rejection kept them from preparing.
      const message = `0/${snapshot.nodes.length} nodes are available: ${preparation.reason}. not found`
      return { kind: 'unschedulable', message, rejectedBy: new Set([plugin.name]), preemptionMightHelp: [] }
    }
    if (preparation.kind === 'filter') active.push({ name: plugin.name, filter: preparation.filter })
  }
  const feasible: NodeInfo[] = []
  const rejected: Rejected[] = []
  for (const node of snapshot.nodes) {
    const rejection = firstRejection(node, active)
    if (rejection) rejected.push(rejection)
    else feasible.push(node)
  }
  if (feasible.length === 0) return unschedulable(messageOf(rejected), rejected)
  return { kind: 'node', nodeName: best(pod, feasible, snapshot, profile, random) }
}

function firstRejection(
  node: NodeInfo,
  active: readonly { name: string; filter: (node: NodeInfo) => Rejection | undefined }[],
): Rejected | undefined {
  for (const { name, filter } of active) {
    const rejection = filter(node)
    if (rejection) return { ...rejection, node: node.name, plugin: name }
  }
  return undefined
}

/** The highest weighted sum; ties are broken at random, so that equal nodes fill evenly. */
function best(pod: Pod, feasible: readonly NodeInfo[], snapshot: Snapshot, profile: Profile, random: Random): string {
  if (feasible.length === 1) return feasible[0]?.name ?? ''
  const sums = feasible.map(() => 0)
  for (const plugin of profile.scores) {
    const ratings = plugin.score(pod, feasible, snapshot)
    ratings?.forEach((rating, index) => {
      sums[index] = (sums[index] ?? 0) + rating * plugin.weight
    })
  }
  const highest = Math.max(...sums)
  const leaders = feasible.filter((_, index) => sums[index] === highest)
  return leaders[random.int(leaders.length)]?.name ?? ''
}

function unschedulable(message: string, rejected: readonly Rejected[]): Placement {
  return {
    kind: 'unschedulable',
    message,
    rejectedBy: new Set(rejected.map(({ plugin }) => plugin)),
    preemptionMightHelp: rejected.filter((one) => one.preemptionMightHelp).map(({ node }) => node),
  }
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. …`: counted reasons in text order. */
function messageOf(rejected: readonly Rejected[]): string {
  const counts = new Map<string, number>()
  for (const reason of rejected.flatMap(({ reasons }) => reasons)) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const histogram = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  const helpful = rejected.filter((one) => one.preemptionMightHelp).length
  return `0/${rejected.length} nodes are available: ${histogram.join(', ')}.${preemptionNote(rejected.length, helpful)}`
}

function preemptionNote(nodes: number, withoutVictims: number): string {
  const parts: string[] = []
  if (withoutVictims > 0) parts.push(`${withoutVictims} No preemption victims found for incoming pod`)
  if (nodes > withoutVictims) parts.push(`${nodes - withoutVictims} Preemption is not helpful for scheduling`)
  return ` no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${parts.sort().join(', ')}.`
}
