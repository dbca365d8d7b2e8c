import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import { byAverage, byShare, byTotal, byUtilization, type Current, type PodSample } from './replicas.ts'

const nowMs = Date.parse('2026-01-01T01:00:00Z')
const started = '2026-01-01T00:00:00Z'

type State = 'ready' | 'unready' | 'pending' | 'failed' | 'never ready' | 'young'

function pod(name: string, state: State = 'ready'): Pod {
  const resources = { requests: { cpu: '100m' } }
  const startTime = state === 'young' ? '2026-01-01T00:59:30Z' : started
  const changed = state === 'unready' ? '2026-01-01T00:30:00Z' : startTime
  const status = state === 'ready' || state === 'young' ? 'True' : 'False'
  const phase = state === 'pending' ? 'Pending' : state === 'failed' ? 'Failed' : 'Running'
  const conditions = [{ type: 'Ready', status, lastTransitionTime: changed }]
  return {
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'i', resources }] },
    status: { phase, startTime, conditions },
  } as Pod
}

function current(states: readonly State[], replicas = states.length): Current {
  return {
    replicas,
    pods: states.map((state, index) => pod(`p${index}`, state)),
    tolerances: { scaleUp: 0.1, scaleDown: 0.1 },
    timing: { nowMs, cpuInitializationMs: 300_000, initialReadinessDelayMs: 30_000 },
  }
}

function samples(...values: (number | undefined)[]): Map<string, PodSample> {
  const found = new Map<string, PodSample>()
  for (const [index, value] of values.entries()) {
    if (value !== undefined) found.set(`p${index}`, { value, timestampMs: nowMs, windowMs: 60_000 })
  }
  return found
}

const cpu = { percent: 50, resource: 'cpu' }

test('byUtilization answers as upstream does', () => {
  const table: [
    title: string,
    states: State[],
    values: (number | undefined)[],
    replicas: number,
    utilization: number,
  ][] = [
    ['doubles at twice the target', ['ready', 'ready'], [100, 100], 4, 100],
    ['stays within the tolerance', ['ready', 'ready'], [55, 55], 2, 55],
    ['shrinks below the target', ['ready', 'ready', 'ready', 'ready'], [10, 10, 10, 10], 1, 10],
    ['takes unready pods as idle when growing', ['ready', 'pending'], [100, undefined], 2, 100],
    ['takes missing pods as busy when shrinking', ['ready', 'ready', 'ready'], [20, 20, undefined], 3, 20],
    ['takes missing pods as idle when growing', ['ready', 'ready', 'ready'], [120, 120, undefined], 5, 120],
    ['leaves failed pods out', ['ready', 'failed'], [100, 100], 2, 100],
    ['leaves out CPU of pods that just started', ['ready', 'young'], [200, 500], 4, 200],
    ['counts CPU of pods that were ready once', ['ready', 'unready'], [100, 100], 4, 100],
    ['leaves out CPU of pods that never were ready', ['ready', 'never ready'], [100, 100], 2, 100],
  ]
  for (const [title, states, values, replicas, utilization] of table) {
    const found = byUtilization(current(states), samples(...values), cpu)
    assert.deepEqual([found.replicas, found.utilization], [replicas, utilization], title)
  }
})

test('byUtilization says what it lacks', () => {
  const bare = current(['ready'])
  delete bare.pods[0]?.spec?.containers[0]?.resources
  assert.throws(() => byUtilization(bare, samples(1), cpu), /^Error: missing request for cpu in container c of Pod p0$/)
  assert.throws(() => byUtilization(current([]), samples(), cpu), /no pods returned by selector/)
  assert.throws(() => byUtilization(current(['pending']), samples(), cpu), /did not receive metrics for targeted pods/)
})

test('byUtilization says first that metrics lack, and takes requests of a container, of the pod, or of all', () => {
  const bare = current(['pending'])
  delete bare.pods[0]?.spec?.containers[0]?.resources
  assert.throws(() => byUtilization(bare, samples(), cpu), /did not receive metrics for targeted pods/)
  const one = current(['ready'])
  assert.throws(
    () => byUtilization(one, samples(1), { ...cpu, container: 'side' }),
    /^Error: container side not found in Pod p0$/,
  )
  Object.assign(one.pods[0]?.spec ?? {}, { resources: { requests: { cpu: '200m' } } })
  assert.equal(byUtilization(one, samples(100), cpu).utilization, 50)
  assert.throws(
    () => byUtilization(one, samples(1), { percent: 50, resource: 'memory' }),
    /^Error: missing pod-level request for memory in Pod p0$/,
  )
})

test('byUtilization leaves samples of others out of the average', () => {
  const found = byUtilization(current(['ready', 'ready']), samples(100, 200, 900), cpu)
  assert.deepEqual([found.utilization, found.value], [150, 150])
})

test('byAverage, byTotal and byShare follow their targets', () => {
  assert.deepEqual(byAverage(current(['ready', 'ready']), samples(3000, 5000), { value: 2000 }), {
    replicas: 4,
    value: 4000,
  })
  assert.deepEqual(byTotal(current(['ready', 'unready']), 30_000, 10_000), { replicas: 3, value: 30_000 })
  assert.deepEqual(byTotal(current([], 0), 25_000, 10_000), { replicas: 3, value: 25_000 })
  const tolerances = { scaleUp: 0.1, scaleDown: 0.1 }
  assert.deepEqual(byShare({ statusReplicas: 2, tolerances }, 21_000, 10_000), { replicas: 2, value: 10_500 })
  assert.deepEqual(byShare({ statusReplicas: 2, tolerances }, 35_000, 10_000), { replicas: 4, value: 17_500 })
})

test('tolerances count for each direction alone', () => {
  const careless = { ...current(['ready', 'ready']), tolerances: { scaleUp: 0, scaleDown: 0.5 } }
  assert.equal(byUtilization(careless, samples(51, 51), cpu).replicas, 3)
  assert.equal(byUtilization(careless, samples(26, 26), cpu).replicas, 2)
})
