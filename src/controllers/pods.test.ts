import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Pod } from '../api/types/core/v1.ts'
import { availableInMs, deletionOrder, isAvailable } from './pods.ts'

const nowMs = Date.UTC(2026, 0, 2)

function pod(
  name: string,
  { node = 'n', phase = 'Running', readyFor = 3600, restarts = 0, age = 7200, cost = '' } = {},
): Pod {
  const since = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString()
  const annotations = cost ? { 'controller.kubernetes.io/pod-deletion-cost': cost } : {}
  const ready = readyFor > 0
  return {
    metadata: { name, annotations, creationTimestamp: since(age) },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: since(Math.max(0, readyFor)) },
      ],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready, restartCount: restarts }],
    },
  }
}

describe('deletionOrder', () => {
  const cases: [what: string, first: Pod, then: Pod, likeOnNode?: [string, number][]][] = [
    ['unassigned before assigned', pod('a', { node: '' }), pod('b')],
    ['pending before running', pod('a', { phase: 'Pending' }), pod('b')],
    ['unready before ready', pod('a', { readyFor: 0 }), pod('b')],
    ['cheap before dear', pod('a', { cost: '-5' }), pod('b')],
    ['a number that is none costs nothing', pod('a', { cost: 'much', readyFor: 60 }), pod('b')],
    [
      'on a fuller node first',
      pod('a', { node: 'full' }),
      pod('b', { node: 'empty' }),
      [
        ['full', 3],
        ['empty', 1],
      ],
    ],
    ['ready for a shorter time first', pod('a', { readyFor: 10 }), pod('b', { readyFor: 3600 })],
    ['restarted more often first', pod('a', { restarts: 2 }), pod('b')],
    ['younger first', pod('a', { age: 3700 }), pod('b', { age: 90_000 })],
    ['unready beats cost', pod('a', { readyFor: 0, cost: '100' }), pod('b', { cost: '-100' })],
  ]
  for (const [what, first, then, likeOnNode = []] of cases) {
    test(`puts ${what}`, () => {
      const names = (pods: Pod[]) =>
        deletionOrder(pods, new Map(likeOnNode), nowMs).map(({ metadata }) => metadata.name)
      assert.deepEqual(
        [names([first, then]), names([then, first])],
        [
          ['a', 'b'],
          ['a', 'b'],
        ],
      )
    })
  }
})

test('a pod is available once it was ready for long enough', () => {
  const waiting = pod('p', { readyFor: 10 })
  assert.equal(isAvailable(waiting, 0, nowMs), true)
  assert.equal(isAvailable(waiting, 10, nowMs), true)
  assert.equal(isAvailable(waiting, 11, nowMs), false)
  assert.equal(availableInMs(waiting, 15, nowMs), 5_000)
  assert.equal(isAvailable(pod('p', { readyFor: 0 }), 0, nowMs), false)
})
