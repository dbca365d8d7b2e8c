/** Large values are checked in several turns, and come out as in one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { inParts } from '../../../platform/turn.ts'
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
