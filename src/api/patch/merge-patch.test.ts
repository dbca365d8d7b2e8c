import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyMergePatch } from './merge-patch.ts'

// The examples of RFC 7386, appendix A, as far as the patch is an object.
const cases: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

for (const [document, patch, expected] of cases) {
  test(`applyMergePatch of ${JSON.stringify(patch)} to ${JSON.stringify(document)}`, () => {
    const before = structuredClone(document)
    assert.deepEqual(applyMergePatch(document, patch), expected)
    assert.deepEqual(document, before)
  })
}

for (const patch of [[], 'text', null, 7]) {
  test(`applyMergePatch refuses ${JSON.stringify(patch)}`, () => {
    assert.throws(() => applyMergePatch({}, patch), /error decoding patch: a merge patch must be an object/)
  })
}

test('applyMergePatch refuses a patch nested without end', () => {
  let patch: unknown = {}
  for (let depth = 0; depth < 5000; depth++) patch = { a: patch }
  assert.throws(() => applyMergePatch({}, patch), /exceeded max depth/)
})
