import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts'
import { failedStatus, needsScale, planBudget } from './plan.ts'

const nowMs = Date.UTC(2026, 0, 1)
const nowText = '2026-01-01T00:00:00Z'

function pod(name: string, { ready = true, going = false } = {}): Pod {
  return {
    metadata: { name, ...(going ? { deletionTimestamp: nowText } : {}) },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }
}

function budget(spec: PodDisruptionBudget['spec'], status?: PodDisruptionBudget['status']): PodDisruptionBudget {
  return { metadata: { name: 'b', generation: 2 }, ...(spec ? { spec } : {}), ...(status ? { status } : {}) }
}

const three = [pod('a'), pod('b'), pod('c')]
const cases: { what: string; spec: PodDisruptionBudget['spec']; pods: Pod[]; scale?: number; counts: number[] }[] = [
  { what: 'a number of available pods', spec: { minAvailable: 2 }, pods: three, counts: [3, 3, 2, 1] },
  { what: 'more than there are', spec: { minAvailable: 5 }, pods: three, counts: [3, 3, 5, 0] },
  {
    what: 'a share of the wanted pods, rounded up',
    spec: { minAvailable: '50%' },
    pods: three,
    scale: 5,
    counts: [5, 3, 3, 0],
  },
  { what: 'a number of missing pods', spec: { maxUnavailable: 1 }, pods: three, scale: 3, counts: [3, 3, 2, 1] },
  {
    what: 'a share of missing pods, rounded up',
    spec: { maxUnavailable: '30%' },
    pods: three,
    scale: 4,
    counts: [4, 3, 2, 1],
  },
  { what: 'no missing pod', spec: { maxUnavailable: 0 }, pods: three, scale: 3, counts: [3, 3, 3, 0] },
  { what: 'no number at all, which allows nothing', spec: {}, pods: three, counts: [0, 3, 0, 0] },
  { what: 'nothing, for no pods', spec: { minAvailable: 0 }, pods: [], counts: [0, 0, 0, 0] },
  {
    what: 'healthy pods alone',
    spec: { minAvailable: 1 },
    pods: [pod('a'), pod('b', { ready: false }), pod('c', { going: true })],
    counts: [3, 1, 1, 0],
  },
]

describe('planBudget', () => {
  for (const { what, spec, pods, scale = 0, counts } of cases) {
    test(`counts when the budget asks for ${what}`, () => {
      const { status } = planBudget(budget(spec), pods, { scale, nowMs, nowText })
      const { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed } = status
      assert.deepEqual([expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed], counts)
      const [condition] = status.conditions ?? []
      const allowed = (disruptionsAllowed ?? 0) > 0
      assert.equal(condition?.status, allowed ? 'True' : 'False')
      assert.equal(condition?.reason, allowed ? 'SufficientPods' : 'InsufficientPods')
      assert.equal(condition?.observedGeneration, 2)
    })
  }

  test('leaves out evicted pods until they overstay', () => {
    const disruptedPods = {
      a: '2025-12-31T23:59:30Z',
      b: '2025-12-31T23:00:00Z',
      gone: '2025-12-31T23:59:30Z',
    }
    const status = { disruptedPods, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 }
    const plan = planBudget(budget({ minAvailable: 1 }, status), three, { scale: 0, nowMs, nowText })
    assert.deepEqual(plan.status.disruptedPods, { a: disruptedPods.a })
    assert.equal(plan.status.currentHealthy, 2)
    assert.deepEqual(
      plan.notDeleted.map(({ metadata }) => metadata.name),
      ['b'],
    )
    assert.equal(plan.lookAgainMs, 90_000)
  })

  test('keeps the transition time while the answer stays', () => {
    const before = planBudget(budget({ minAvailable: 1 }), three, { scale: 0, nowMs, nowText: 'earlier' }).status
    const again = planBudget(budget({ minAvailable: 1 }, before), three, { scale: 0, nowMs, nowText })
    assert.equal(again.status.conditions?.[0]?.lastTransitionTime, 'earlier')
    const none = planBudget(budget({ minAvailable: 3 }, before), three, { scale: 0, nowMs, nowText })
    assert.equal(none.status.conditions?.[0]?.lastTransitionTime, nowText)
  })
})

test('needsScale is so for shares and for missing pods', () => {
  assert.equal(needsScale(budget({ minAvailable: 1 })), false)
  assert.equal(needsScale(budget({ minAvailable: '1%' })), true)
  assert.equal(needsScale(budget({ maxUnavailable: 1 })), true)
})

test('failedStatus allows nothing and says why', () => {
  const status = failedStatus(
    budget({}, { disruptionsAllowed: 3, currentHealthy: 4, desiredHealthy: 1, expectedPods: 4 }),
    {
      message: 'found no controllers for pod "p"',
      nowText,
    },
  )
  assert.equal(status.disruptionsAllowed, 0)
  assert.equal(status.currentHealthy, 4)
  assert.equal(status.conditions?.[0]?.reason, 'SyncFailed')
})
