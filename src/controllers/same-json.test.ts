import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sameJson } from './same-json.ts'

test('sameJson compares values, not the order of fields', () => {
  const same: [unknown, unknown][] = [
    [
      { a: 1, b: [true, null, 'x'] },
      { b: [true, null, 'x'], a: 1 },
    ],
    [{ a: undefined }, {}],
    [Object.assign(Object.create(null), { a: {} }), { a: {} }],
  ]
  const different: [unknown, unknown][] = [
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { a: '1' }],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], { 0: 1 }],
    [{ a: null }, {}],
    [null, {}],
    [{ toString: undefined }, { a: 1 }],
    [{ constructor: 1 }, {}],
    [[], [undefined]],
  ]
  for (const [one, other] of same) assert.ok(sameJson(one, other) && sameJson(other, one), JSON.stringify([one, other]))
  for (const [one, other] of different) {
    assert.ok(!sameJson(one, other) && !sameJson(other, one), JSON.stringify([one, other]))
  }
})
