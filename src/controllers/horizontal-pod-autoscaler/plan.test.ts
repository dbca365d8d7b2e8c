import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling/v2.ts'
import { type History, noHistory, withScaleEvent } from './behavior.ts'
import { completed, failedRescale, type PlanInput, planByMetrics, planBySize, type ScalePlan } from './plan.ts'
import type { MetricOutcome } from './proposals.ts'

const startMs = Date.parse('2026-01-01T00:00:00Z')

function input(
  currentReplicas: number,
  {
    spec = {},
    history = noHistory,
    atSeconds = 0,
    ...more
  }: { spec?: object; history?: History; atSeconds?: number; scaleToZero?: boolean; conditions?: string } = {},
): PlanInput {
  const scaleTargetRef = { kind: 'Deployment', name: 'web' }
  const autoscaler: HorizontalPodAutoscaler = {
    metadata: {},
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 100, ...spec },
  }
  const { scaleToZero = false, conditions } = more
  if (conditions) autoscaler.status = { ...zeroStatus, conditions: [{ type: 'ScaledToZero', status: conditions }] }
  return {
    autoscaler,
    currentReplicas,
    history,
    nowMs: startMs + atSeconds * 1000,
    downscaleStabilizationMs: 300_000,
    scaleToZero,
  }
}

const zeroStatus = { currentReplicas: 0, desiredReplicas: 0 }

function asks(replicas: number, name = 'cpu resource'): MetricOutcome {
  return { replicas, name, status: { type: 'Resource' } }
}

const fails: MetricOutcome = {
  reason: 'FailedGetPodsMetric',
  event: 'no',
  error: 'failed to get pods metric value: no',
}

function conditionsOf({ status }: ScalePlan): string[] {
  return (status.conditions ?? []).map(({ type, status: value, reason }) => `${type} ${value} ${reason}`)
}

test('planBySize keeps to the bounds, and leaves what was scaled to nothing alone', () => {
  assert.equal(planBySize(input(101))?.rescale?.reason, 'Current number of replicas above Spec.MaxReplicas')
  assert.deepEqual(planBySize(input(1, { spec: { minReplicas: 3 } }))?.rescale?.replicas, 3)
  const off = planBySize(input(0))
  assert.ok(off && !off.rescale)
  assert.deepEqual(conditionsOf(off), ['AbleToScale True SucceededGetScale', 'ScalingActive False ScalingDisabled'])
  assert.equal(planBySize(input(2)), undefined)
})

test('planByMetrics follows the metric that asks for most', () => {
  const { rescale, status } = planByMetrics(input(4), [asks(5), asks(7, 'pods metric rps')])
  assert.deepEqual(rescale, { replicas: 7, reason: 'pods metric rps above target' })
  assert.match(status.conditions?.[1]?.message ?? '', /calculate a replica count from pods metric rps$/)
})

test('planByMetrics grows by the metrics it has, and shrinks by all of them only', () => {
  assert.equal(planByMetrics(input(2), [asks(3), fails]).rescale?.replicas, 3)
  const held = planByMetrics(input(5), [asks(3), fails])
  assert.equal(held.rescale, undefined)
  assert.deepEqual(
    held.warnings.map(({ reason, message }) => `${reason} ${message}`),
    [
      'FailedGetPodsMetric no',
      'FailedComputeMetricsReplicas invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: no',
    ],
  )
  assert.deepEqual(held.status.currentMetrics, [{ type: 'Resource' }, { type: '' }])
})

test('planByMetrics without a behaviour doubles at most, and shrinks when five minutes agree', () => {
  const up = planByMetrics(input(5), [asks(50)])
  assert.equal(up.rescale?.replicas, 10)
  assert.ok(conditionsOf(up).includes('ScalingLimited True ScaleUpLimit'))
  let history = planByMetrics(input(10), [asks(10)]).history
  const early = planByMetrics(input(10, { history, atSeconds: 299 }), [asks(4)])
  assert.equal(early.rescale, undefined)
  assert.ok(conditionsOf(early).includes('AbleToScale True ScaleDownStabilized'))
  history = early.history
  assert.equal(planByMetrics(input(10, { history, atSeconds: 301 }), [asks(4)]).rescale?.replicas, 4)
})

test('policies bound what a period may change', () => {
  const scaleUp = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }] }
  const percent = { type: 'Percent', value: 50, periodSeconds: 60 }
  const behavior = { scaleUp, scaleDown: { stabilizationWindowSeconds: 0, policies: [percent], selectPolicy: 'Max' } }
  const spec = { behavior }
  const first = planByMetrics(input(10, { spec }), [asks(30)])
  assert.equal(first.rescale?.replicas, 14)
  const history = withScaleEvent(completed(behavior), first.history, { from: 10, to: 14, nowMs: startMs })
  assert.equal(planByMetrics(input(14, { spec, history, atSeconds: 30 }), [asks(30)]).rescale, undefined)
  assert.equal(planByMetrics(input(14, { spec, history, atSeconds: 61 }), [asks(30)]).rescale?.replicas, 18)
  const down = planByMetrics(input(10, { spec }), [asks(1)])
  assert.equal(down.rescale?.replicas, 5)
  assert.ok(conditionsOf(down).includes('ScalingLimited True ScaleDownLimit'))
  const disabled = { behavior: { ...behavior, scaleDown: { ...behavior.scaleDown, selectPolicy: 'Disabled' } } }
  assert.equal(planByMetrics(input(10, { spec: disabled }), [asks(1)]).rescale, undefined)
})

test('a window upwards waits for the lowest recommendation', () => {
  const scaleUp = { stabilizationWindowSeconds: 60, policies: [{ type: 'Percent', value: 900, periodSeconds: 15 }] }
  const spec = { behavior: { scaleUp, scaleDown: {} } }
  const { history } = planByMetrics(input(3, { spec }), [asks(3)])
  const early = planByMetrics(input(3, { spec, history, atSeconds: 45 }), [asks(9)])
  assert.equal(early.rescale, undefined)
  assert.ok(conditionsOf(early).includes('AbleToScale True ScaleUpStabilized'))
  assert.equal(planByMetrics(input(3, { spec, history: early.history, atSeconds: 75 }), [asks(9)]).rescale?.replicas, 9)
})

test('no window turns the direction of scaling', () => {
  const policies = [{ type: 'Percent', value: 900, periodSeconds: 15 }]
  const behavior = {
    scaleUp: { stabilizationWindowSeconds: 60, policies },
    scaleDown: { stabilizationWindowSeconds: 60, policies },
  }
  const spec = { behavior }
  const after = (replicas: number): History => ({ ...noHistory, recommendations: [{ replicas, atMs: startMs }] })
  const table: [current: number, asked: number, recent: number, size: number, able: string][] = [
    [5, 6, 3, 5, 'ScaleUpStabilized'],
    [5, 4, 8, 5, 'ScaleDownStabilized'],
    [5, 5, 3, 5, 'ReadyForNewScale'],
    [5, 9, 7, 7, 'ScaleUpStabilized'],
    [5, 2, 4, 4, 'ScaleDownStabilized'],
  ]
  for (const [current, asked, recent, size, able] of table) {
    const plan = planByMetrics(input(current, { spec, history: after(recent), atSeconds: 15 }), [asks(asked)])
    const title = `${current} asked ${asked} after ${recent}`
    assert.equal(plan.status.desiredReplicas, size, title)
    if (size === current) assert.ok(conditionsOf(plan).includes(`AbleToScale True ${able}`), title)
  }
})

test('policies count what was changed in the other direction', () => {
  const policies = [{ type: 'Pods', value: 4, periodSeconds: 60 }]
  const scaleUp = { stabilizationWindowSeconds: 0, policies }
  const behavior = { scaleUp, scaleDown: { stabilizationWindowSeconds: 0, policies } }
  const history = withScaleEvent(completed(behavior), noHistory, { from: 10, to: 7, nowMs: startMs })
  const grown = planByMetrics(input(7, { spec: { behavior }, history, atSeconds: 30 }), [asks(30)])
  assert.equal(grown.rescale?.replicas, 14)
})

test('planByMetrics names the last of metrics that ask for nothing', () => {
  const { status } = planByMetrics(input(3), [asks(0), asks(0, 'pods metric rps')])
  assert.match(status.conditions?.[1]?.message ?? '', /calculate a replica count from pods metric rps$/)
})

const outside = { minReplicas: 0, metrics: [{ type: 'External' }] }

test('planByMetrics says that it scaled to nothing, and planBySize comes back from there only then', () => {
  const atOnce = { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }
  const fast = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }] }
  const spec = { ...outside, behavior: { scaleUp: fast, scaleDown: atOnce } }
  const down = planByMetrics(input(2, { spec, scaleToZero: true }), [asks(0)])
  assert.equal(down.rescale?.replicas, 0)
  assert.ok(conditionsOf(down).includes('ScaledToZero True ScaledToZero'))
  const byHand = planBySize(input(0, { spec, scaleToZero: true }))
  assert.ok(byHand && conditionsOf(byHand).includes('ScalingActive False ScalingDisabled'))
  const ours = input(0, { spec, scaleToZero: true, conditions: 'True' })
  assert.equal(planBySize(ours), undefined)
  const up = planByMetrics(ours, [asks(3)])
  assert.equal(up.rescale?.replicas, 3)
  assert.ok(conditionsOf(up).includes('ScaledToZero False NotScaledToZero'))
})

test('planByMetrics goes to a bound that was raised while the target was at nothing', () => {
  const raised = input(0, { spec: { ...outside, minReplicas: 2 }, scaleToZero: true, conditions: 'True' })
  assert.equal(planBySize(raised), undefined)
  const plan = planByMetrics(raised, [asks(0)])
  assert.equal(plan.rescale?.replicas, 2)
})

test('without the gate nothing comes back from nothing, and the condition goes', () => {
  const off = planBySize(input(0, { spec: outside, conditions: 'True' }))
  assert.deepEqual(off && conditionsOf(off), [
    'AbleToScale True SucceededGetScale',
    'ScalingActive False ScalingDisabled',
  ])
})

test('failedRescale leaves what was said of scaling to nothing', () => {
  const given = input(0, { spec: outside, scaleToZero: true, conditions: 'True' })
  const { conditions = [] } = failedRescale(given, planByMetrics(given, [asks(3)]), 'no')
  assert.equal(conditions.find(({ type }) => type === 'ScaledToZero')?.status, 'True')
})

test('withScaleEvent forgets one change that its own policies ask for no more', () => {
  const policies = (periodSeconds: number) => ({ policies: [{ type: 'Pods', value: 4, periodSeconds }] })
  const behavior = { scaleUp: policies(15), scaleDown: policies(600) }
  const grown = (history: History, from: number, atSeconds: number) =>
    withScaleEvent(behavior, history, { from, to: from + 4, nowMs: startMs + atSeconds * 1000 })
  const { scaleUps } = grown(grown(grown(noHistory, 1, 0), 5, 5), 9, 30)
  assert.deepEqual(
    scaleUps.map(({ atMs }) => (atMs - startMs) / 1000),
    [0, 30],
  )
})
