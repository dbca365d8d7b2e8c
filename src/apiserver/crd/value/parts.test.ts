/** Large values are checked in several turns, and come out as in one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { inParts } from '../../../platform/turn.ts'
import { validateListTypes } from './list-types.ts'
import { validateValue } from './validate.ts'

const schema = {
  type: 'object',
  properties: {
    map: { type: 'object', additionalProperties: { type: 'integer', anyOf: [{ minimum: 10 }, { maximum: 3 }] } },
    list: {
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'array', items: { type: 'string', maxLength: 3 } } } },
    },
  },
} as JSONSchemaProps

const count = 6_000
const value = {
  map: Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index % 17])),
  list: [
    ...Array.from({ length: 100 }, (_, index) => ({ a: [`v${index}`] })),
    { a: Array.from({ length: count }, (_, index) => `v${index}`) },
  ],
}

test('validateValue finds the same of a large value in several turns as in one', async () => {
  let starts = 0
  const inTurns = await inParts(() => {
    starts += 1
    return validateValue(schema, value)
  })
  const atOnce = validateValue(schema, value)
  assert.ok(starts >= 2, `${starts} turns`)
  assert.ok(atOnce.errors.length > 100)
  assert.deepEqual(inTurns.errors, atOnce.errors)
  assert.equal(inTurns.matches, atOnce.matches)
})

const keyed = {
  type: 'object',
  properties: Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [
      name,
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer', maximum: 5 } } },
      },
    ]),
  ),
} as JSONSchemaProps
const keyedItems = (shift: number) =>
  Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [
      name,
      Array.from({ length: 6_000 }, (_, index) => ({ name: `n${(index + shift) % 5_990}`, size: index % 7 })),
    ]),
  )

test('lists of type map are compared in several turns: with themselves, and with what is stored', async () => {
  const works = [
    () => validateListTypes(keyed, keyedItems(0)),
    () => validateValue(keyed, keyedItems(0), { value: keyedItems(8) }).errors,
  ]
  for (const work of works) {
    let starts = 0
    const inTurns = await inParts(() => {
      starts += 1
      return work()
    })
    assert.ok(starts >= 2, `${starts} turns`)
    assert.ok(inTurns.length >= 10)
    assert.deepEqual(inTurns, work())
  }
})
