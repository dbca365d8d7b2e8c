import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DaemonSet } from '../../api/types/apps/v1.ts'
import type { Node, Pod, Taint } from '../../api/types/core/v1.ts'
import { concernsSet, fitnessOf, planDaemons, planStatus, targetNodeName, templateFor } from './plan.ts'

const nowMs = Date.UTC(2026, 0, 1)

function node(name: string, { taints = [] as Taint[], labels = {} } = {}): Node {
  return { metadata: { name, labels }, spec: { taints } }
}

function unbound(name: string, to: string): Pod {
  const { spec } = templateFor(set(), { nodeName: to, hash: 'h1' })
  return { metadata: { name }, spec: spec ?? { containers: [] } }
}

type State = 'ready' | 'pending' | 'failed' | 'succeeded' | 'going'

function pod(name: string, on: string, { state = 'ready' as State, hash = 'h1', created = '1' } = {}): Pod {
  return {
    metadata: {
      name,
      creationTimestamp: created,
      labels: { 'controller-revision-hash': hash },
      ...(state === 'going' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [], nodeName: on },
    status: {
      phase: state === 'failed' ? 'Failed' : state === 'succeeded' ? 'Succeeded' : 'Running',
      conditions: [
        { type: 'Ready', status: state === 'ready' ? 'True' : 'False', lastTransitionTime: '2025-01-01T00:00:00Z' },
      ],
    },
  }
}

function set(spec: Partial<NonNullable<DaemonSet['spec']>> = {}): DaemonSet {
  return { metadata: { name: 'ds' }, spec: { selector: {}, template: { spec: { containers: [] } }, ...spec } }
}

const rolling = (rollingUpdate: object) => set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
const three = [node('a'), node('b'), node('c')]
const oldOn = (...names: string[]) => names.map((name) => pod(`old-${name}`, name, { hash: 'h0' }))

const cases: { what: string; set?: DaemonSet; nodes?: Node[]; pods: Pod[]; backOffMs?: number; plan: string }[] = [
  { what: 'nothing runs', pods: [], plan: '+a +b +c' },
  { what: 'one node lacks its pod', pods: [pod('x', 'a'), pod('y', 'b')], plan: '+c' },
  { what: 'a pod is still going', pods: [pod('x', 'a'), pod('y', 'b'), pod('z', 'c', { state: 'going' })], plan: '' },
  {
    what: 'a node has two, the older stays',
    nodes: [node('a')],
    pods: [pod('young', 'a', { created: '2' }), pod('old', 'a')],
    plan: '-young',
  },
  { what: 'a pod failed', nodes: [node('a')], pods: [pod('x', 'a', { state: 'failed' })], plan: '-x' },
  {
    what: 'a pod failed where another had',
    nodes: [node('a')],
    pods: [pod('x', 'a', { state: 'failed' })],
    backOffMs: 7,
    plan: 'after 7',
  },
  {
    what: 'a pod ended well',
    nodes: [node('a')],
    pods: [pod('x', 'a', { state: 'succeeded' })],
    backOffMs: 7,
    plan: '-x',
  },
  { what: 'a node went', nodes: [node('a')], pods: [pod('x', 'a'), pod('y', 'gone')], plan: '' },
  {
    what: 'a node went before its pod was bound',
    nodes: [node('a')],
    pods: [pod('x', 'a'), unbound('y', 'gone')],
    plan: '-y',
  },
  {
    what: 'a node is tainted against starting',
    nodes: [node('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] }), node('b')],
    pods: [pod('x', 'a')],
    plan: '+b',
  },
  {
    what: 'a node is tainted against running',
    nodes: [node('a', { taints: [{ key: 'k', effect: 'NoExecute' }] })],
    pods: [pod('x', 'a')],
    plan: '-x',
  },
  {
    what: 'a node no longer has the label',
    set: set({ template: { spec: { containers: [], nodeSelector: { l: '1' } } } }),
    nodes: [node('a'), node('b', { labels: { l: '1' } })],
    pods: [pod('x', 'a')],
    plan: '+b -x',
  },
  { what: 'it rolls', set: rolling({ maxUnavailable: 1 }), pods: oldOn('a', 'b', 'c'), plan: '-old-a' },
  {
    what: 'it rolls and one is down',
    set: rolling({ maxUnavailable: 1 }),
    pods: [pod('new', 'a', { state: 'pending' }), ...oldOn('b', 'c')],
    plan: '',
  },
  {
    what: 'it rolls in halves, rounded up',
    set: rolling({ maxUnavailable: '50%' }),
    pods: oldOn('a', 'b', 'c'),
    plan: '-old-a -old-b',
  },
  {
    what: 'it rolls and an old one is down anyway',
    set: rolling({ maxUnavailable: 1 }),
    pods: [...oldOn('a', 'b'), pod('old-c', 'c', { hash: 'h0', state: 'pending' })],
    plan: '-old-c',
  },
  {
    what: 'it is updated by hand',
    set: set({ updateStrategy: { type: 'OnDelete' } }),
    pods: oldOn('a', 'b', 'c'),
    plan: '',
  },
  { what: 'it surges', set: rolling({ maxSurge: 1, maxUnavailable: 0 }), pods: oldOn('a', 'b', 'c'), plan: '+a' },
  {
    what: 'it has surged',
    set: rolling({ maxSurge: 1, maxUnavailable: 0 }),
    pods: [...oldOn('a', 'b', 'c'), pod('new-a', 'a', { state: 'pending' })],
    plan: '',
  },
  {
    what: 'its surge is available',
    set: rolling({ maxSurge: 1, maxUnavailable: 0 }),
    pods: [...oldOn('a', 'b', 'c'), pod('new-a', 'a')],
    plan: '+b -old-a',
  },
  {
    what: 'it may surge and the old one is going',
    set: rolling({ maxSurge: 1, maxUnavailable: 0 }),
    nodes: [node('a')],
    pods: [pod('old', 'a', { hash: 'h0', state: 'going' })],
    plan: '+a',
  },
  {
    what: 'it may surge and its pod failed where another had',
    set: rolling({ maxSurge: 1, maxUnavailable: 0 }),
    nodes: [node('a')],
    pods: [pod('x', 'a', { state: 'failed' })],
    backOffMs: 7,
    plan: 'after 7',
  },
  {
    what: 'it has surged and neither is ready',
    set: rolling({ maxSurge: 1, maxUnavailable: 0 }),
    nodes: [node('a')],
    pods: [pod('old', 'a', { hash: 'h0', state: 'pending' }), pod('new', 'a', { state: 'pending' })],
    plan: '-old',
  },
  {
    what: 'its surge is a share of the nodes that it runs on',
    set: rolling({ maxSurge: '50%', maxUnavailable: 0 }),
    nodes: [
      node('a'),
      node('b'),
      ...['c', 'd'].map((name) => node(name, { taints: [{ key: 'k', effect: 'NoExecute' }] })),
    ],
    pods: oldOn('a', 'b'),
    plan: '+a',
  },
  {
    what: 'it surges past an old one that is down',
    set: rolling({ maxSurge: 1, maxUnavailable: 0 }),
    nodes: [node('a')],
    pods: [pod('old', 'a', { hash: 'h0', state: 'pending' })],
    plan: '-old',
  },
]

describe('planDaemons', () => {
  for (const { what, set: subject = set(), nodes = three, pods, backOffMs = 0, plan } of cases) {
    test(`is ${plan || 'nothing'} when ${what}`, () => {
      const planned = planDaemons({ set: subject, nodes, pods, hash: 'h1', nowMs, backOffMs: () => backOffMs })
      const created = planned.createOn.map((name) => `+${name}`)
      const deleted = planned.delete.map(({ metadata }) => `-${metadata.name}`)
      const waits = planned.waitMs === undefined ? [] : [`after ${planned.waitMs}`]
      assert.equal([...created.sort(), ...deleted.sort(), ...waits].join(' '), plan)
    })
  }
})

test('fitnessOf tolerates nodes in trouble', () => {
  const trouble = ['not-ready', 'unreachable'].map((key) => ({ key: `node.kubernetes.io/${key}`, effect: 'NoExecute' }))
  const pressure = ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    effect: 'NoSchedule',
  }))
  assert.deepEqual(fitnessOf(set(), node('a', { taints: [...trouble, ...pressure] })), {
    shouldRun: true,
    shouldContinue: true,
  })
  const network = node('a', { taints: [{ key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }] })
  assert.equal(fitnessOf(set(), network).shouldRun, false)
  assert.equal(fitnessOf(set({ template: { spec: { containers: [], hostNetwork: true } } }), network).shouldRun, true)
})

test('templateFor names its node in the affinity, which targetNodeName reads back', () => {
  const { spec, metadata } = templateFor(set(), { nodeName: 'a', hash: 'h1' })
  const made: Pod = { metadata: metadata ?? {}, ...(spec ? { spec } : {}) }
  assert.equal(targetNodeName(made), 'a')
  assert.equal(metadata?.labels?.['controller-revision-hash'], 'h1')
})

test('planStatus counts nodes', () => {
  const nodes = [...three, node('tainted', { taints: [{ key: 'k', effect: 'NoSchedule' }] })]
  const pods = [pod('x', 'a'), pod('y', 'b', { state: 'pending', hash: 'h0' }), pod('z', 'tainted')]
  assert.deepEqual(planStatus({ set: set(), nodes, pods, hash: 'h1', nowMs, backOffMs: () => 0 }), {
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    desiredNumberScheduled: 3,
    numberReady: 1,
    observedGeneration: 0,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
  })
})

describe('concernsSet', () => {
  const pressed = node('a', { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] })
  const drained = node('a', { taints: [{ key: 'k', effect: 'NoExecute' }] })
  const misplaced = { ...set(), status: { numberMisscheduled: 1 } as NonNullable<DaemonSet['status']> }
  const cases: [what: string, set: DaemonSet, node: Node, hasPod: boolean, concerned: boolean][] = [
    ['a new node', set(), node('a'), false, true],
    ['a node that has its pod', set(), node('a'), true, false],
    ['a node that keeps its pod, but would not get one', set(), pressed, true, false],
    ['a node that may not get one', set(), pressed, false, false],
    ['a node that loses its pod', set(), drained, true, true],
    ['a node whose pod may be in its place again', misplaced, node('a'), true, true],
  ]
  for (const [what, daemons, changed, hasPod, concerned] of cases) {
    test(`is ${concerned} for ${what}`, () => assert.equal(concernsSet(daemons, changed, hasPod), concerned))
  }
})
