import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { feasibleEnough, planPlacement } from './plan.ts'
import { benchPlans } from './scheduler.bench.ts'
import { cluster, node, place, pod, profile } from './testbed/cluster.ts'

test('feasibleEnough is all of a small cluster and a falling share of a large one', () => {
  const wanted: [number, number][] = [
    [0, 0],
    [99, 99],
    [100, 100],
    [250, 120],
    [1000, 420],
    [5000, 500],
    [6000, 300],
    [100_000, 5000],
  ]
  assert.deepEqual(
    wanted.map(([nodes]) => [nodes, feasibleEnough(nodes)]),
    wanted,
  )
})

test('planPlacement looks at no more nodes than it takes, from where it is told to begin', () => {
  const state = cluster(Array.from({ length: 500 }, (_, index) => node(`n${index}`)))
  const plan = (startAt: number) => planPlacement(pod('p'), state, { profile, random: simulatedRandom('x'), startAt })
  const first = plan(0)
  assert.equal(first.kind === 'node' && first.examined, feasibleEnough(500))
  const later = plan(400)
  const index = later.kind === 'node' ? Number(later.nodeName.slice(1)) : -1
  assert.ok(index >= 400 || index < feasibleEnough(500) - 100, `n${index}`)
})

test('planPlacement says so when there are no nodes', () => {
  const placement = place(pod('p'), cluster([]))
  assert.equal(placement.kind === 'unschedulable' && placement.message, 'no nodes available to schedule pods')
})

test('a node that comes late brings the pods that name it along', () => {
  const state = cluster([], [pod('x', { cpu: '4', on: 'late' })])
  state.setNode(node('late'))
  assert.equal(place(pod('p', { cpu: '1' }), state).kind, 'unschedulable')
  state.removePod('default/x')
  assert.equal(place(pod('p', { cpu: '1' }), state).kind, 'node')
})

test('an assumed pod counts until its binding shows or is taken back', () => {
  const state = cluster([node('a')])
  const wanted = pod('x', { cpu: '4' })
  state.assume(wanted, 'a')
  state.setPod(wanted)
  assert.equal(place(pod('p', { cpu: '1' }), state).kind, 'unschedulable')
  state.removePod('default/x')
  assert.equal(place(pod('p', { cpu: '1' }), state).kind, 'node')
})

test('benchPlans places the same pods on the same nodes', () => {
  assert.equal(benchPlans(50, 200).hash, benchPlans(50, 200).hash)
})
