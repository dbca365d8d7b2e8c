import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepFor, ttlSecondsOf } from './plan.ts'

/** Sizes that a cluster takes on one after the other, with what its nodes are told at each. */
const growing: [nodes: number, seconds: number][] = [
  [1, 0],
  [100, 0],
  [101, 15],
  [500, 15],
  [501, 30],
  [1_001, 60],
  [2_000, 60],
  [2_001, 300],
]
const shrinking: [nodes: number, seconds: number][] = [
  [1_800, 300],
  [1_799, 60],
  [900, 60],
  [899, 30],
  [450, 30],
  [449, 15],
  [90, 15],
  [89, 0],
]

test('stepFor rises and falls at borders of its own', () => {
  let step = 0
  for (const [nodes, seconds] of [...growing, ...shrinking]) {
    step = stepFor(nodes, step)
    assert.equal(ttlSecondsOf(step), seconds, `${nodes} nodes`)
  }
})

test('stepFor finds its step at once when a controller starts in a large cluster', () => {
  assert.equal(ttlSecondsOf(stepFor(1_500, 0)), 60)
  assert.equal(ttlSecondsOf(stepFor(20, 4)), 0)
})
