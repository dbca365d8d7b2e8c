/** Small clusters on paper for the scheduler's tests. */
import type { Node, Pod, PodSpec, Taint } from '../../api/types/core/v1.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { type Placement, type Profile, planPlacement } from '../plan.ts'
import { filters, scores } from '../plugins/index.ts'
import { ClusterState } from '../snapshot.ts'

export interface NodeShape {
  labels?: Record<string, string>
  cpu?: string
  memory?: string
  pods?: string
  taints?: Taint[]
  unschedulable?: boolean
  images?: { names: string[]; sizeBytes: number }[]
}

export const profile: Profile = { filters, scores }

export function node(name: string, shape: NodeShape = {}): Node {
  const { labels = {}, cpu = '4', memory = '8Gi', pods = '110', taints, unschedulable, images } = shape
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: { allocatable: { cpu, memory, pods }, ...(images ? { images } : {}) },
  }
}

export interface PodShape {
  labels?: Record<string, string>
  namespace?: string
  cpu?: string
  on?: string
  priority?: number
  startTime?: string
  spec?: Partial<PodSpec>
  owned?: boolean
}

export function pod(name: string, shape: PodShape = {}): Pod {
  const { labels, namespace = 'default', cpu, on, priority, startTime, spec, owned } = shape
  const container = { name: 'c', image: 'i:1', ...(cpu ? { resources: { requests: { cpu } } } : {}) }
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs', controller: true }
  return {
    metadata: {
      name,
      namespace,
      uid: `${namespace}/${name}`,
      ...(labels ? { labels } : {}),
      ...(owned ? { ownerReferences: [owner] } : {}),
    },
    spec: { containers: [container], ...(on ? { nodeName: on } : {}), ...(priority ? { priority } : {}), ...spec },
    status: startTime ? { startTime } : {},
  }
}

export function cluster(nodes: readonly Node[], pods: readonly Pod[] = []): ClusterState {
  const state = new ClusterState()
  for (const one of nodes) state.setNode(one)
  for (const one of pods) state.setPod(one)
  return state
}

export function place(wanted: Pod, state: ClusterState): Placement {
  return planPlacement(wanted, state, { profile, random: simulatedRandom('test') })
}

/** Names of the nodes that pass the filters, one by one. */
export function fitting(wanted: Pod, nodes: readonly Node[], pods: readonly Pod[] = []): string[] {
  const state = cluster(nodes, pods)
  const placement = place(wanted, state)
  if (placement.kind === 'unschedulable') return []
  const refused = new Set<string>()
  for (const plugin of filters) {
    const preparation = plugin.prepare(wanted, state)
    if (preparation.kind !== 'filter') continue
    for (const info of state.nodes) if (preparation.filter(info)) refused.add(info.name)
  }
  return nodes.map(({ metadata }) => metadata.name ?? '').filter((name) => !refused.has(name))
}
