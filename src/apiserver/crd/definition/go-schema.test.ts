/** Which schemas are the same, whatever is written of what is empty. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { sameSchema } from './go-schema.ts'

const text = { type: 'string' } as const
const pairs: [string, JSONSchemaProps | undefined, JSONSchemaProps | undefined, boolean][] = [
  ['two absent ones', undefined, undefined, true],
  ['an absent one and an empty one', undefined, {}, false],
  ['properties in another order', { properties: { a: text, b: {} } }, { properties: { b: {}, a: text } }, true],
  ['no properties and none', { properties: {} }, {}, true],
  ['one property more', { properties: { a: text } }, { properties: { a: text, b: text } }, false],
  ['a property of another name', { properties: { a: text } }, { properties: { b: text } }, false],
  ['another type far below', { properties: { a: { items: text } } }, { properties: { a: { items: {} } } }, false],
  ['empty texts', { description: '', nullable: false }, {}, true],
  ['empty lists', { required: [], enum: [], allOf: [] }, {}, true],
  ['lists in another order', { required: ['a', 'b'] }, { required: ['b', 'a'] }, false],
  ['an empty default', { default: [] }, {}, false],
  ['defaults in another order', { default: { a: 1, b: 2 } }, { default: { b: 2, a: 1 } }, true],
  ['items that say nothing', { items: {} }, {}, false],
  ['other members allowed', { additionalProperties: true }, { additionalProperties: {} }, false],
  ['other members of one type', { additionalProperties: text }, { additionalProperties: { ...text } }, true],
  ['alternatives', { anyOf: [text, {}] }, { anyOf: [{ ...text }, { title: '' }] }, true],
  [
    'rules',
    { 'x-kubernetes-validations': [{ rule: 'true', message: '' }] },
    { 'x-kubernetes-validations': [{ rule: 'true' }] },
    true,
  ],
]

for (const [name, one, other, expected] of pairs) {
  test(`${name} ${expected ? 'make no difference' : 'differ'}`, () => {
    assert.equal(sameSchema(one, other), expected)
    assert.equal(sameSchema(other, one), expected)
  })
}
