import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts'
import {
  isScalingEvent,
  maxSurge,
  maxUnavailable,
  newReplicas,
  nextRecreateStep,
  nextRollingStep,
  scaleProportionally,
} from './rolling.ts'

type Bound = number | string

function deployment(replicas: number, bounds?: { surge: Bound; unavailable: Bound }): Deployment {
  const rollingUpdate = bounds && { maxSurge: bounds.surge, maxUnavailable: bounds.unavailable }
  return {
    metadata: { name: 'd' },
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: bounds ? { type: 'RollingUpdate', rollingUpdate: rollingUpdate ?? {} } : { type: 'Recreate' },
    },
  }
}

/** `created` orders sets by age; `recorded` is the Deployment's size when the set was last scaled, and its limit. */
function set(
  name: string,
  replicas: number,
  {
    available = replicas,
    created = '1',
    recorded,
  }: { available?: number; created?: string; recorded?: [number, number] } = {},
): ReplicaSet {
  const annotations = recorded && {
    'deployment.kubernetes.io/desired-replicas': String(recorded[0]),
    'deployment.kubernetes.io/max-replicas': String(recorded[1]),
  }
  return {
    metadata: { name, creationTimestamp: created, ...(annotations ? { annotations } : {}) },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  }
}

const shown = (steps: { set: ReplicaSet; replicas: number }[]) =>
  steps.map(({ set, replicas }) => `${set.metadata.name}→${replicas}`).join(' ')

describe('the bounds of a rollout', () => {
  const cases: [replicas: number, surge: Bound, unavailable: Bound, wanted: [number, number]][] = [
    [10, '25%', '25%', [3, 2]],
    [4, '25%', '25%', [1, 1]],
    [1, '25%', '25%', [1, 0]],
    [3, 1, 0, [1, 0]],
    [3, 0, 1, [0, 1]],
    [3, '0%', '10%', [0, 1]],
    [3, 0, '100%', [0, 3]],
    [3, 0, 5, [0, 3]],
    [0, 0, 1, [0, 0]],
  ]
  for (const [replicas, surge, unavailable, wanted] of cases) {
    test(`are ${wanted} when ${replicas} replicas may surge by ${surge} and lack ${unavailable}`, () => {
      const subject = deployment(replicas, { surge, unavailable })
      assert.deepEqual([maxSurge(subject), maxUnavailable(subject)], wanted)
    })
  }
  test('are none for Recreate', () => {
    assert.deepEqual([maxSurge(deployment(3)), maxUnavailable(deployment(3))], [0, 0])
  })
})

describe('nextRollingStep', () => {
  const quarter = { surge: '25%', unavailable: '25%' }
  const cases: { what: string; of: Deployment; current: ReplicaSet; old: ReplicaSet[]; step: string }[] = [
    { what: 'starts', of: deployment(10, quarter), current: set('new', 0), old: [set('old', 10)], step: 'new→3' },
    {
      what: 'has surged',
      of: deployment(10, quarter),
      current: set('new', 3, { available: 0 }),
      old: [set('old', 10)],
      step: 'old→8',
    },
    {
      what: 'waits for new pods',
      of: deployment(10, quarter),
      current: set('new', 5, { available: 0 }),
      old: [set('old', 8)],
      step: '',
    },
    { what: 'goes on', of: deployment(10, quarter), current: set('new', 5), old: [set('old', 8)], step: 'old→3' },
    {
      what: 'may lack none',
      of: deployment(3, { surge: 1, unavailable: 0 }),
      current: set('new', 1, { available: 0 }),
      old: [set('old', 3)],
      step: '',
    },
    {
      what: 'may lack none and has one more',
      of: deployment(3, { surge: 1, unavailable: 0 }),
      current: set('new', 1),
      old: [set('old', 3)],
      step: 'old→2',
    },
    {
      what: 'may not surge',
      of: deployment(3, { surge: 0, unavailable: 1 }),
      current: set('new', 0),
      old: [set('old', 3)],
      step: 'old→2',
    },
    { what: 'has too many new pods', of: deployment(2, quarter), current: set('new', 4), old: [], step: 'new→2' },
    { what: 'is complete', of: deployment(3, quarter), current: set('new', 3), old: [set('old', 0)], step: '' },
    {
      what: 'has unhealthy old pods, which go first',
      of: deployment(4, { surge: 0, unavailable: 1 }),
      current: set('new', 0),
      old: [set('bad', 2, { available: 0, created: '2' }), set('good', 2, { created: '1' })],
      step: 'bad→1',
    },
    {
      what: 'has several old sets, the oldest goes first',
      of: deployment(4, { surge: 0, unavailable: 3 }),
      current: set('new', 0),
      old: [set('younger', 2, { created: '2' }), set('older', 2, { created: '1' })],
      step: 'younger→1 older→0',
    },
  ]
  for (const { what, of, current, old, step } of cases) {
    test(`is ${step || 'nothing'} when the rollout ${what}`, () => {
      assert.equal(shown(nextRollingStep(of, current, old)), step)
    })
  }
})

test('newReplicas fills what may run at once', () => {
  assert.equal(newReplicas(deployment(3, { surge: 1, unavailable: 0 }), [set('old', 3)], undefined), 1)
  assert.equal(newReplicas(deployment(3, { surge: 1, unavailable: 0 }), [], undefined), 3)
  assert.equal(newReplicas(deployment(3), [set('old', 3)], undefined), 3)
})

test('nextRecreateStep removes all old pods before it makes new ones', () => {
  const current = set('new', 0)
  const step = (old: ReplicaSet[], oldPodsRunning: boolean) =>
    shown(nextRecreateStep(deployment(2), current, { old, oldPodsRunning }))
  assert.equal(step([set('a', 2), set('b', 1), set('c', 0)], true), 'a→0 b→0')
  assert.equal(step([set('a', 0)], true), '')
  assert.equal(step([set('a', 0)], false), 'new→2')
})

describe('scaleProportionally', () => {
  const bounds = { surge: 3, unavailable: 2 }
  const cases: { what: string; to: number; current: ReplicaSet | undefined; old: ReplicaSet[]; step: string }[] = [
    { what: 'one set alone', to: 5, current: set('new', 3), old: [set('old', 0)], step: 'new→5' },
    { what: 'nothing running yet', to: 5, current: set('new', 0), old: [set('old', 0)], step: 'new→5' },
    {
      what: 'two sets in the middle of a rollout (the example of the documentation)',
      to: 15,
      current: set('new', 5, { available: 0, created: '2', recorded: [10, 13] }),
      old: [set('old', 8, { recorded: [10, 13] })],
      step: 'old→11 new→7',
    },
    {
      what: 'two sets that shrink',
      to: 5,
      current: set('new', 5, { available: 0, created: '2', recorded: [10, 13] }),
      old: [set('old', 8, { recorded: [10, 13] })],
      step: 'old→5 new→3',
    },
    {
      what: 'a rollout that is done, whose leftovers go',
      to: 3,
      current: set('new', 3, { recorded: [3, 6] }),
      old: [set('old', 1, { recorded: [3, 6] })],
      step: 'old→0',
    },
    {
      what: 'two sets that go to zero',
      to: 0,
      current: set('new', 5, { available: 0, created: '2', recorded: [10, 13] }),
      old: [set('old', 8, { recorded: [10, 13] })],
      step: 'old→0 new→0',
    },
  ]
  for (const { what, to, current, old, step } of cases) {
    test(`is ${step} for ${what}`, () => {
      assert.equal(shown(scaleProportionally(deployment(to, bounds), current, old)), step)
    })
  }
})

test('isScalingEvent sees that the size changed since a set was scaled', () => {
  assert.equal(isScalingEvent(deployment(3), [set('a', 2, { recorded: [3, 4] })]), false)
  assert.equal(isScalingEvent(deployment(4), [set('a', 2, { recorded: [3, 4] })]), true)
  assert.equal(isScalingEvent(deployment(4), [set('a', 0, { recorded: [3, 4] }), set('b', 2)]), false)
})
