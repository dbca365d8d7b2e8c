import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { StatefulSet } from '../../api/types/apps/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { ordinalOf, planPods, planStatus } from './plan.ts'

const nowMs = Date.UTC(2026, 0, 1)

type State = 'ready' | 'pending' | 'failed' | 'going' | 'just-ready'

function pod(ordinal: number, state: State = 'ready', revision = 'r1'): Pod {
  const ready = state === 'ready' || state === 'going' || state === 'just-ready'
  const lastTransitionTime = state === 'just-ready' ? '2025-12-31T23:59:59Z' : '2025-01-01T00:00:00Z'
  return {
    metadata: {
      name: `s-${ordinal}`,
      labels: { 'controller-revision-hash': revision },
      ...(state === 'going' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    status: {
      phase: state === 'failed' ? 'Failed' : ready ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }],
    },
  }
}

function set(spec: Partial<NonNullable<StatefulSet['spec']>>, status?: StatefulSet['status']): StatefulSet {
  return {
    metadata: { name: 's', generation: 1 },
    spec: { selector: {}, template: {}, serviceName: 's', ...spec },
    ...(status ? { status } : {}),
  }
}

const rolling = (more: object = {}) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: more } })

interface Case {
  what: string
  spec: Partial<NonNullable<StatefulSet['spec']>>
  pods: Pod[]
  update?: string
  plan: string
}

const r2 = 'r2'
const cases: Case[] = [
  { what: 'nothing runs', spec: { replicas: 3 }, pods: [], plan: '+0/r1' },
  { what: 'the first is ready', spec: { replicas: 3 }, pods: [pod(0)], plan: '+1/r1' },
  { what: 'the first is pending', spec: { replicas: 3 }, pods: [pod(0, 'pending')], plan: '' },
  {
    what: 'the first is not available yet',
    spec: { replicas: 2, minReadySeconds: 10 },
    pods: [pod(0, 'just-ready')],
    plan: '',
  },
  { what: 'the first went', spec: { replicas: 2 }, pods: [pod(1)], plan: '+0/r1' },
  { what: 'the first is going', spec: { replicas: 2 }, pods: [pod(0, 'going')], plan: '' },
  { what: 'the first failed', spec: { replicas: 2 }, pods: [pod(0, 'failed')], plan: '~0' },
  {
    what: 'all may start at once',
    spec: { replicas: 3, podManagementPolicy: 'Parallel' },
    pods: [pod(1, 'pending')],
    plan: '+0/r1 +2/r1',
  },
  { what: 'counting starts at five', spec: { replicas: 2, ordinals: { start: 5 } }, pods: [pod(5)], plan: '+6/r1' },
  { what: 'counting was raised', spec: { replicas: 1, ordinals: { start: 1 } }, pods: [pod(0), pod(1)], plan: '-0' },
  { what: 'it shrinks', spec: { replicas: 1 }, pods: [pod(0), pod(1), pod(2)], plan: '-2' },
  { what: 'it shrinks and one is going', spec: { replicas: 1 }, pods: [pod(0), pod(1), pod(2, 'going')], plan: '' },
  {
    what: 'it shrinks and what stays is not ready',
    spec: { replicas: 1 },
    pods: [pod(0, 'pending'), pod(1)],
    plan: '',
  },
  {
    what: 'it shrinks and several that go are not ready',
    spec: { replicas: 0 },
    pods: [pod(0, 'pending'), pod(1, 'pending'), pod(2, 'pending')],
    plan: '',
  },
  {
    what: 'it shrinks and only the highest is not ready',
    spec: { replicas: 0 },
    pods: [pod(0), pod(1), pod(2, 'pending')],
    plan: '-2',
  },
  {
    what: 'it shrinks and one that goes is not available yet',
    spec: { replicas: 0, minReadySeconds: 10 },
    pods: [pod(0, 'just-ready'), pod(1, 'just-ready')],
    plan: '',
  },
  {
    what: 'it shrinks at once',
    spec: { replicas: 1, podManagementPolicy: 'Parallel' },
    pods: [pod(0), pod(1), pod(2)],
    plan: '-1 -2',
  },
  { what: 'it is gone to zero', spec: { replicas: 0 }, pods: [pod(0)], plan: '-0' },
  { what: 'it rolls', spec: { replicas: 3, ...rolling() }, pods: [pod(0), pod(1), pod(2)], update: r2, plan: '-2' },
  {
    what: 'it rolls and goes on',
    spec: { replicas: 3, ...rolling() },
    pods: [pod(0), pod(1), pod(2, 'ready', r2)],
    update: r2,
    plan: '-1',
  },
  {
    what: 'it rolls and waits',
    spec: { replicas: 3, ...rolling() },
    pods: [pod(0), pod(1), pod(2, 'pending', r2)],
    update: r2,
    plan: '',
  },
  {
    what: 'it rolls in parallel and waits all the same',
    spec: { replicas: 3, podManagementPolicy: 'Parallel', ...rolling() },
    pods: [pod(0), pod(1), pod(2, 'pending', r2)],
    update: r2,
    plan: '',
  },
  {
    what: 'it rolls to a partition',
    spec: { replicas: 3, ...rolling({ partition: 2 }) },
    pods: [pod(0), pod(1), pod(2, 'ready', r2)],
    update: r2,
    plan: '',
  },
  {
    what: 'it makes a pod below the partition anew',
    spec: { replicas: 3, ...rolling({ partition: 2 }) },
    pods: [pod(0), pod(2, 'ready', r2)],
    update: r2,
    plan: '+1/r1',
  },
  {
    what: 'it makes a pod above the partition anew',
    spec: { replicas: 3, ...rolling({ partition: 1 }) },
    pods: [pod(0), pod(1)],
    update: r2,
    plan: '+2/r2',
  },
  {
    what: 'several may be unavailable',
    spec: { replicas: 4, podManagementPolicy: 'Parallel', ...rolling({ maxUnavailable: 2 }) },
    pods: [pod(0), pod(1), pod(2), pod(3)],
    update: r2,
    plan: '-2 -3',
  },
  {
    what: 'half may be unavailable and one is',
    spec: { replicas: 4, podManagementPolicy: 'Parallel', ...rolling({ maxUnavailable: '50%' }) },
    pods: [pod(0), pod(1), pod(2), pod(3, 'pending', r2)],
    update: r2,
    plan: '-2',
  },
  {
    what: 'pods are updated by hand',
    spec: { replicas: 2, updateStrategy: { type: 'OnDelete' } },
    pods: [pod(0), pod(1)],
    update: r2,
    plan: '',
  },
  {
    what: 'a pod was deleted by hand to update it',
    spec: { replicas: 2, updateStrategy: { type: 'OnDelete' } },
    pods: [pod(0)],
    update: r2,
    plan: '+1/r2',
  },
]

describe('planPods', () => {
  for (const { what, spec, pods, update = 'r1', plan } of cases) {
    test(`is ${plan || 'nothing'} when ${what}`, () => {
      const input = {
        set: set(spec, { replicas: 0, currentReplicas: 1 }),
        pods,
        currentRevision: 'r1',
        updateRevision: update,
        nowMs,
      }
      const planned = planPods(input)
      const names = (list: Pod[], sign: string) =>
        list.map(({ metadata }) => `${sign}${metadata.name?.slice(2)}`).sort()
      const created = planned.create.map(({ ordinal, revision }) => `+${ordinal}/${revision}`)
      assert.equal([...created, ...names(planned.replace, '~'), ...names(planned.delete, '-')].join(' '), plan)
    })
  }
})

test('planStatus takes the new revision as current once all pods have it', () => {
  const status = (pods: Pod[]) => {
    const input = { set: set({ replicas: 2, ...rolling() }), pods, currentRevision: 'r1', updateRevision: r2, nowMs }
    const { currentRevision, currentReplicas, updatedReplicas } = planStatus(input)
    return [currentRevision, currentReplicas, updatedReplicas]
  }
  assert.deepEqual(status([pod(0), pod(1, 'ready', r2)]), ['r1', 1, 1])
  assert.deepEqual(status([pod(0, 'pending', r2), pod(1, 'ready', r2)]), ['r1', undefined, 2])
  assert.deepEqual(status([pod(0, 'ready', r2), pod(1, 'ready', r2)]), ['r2', 2, 2])
})

test('ordinalOf is the number behind the name', () => {
  const named = (name: string) => ordinalOf(set({}), { metadata: { name } })
  assert.deepEqual(['s-0', 's-12', 's-01', 's-x', 't-1', 's', 's-1-2'].map(named), [
    0,
    12,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
