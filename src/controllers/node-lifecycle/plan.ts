/**
 * What a node's conditions and its silence mean: conditions turn Unknown after the grace period, and taints follow the
 * conditions. https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
 */
import type { Node, NodeCondition, Taint } from '../../api/types/core/v1.ts'

/** A node that has not renewed its lease for this long counts as unreachable. Source: `--node-monitor-grace-period`. */
export const gracePeriodMs = 50_000
/** The same for a node that never said anything about itself. Source: `--node-startup-grace-period`. */
export const startupGracePeriodMs = 60_000

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'

/** Condition type, the status that is bad, and the NoSchedule taint it brings. */
const conditionTaints: readonly { type: string; status: string; key: string }[] = [
  { type: 'Ready', status: 'False', key: notReady },
  { type: 'Ready', status: 'Unknown', key: unreachable },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
]

const cordonKey = 'node.kubernetes.io/unschedulable'
const ownNoSchedule = new Set([...conditionTaints.map(({ key }) => key), cordonKey])

/** The conditions of a node that went silent; undefined when they say so already. */
export function silentConditions(node: Node, nowText: string): NodeCondition[] | undefined {
  const present = node.status?.conditions ?? []
  const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']
  let changed = false
  const others = present.filter(({ type }) => !types.includes(type))
  const conditions = types.map((type): NodeCondition => {
    const known = present.find((condition) => condition.type === type)
    if (!known) {
      changed = true
      return {
        type,
        status: 'Unknown',
        lastHeartbeatTime: node.metadata.creationTimestamp ?? nowText,
        lastTransitionTime: nowText,
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
      }
    }
    if (known.status === 'Unknown') return known
    changed = true
    return {
      ...known,
      status: 'Unknown',
      lastTransitionTime: nowText,
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    }
  })
  return changed ? [...others, ...conditions] : undefined
}

/** What to do with the NoExecute taint of a node that is not ready: as it stands (`keep`), to have it, or to have none. */
export type Eviction = 'keep' | 'start' | 'none'

/** Whether the conditions ask for a NoExecute taint where the node has none yet, so that its pods would start to go. */
export function startsEviction(node: Node, conditions: readonly NodeCondition[]): boolean {
  const present = node.spec?.taints ?? []
  return noExecuteFor(conditions) !== undefined && !present.some(isOwnNoExecute)
}

/** The taints that follow from conditions and cordoning, next to those that others put there. */
export function planTaints(
  node: Node,
  conditions: readonly NodeCondition[],
  { nowText, eviction }: { nowText: string; eviction: Eviction },
): Taint[] {
  const present = node.spec?.taints ?? []
  const wanted: Taint[] = conditionTaints
    .filter(({ type, status }) =>
      conditions.some((condition) => condition.type === type && condition.status === status),
    )
    .map(({ key }) => ({ key, effect: 'NoSchedule' }))
  if (node.spec?.unschedulable) wanted.push({ key: cordonKey, effect: 'NoSchedule' })
  const noExecute = noExecuteFor(conditions)
  const evicts = eviction === 'start' || (eviction === 'keep' && present.some(isOwnNoExecute))
  if (noExecute && evicts) wanted.push({ key: noExecute, effect: 'NoExecute' })
  const isOwn = (taint: Taint) =>
    isOwnNoExecute(taint) || (taint.effect === 'NoSchedule' && ownNoSchedule.has(taint.key))
  const kept = present.filter((taint) => !isOwn(taint))
  const timed = wanted.map((taint) => {
    const known = present.find(({ key, effect }) => key === taint.key && effect === taint.effect)
    return known ?? { ...taint, timeAdded: nowText }
  })
  return [...kept, ...timed]
}

function noExecuteFor(conditions: readonly NodeCondition[]): string | undefined {
  const ready = conditions.find(({ type }) => type === 'Ready')?.status
  if (ready === 'False') return notReady
  return ready === 'Unknown' ? unreachable : undefined
}

function isOwnNoExecute({ key, effect }: Taint): boolean {
  return effect === 'NoExecute' && (key === notReady || key === unreachable)
}

/** Old names of labels that follow the new ones. */
const followedLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
}

/** Labels by old names that are missing or say something else than the new ones. */
export function planLabels({ metadata: { labels = {} } }: Node): Record<string, string> {
  const changes: Record<string, string> = {}
  for (const [old, current] of Object.entries(followedLabels)) {
    const value = labels[current]
    if (value !== undefined && labels[old] !== value) changes[old] = value
  }
  return changes
}

/** Same taints, whatever their order or times. */
export function sameTaints(one: readonly Taint[], other: readonly Taint[]): boolean {
  const keys = (taints: readonly Taint[]) =>
    taints.map(({ key, value = '', effect }) => `${key}=${value}:${effect}`).sort()
  return keys(one).join() === keys(other).join()
}
