import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Node, Pod } from '../api/types/core/v1.ts'
import type { PodDisruptionBudget } from '../api/types/policy/v1.ts'
import { planPreemption } from './preemption.ts'
import { cluster, node, place, pod, profile } from './testbed/cluster.ts'

const important = pod('p', { cpu: '3', priority: 100 })

function planFor(wanted: Pod, nodes: Node[], pods: Pod[], budgets: PodDisruptionBudget[] = []) {
  const snapshot = cluster(nodes, pods)
  const placement = place(wanted, snapshot)
  assert.equal(placement.kind, 'unschedulable')
  const rejected = placement.kind === 'unschedulable' ? placement.rejected : []
  const plan = planPreemption({ pod: wanted, snapshot, profile, rejected, budgets, offset: 0 })
  return plan.kind === 'none'
    ? plan.message
    : `${plan.nodeName}: ${plan.victims.map(({ metadata }) => metadata.name).join()}`
}

const budget = (disruptionsAllowed: number): PodDisruptionBudget => ({
  metadata: { name: 'b', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'guarded' } } },
  status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
})
const guarded = { labels: { app: 'guarded' } }

const cases: {
  what: string
  wanted?: Pod
  nodes?: Node[]
  pods: Pod[]
  budgets?: PodDisruptionBudget[]
  plan: string
}[] = [
  { what: 'one pod is enough', pods: [pod('x', { cpu: '2', on: 'a' }), pod('y', { cpu: '1', on: 'a' })], plan: 'a: x' },
  {
    what: 'several have to go, the less important ones',
    pods: [
      pod('x', { cpu: '2', on: 'a', priority: 1 }),
      pod('y', { cpu: '1', on: 'a' }),
      pod('z', { cpu: '1', on: 'a' }),
    ],
    plan: 'a: x,z',
  },
  {
    what: 'equals stay',
    pods: [pod('x', { cpu: '3', on: 'a', priority: 100 })],
    plan: 'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  },
  {
    what: 'even all of them would not be enough',
    wanted: pod('p', { cpu: '4', priority: 100 }),
    pods: [pod('x', { cpu: '2', on: 'a', priority: 200 }), pod('y', { cpu: '1', on: 'a' })],
    plan: 'preemption: 0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    what: 'some nodes would not do anyway',
    nodes: [node('a'), node('small', { cpu: '1' })],
    pods: [pod('x', { cpu: '4', on: 'a', priority: 100 })],
    plan: 'preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
  },
  {
    what: 'the pod may not preempt',
    wanted: pod('p', { cpu: '3', priority: 100, spec: { preemptionPolicy: 'Never' } }),
    pods: [pod('x', { cpu: '4', on: 'a' })],
    plan: 'preemption: not eligible due to preemptionPolicy=Never.',
  },
  {
    what: 'one node has less important victims',
    nodes: [node('a'), node('b')],
    pods: [pod('x', { cpu: '4', on: 'a', priority: 2 }), pod('y', { cpu: '4', on: 'b', priority: 1 })],
    plan: 'b: y',
  },
  {
    what: 'one node has fewer victims',
    nodes: [node('a'), node('b')],
    pods: [pod('x', { cpu: '2', on: 'a' }), pod('y', { cpu: '2', on: 'a' }), pod('z', { cpu: '4', on: 'b' })],
    plan: 'b: z',
  },
  {
    what: 'one victim started later',
    nodes: [node('a'), node('b')],
    pods: [
      pod('x', { cpu: '4', on: 'a', startTime: '2026-01-01T00:00:00Z' }),
      pod('y', { cpu: '4', on: 'b', startTime: '2026-01-02T00:00:00Z' }),
    ],
    plan: 'b: y',
  },
  {
    what: 'a budget guards one node',
    nodes: [node('a'), node('b')],
    pods: [pod('x', { cpu: '4', on: 'a', ...guarded }), pod('y', { cpu: '4', on: 'b', priority: 50 })],
    budgets: [budget(0)],
    plan: 'b: y',
  },
  {
    what: 'a budget guards one of two pods',
    pods: [pod('x', { cpu: '2', on: 'a', ...guarded }), pod('y', { cpu: '2', on: 'a', priority: 50 })],
    wanted: pod('p', { cpu: '2', priority: 100 }),
    budgets: [budget(0)],
    plan: 'a: y',
  },
  {
    what: 'budgets guard all',
    pods: [pod('x', { cpu: '4', on: 'a', ...guarded })],
    budgets: [budget(0)],
    plan: 'a: x',
  },
]

describe('planPreemption', () => {
  for (const { what, wanted = important, nodes = [node('a')], pods, budgets, plan } of cases) {
    test(`decides when ${what}`, () => assert.equal(planFor(wanted, nodes, pods, budgets), plan))
  }

  test('waits when victims are already leaving the nominated node', () => {
    const leaving = pod('x', { cpu: '4', on: 'a' })
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
    leaving.status = { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }] }
    const waiting = { ...important, status: { nominatedNodeName: 'a' } }
    assert.equal(
      planFor(waiting, [node('a')], [leaving]),
      'preemption: not eligible due to a terminating pod on the nominated node.',
    )
  })
})

test('planPlacement keeps the node free for a more important pod that is nominated for it', () => {
  const state = cluster([node('a')])
  state.nominate(pod('first', { cpu: '3', priority: 100 }), 'a')
  assert.equal(place(pod('second', { cpu: '2' }), state).kind, 'unschedulable')
  assert.equal(place(pod('small', { cpu: '1' }), state).kind, 'node')
  assert.equal(place(pod('third', { cpu: '2', priority: 200 }), state).kind, 'node')
  state.removeNomination('default/first')
  assert.equal(place(pod('second', { cpu: '2' }), state).kind, 'node')
})

test('planPlacement takes the nominated node first', () => {
  const nodes = Array.from({ length: 5 }, (_, index) => node(`n${index}`))
  const nominated = { ...pod('p'), status: { nominatedNodeName: 'n3' } }
  assert.deepEqual(place(nominated, cluster(nodes)), { kind: 'node', nodeName: 'n3', examined: 0 })
})
