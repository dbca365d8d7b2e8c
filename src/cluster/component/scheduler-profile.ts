/** How pods are scheduled, in the form of upstream's `KubeSchedulerProfile`: as it holds here. */
import { dynamicResourcesWeight } from '../../scheduler/plugins/dynamic-resources.ts'
import type { ScorePlugin } from '../../scheduler/plugins/plugin.ts'

/** In upstream's order. */
export const plugins = [
  'SchedulingGates',
  'PrioritySort',
  'NodeUnschedulable',
  'NodeName',
  'TaintToleration',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'VolumeRestrictions',
  'NodeVolumeLimits',
  'VolumeBinding',
  'VolumeZone',
  'PodTopologySpread',
  'InterPodAffinity',
  'DynamicResources',
  'DefaultPreemption',
  'NodeResourcesBalancedAllocation',
  'ImageLocality',
  'DefaultBinder',
  'NodeDeclaredFeatures',
]

export const points = [
  ...['preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve', 'permit'],
  ...['preBind', 'bind', 'postBind'],
]

const none: readonly [point: string, value: object][] = [...points, 'placementGenerate', 'placementScore'].map(
  (point) => [point, {}],
)
const resources = ['cpu', 'memory'].map((name) => ({ name, weight: 1 }))

/** Of plugins that have any; none of them can be chosen. */
export const pluginArguments: Readonly<Record<string, object>> = {
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
  DynamicResources: { filterTimeout: '10s', bindingTimeout: '10m0s' },
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
  NodeAffinity: {},
  NodeResourcesBalancedAllocation: { resources },
  NodeResourcesFit: { scoringStrategy: { type: 'LeastAllocated', resources } },
  PodTopologySpread: { defaultingType: 'System' },
  VolumeBinding: { bindTimeoutSeconds: 600 },
}

export function shownProfile(schedulerName: string, scores: readonly Pick<ScorePlugin, 'name' | 'weight'>[]): object {
  const weighed = [...scores, { name: 'DynamicResources', weight: dynamicResourcesWeight }]
  const weightOf = (plugin: string): number => weighed.find(({ name }) => name === plugin)?.weight ?? 0
  return {
    schedulerName,
    plugins: {
      ...Object.fromEntries(none),
      multiPoint: { enabled: plugins.map((name) => ({ name, weight: weightOf(name) })) },
    },
    pluginConfig: Object.entries(pluginArguments).map(([name, args]) => ({
      name,
      args: { kind: `${name}Args`, apiVersion: 'kubescheduler.config.k8s.io/v1', ...args },
    })),
  }
}
