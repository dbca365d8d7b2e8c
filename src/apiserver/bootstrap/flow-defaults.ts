/** The flow schemas, priority levels and priority classes of a new cluster (https://kubernetes.io/docs/concepts/cluster-administration/flow-control/). */
import type { KubeObject } from '../../api/meta.ts'
import { flowcontrolV1, schedulingV1 } from '../../api/resources.ts'
import { systemPriorities } from '../../api/system-priorities.ts'
import type {
  FlowSchema,
  FlowSchemaSpec,
  FlowSchemaStatus,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
  Subject,
} from '../../api/types/flowcontrol/v1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import type { Wanted } from './ensure.ts'
import { conditionsManager, found } from './flow-conditions.ts'

const manager = 'api-priority-and-fairness-config-producer-v1'
const autoupdate = 'apf.kubernetes.io/autoupdate-spec'

const group = (name: string): Subject => ({ kind: 'Group', group: { name } })
const user = (name: string): Subject => ({ kind: 'User', user: { name } })
const systemAccounts: Subject = {
  kind: 'ServiceAccount',
  serviceAccount: { namespace: 'kube-system', name: '*' },
}
const everybody = [group('system:unauthenticated'), group('system:authenticated')]
const everything: ResourcePolicyRule = {
  verbs: ['*'],
  apiGroups: ['*'],
  resources: ['*'],
  clusterScope: true,
  namespaces: ['*'],
}
const anyPath = [{ verbs: ['*'], nonResourceURLs: ['*'] }]
const controller = user('system:kube-controller-manager')
const scheduler = user('system:kube-scheduler')

interface Flow {
  level: string
  precedence: number
  by?: 'ByUser' | 'ByNamespace'
  subjects: Subject[]
  /** Default: everything. */
  resources?: ResourcePolicyRule[]
  paths?: { verbs: string[]; nonResourceURLs: string[] }[]
}

const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] }
const flows: Record<string, Flow> = {
  'catch-all': { level: 'catch-all', precedence: 10_000, by: 'ByUser', subjects: everybody },
  exempt: { level: 'exempt', precedence: 1, subjects: [group('system:masters')] },
  'global-default': { level: 'global-default', precedence: 9900, by: 'ByUser', subjects: everybody },
  'kube-controller-manager': { level: 'workload-high', precedence: 800, by: 'ByNamespace', subjects: [controller] },
  'kube-scheduler': { level: 'workload-high', precedence: 800, by: 'ByNamespace', subjects: [scheduler] },
  'kube-system-service-accounts': {
    level: 'workload-high',
    precedence: 900,
    by: 'ByNamespace',
    subjects: [systemAccounts],
  },
  probes: {
    level: 'exempt',
    precedence: 2,
    subjects: everybody,
    resources: [],
    paths: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  },
  'service-accounts': {
    level: 'workload-low',
    precedence: 9000,
    by: 'ByUser',
    subjects: [group('system:serviceaccounts')],
  },
  'system-leader-election': {
    level: 'leader-election',
    precedence: 100,
    by: 'ByUser',
    subjects: [controller, scheduler, systemAccounts],
    resources: [{ verbs: ['get', 'create', 'update'], ...leases }],
    paths: [],
  },
  'system-node-high': {
    level: 'node-high',
    precedence: 400,
    by: 'ByUser',
    subjects: [group('system:nodes')],
    resources: [
      { verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ['*'] },
      { verbs: ['*'], ...leases },
    ],
    paths: [],
  },
  'system-nodes': { level: 'system', precedence: 500, by: 'ByUser', subjects: [group('system:nodes')] },
}

/** Shares, queues, hand size and lendable percent of the levels that queue. */
const queuing: Record<string, [shares: number, queues: number, handSize: number, lendable: number]> = {
  'global-default': [20, 128, 6, 50],
  'leader-election': [10, 16, 4, 0],
  'node-high': [40, 64, 6, 25],
  system: [30, 64, 6, 33],
  'workload-high': [40, 128, 6, 50],
  'workload-low': [100, 128, 6, 90],
}

const levels: Record<string, PriorityLevelConfigurationSpec> = {
  'catch-all': {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 },
  },
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  ...Object.fromEntries(Object.entries(queuing).map(([name, row]) => [name, queuingLevel(row)])),
}

const descriptions: Readonly<Record<string, string>> = {
  'system-cluster-critical': 'For pods that the cluster needs to work; they may move to another node.',
  'system-node-critical': 'For pods that their node needs to work; they must stay where they are.',
}

/** Priority levels come first, since flow schemas name them. */
export function flowDefaults(nowMs: number): Wanted[] {
  return [
    ...Object.entries(levels).map(([name, spec]) => flowControl(flowcontrolV1.priorityLevelConfigurations, name, spec)),
    ...Object.entries(flows).map(([name, flow]) =>
      flowControl(flowcontrolV1.flowSchemas, name, schemaSpec(flow), schemaStatus(flow, nowMs)),
    ),
    ...[...systemPriorities].map(([name, value]): Wanted => {
      const description = descriptions[name] ?? ''
      const object = { metadata: { name, generation: 1 }, value, description, preemptionPolicy: 'PreemptLowerPriority' }
      return { resource: schedulingV1.priorityClasses, object }
    }),
  ]
}

/** What is in force even when nobody has stored it. */
export function mandatoryFlows(): { levels: PriorityLevelConfiguration[]; schemas: FlowSchema[] } {
  return {
    levels: mandatory.map((name) => ({ metadata: { name }, spec: levels[name]! })),
    schemas: mandatory.map((name) => ({ metadata: { name }, spec: schemaSpec(flows[name]!) })),
  }
}

function flowControl(resource: Wanted['resource'], name: string, spec: object, status?: object): Wanted {
  const object = {
    metadata: { name, generation: 1, annotations: { [autoupdate]: 'true' } },
    spec,
    status: status ?? {},
  }
  return {
    resource,
    object,
    reconcile: reconcileSpec,
    manager,
    ...(status ? { statusManager: conditionsManager } : {}),
  }
}

/** As the server finds it when it looks: all levels named here exist. */
function schemaStatus({ level }: Flow, nowMs: number): FlowSchemaStatus {
  return { conditions: [{ ...found(level, true), lastTransitionTime: rfc3339(nowMs) }] }
}

type WithSpec = KubeObject & { spec: object }

const mandatory = ['exempt', 'catch-all']

/** Those that the server cannot do without are always ours. Of the others the annotation says it, and is written down where it is missing. */
function reconcileSpec(present: KubeObject, target: KubeObject): KubeObject | undefined {
  const { metadata } = present
  const isOurs = mandatory.includes(metadata.name ?? '') || isUpdated(metadata)
  const wanted = isOurs ? (target as WithSpec).spec : (present as WithSpec).spec
  const told = String(isOurs)
  const same = JSON.stringify(sorted((present as WithSpec).spec)) === JSON.stringify(sorted(wanted))
  if (same && metadata.annotations?.[autoupdate] === told) return undefined
  const annotations = { ...metadata.annotations, [autoupdate]: told }
  const generation = (metadata.generation ?? 0) + (same ? 0 : 1)
  return { ...present, metadata: { ...metadata, annotations, generation }, spec: wanted } as WithSpec
}

/** Without a word of its own it is ours as long as nobody has changed it. */
function isUpdated({ annotations, generation }: KubeObject['metadata']): boolean {
  const told = annotations?.[autoupdate]
  return told === 'true' || (told !== 'false' && generation === 1)
}

function schemaSpec({
  level,
  precedence,
  by,
  subjects,
  resources = [everything],
  paths = anyPath,
}: Flow): FlowSchemaSpec {
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(by ? { distinguisherMethod: { type: by } } : {}),
    rules: [
      {
        subjects,
        ...(resources.length > 0 ? { resourceRules: resources } : {}),
        ...(paths.length > 0 ? { nonResourceRules: paths } : {}),
      },
    ],
  }
}

function queuingLevel([shares, queues, handSize, lendablePercent]: [
  number,
  number,
  number,
  number,
]): PriorityLevelConfigurationSpec {
  const limitResponse = { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } }
  return { type: 'Limited', limited: { nominalConcurrencyShares: shares, limitResponse, lendablePercent } }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([key, field]) => [key, sorted(field)]))
}
