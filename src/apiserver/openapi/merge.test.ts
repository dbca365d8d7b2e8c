import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergedV2 } from './merge.ts'

const pointingAt = (name: string) => ({ get: { schema: { $ref: `#/definitions/${name}` } } })

test('mergedV2 shares definitions that say the same, and numbers those that do not', () => {
  const own = {
    swagger: '2.0',
    paths: { '/a': pointingAt('A') },
    definitions: { A: { type: 'object', description: 'ours' } },
  }
  const same = { paths: { '/b': pointingAt('A') }, definitions: { A: { description: 'theirs', type: 'object' } } }
  const other = {
    paths: { '/c': pointingAt('A'), '/a': {} },
    definitions: { A: { items: { $ref: '#/definitions/A' } } },
  }
  const another = { paths: { '/d': pointingAt('A') }, definitions: { A: { type: 'string' } } }
  assert.deepEqual(mergedV2(own, [same, other, another]), {
    swagger: '2.0',
    paths: { '/a': pointingAt('A'), '/b': pointingAt('A'), '/c': pointingAt('A_v2'), '/d': pointingAt('A_v3') },
    definitions: { A: own.definitions.A, A_v2: { items: { $ref: '#/definitions/A_v2' } }, A_v3: { type: 'string' } },
    parameters: {},
  })
  assert.deepEqual(Object.keys(own.definitions), ['A'])
})

test('mergedV2 takes nothing from names that objects have by nature', () => {
  const evil = JSON.parse(
    '{"paths":{"/b":{"get":{"$ref":"#/definitions/__proto__"}}},"definitions":{"__proto__":{"x":1}}}',
  )
  const merged = mergedV2({ paths: {}, definitions: {} }, [evil]) as { definitions: { x?: number } }
  assert.equal(merged.definitions.x, undefined)
})
