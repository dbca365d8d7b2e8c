/** Lists whose order means nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, declareStructural, evaluate, toCel } from './index.ts'

const strings = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }
const fields = { k: { type: 'string' }, v: { type: 'integer' } }
const named = {
  type: 'array',
  items: { type: 'object', properties: fields },
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['k'],
}
const type = declareStructural(
  { type: 'object', properties: { a: strings, b: strings, l: { type: 'array', items: named } } },
  { name: 'self' },
)!
const self = toCel(
  {
    a: ['x', 'y'],
    b: ['y', 'x'],
    l: [
      [
        { k: '1', v: 1 },
        { k: '2', v: 2 },
      ],
      [
        { k: '2', v: 2 },
        { k: '1', v: 1 },
      ],
    ],
  },
  type,
)
const cases: [rule: string, expected: boolean][] = [
  ['self.a == self.b', true],
  ["self.a == ['y', 'x']", true],
  ["self.a == ['y', 'z']", false],
  ["self.a + ['x', 'z'] == ['x', 'y', 'z']", true],
  ["(self.a + ['x', 'z']).size() == 3", true],
  ['self.l[0] == self.l[1]', true],
  ['self.l[0] + self.l[1] == self.l[0]', true],
  ['self.l[0] != [self.l[0][0]]', true],
  ['(self.l[0] + [self.l[1][0]]).size() == 2', true],
]

for (const [rule, expected] of cases) {
  test(`evaluate answers ${expected} to ${rule}`, () => {
    const compiled = compile(rule, { variables: new Map([['self', type]]) })
    assert(compiled.ok)
    const evaluation = evaluate(compiled.program, [['self', self]], { cost: 1_000 })
    assert(evaluation.ok)
    assert.equal(evaluation.value, expected)
  })
}
