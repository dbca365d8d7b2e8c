import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import type { ApiError } from '../errors.ts'
import { applyJsonPatch, unknownOperationFields } from './json-patch.ts'

const applied: [string, unknown, unknown[], unknown][] = [
  ['add sets a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['add inserts into a list', { l: [1, 3] }, [{ op: 'add', path: '/l/1', value: 2 }], { l: [1, 2, 3] }],
  ['add appends with -', { l: [1] }, [{ op: 'add', path: '/l/-', value: 2 }], { l: [1, 2] }],
  ['replace replaces the document', { a: 1 }, [{ op: 'replace', path: '', value: [] }], []],
  ['remove takes a list item', { l: [1, 2] }, [{ op: 'remove', path: '/l/0' }], { l: [2] }],
  ['remove counts from the end', { l: [1, 2] }, [{ op: 'remove', path: '/l/-1' }], { l: [1] }],
  ['replace sets null', { a: 1 }, [{ op: 'replace', path: '/a', value: null }], { a: null }],
  ['replace sets a member that is not there', {}, [{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
  ['add without a value sets null', {}, [{ op: 'add', path: '/a' }], { a: null }],
  ['copy of a member that is not there sets null', {}, [{ op: 'copy', from: '/b', path: '/a' }], { a: null }],
  ['move renames', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
  [
    'copy is independent of its source',
    { a: { b: 1 } },
    [
      { op: 'add', path: '/a/x', value: 1 },
      { op: 'copy', from: '/a', path: '/c' },
      { op: 'replace', path: '/a/b', value: 2 },
    ],
    { a: { b: 2, x: 1 }, c: { b: 1, x: 1 } },
  ],
  [
    'test ignores key order',
    { a: { b: 1, c: 2 } },
    [{ op: 'test', path: '/a', value: { c: 2, b: 1 } }],
    { a: { b: 1, c: 2 } },
  ],
  ['test finds null where nothing is', {}, [{ op: 'test', path: '/a', value: null }], {}],
  ['escapes are undone', { 'a/b': { '~': 1 } }, [{ op: 'remove', path: '/a~1b/~0' }], { 'a/b': {} }],
]

for (const [name, document, patch, expected] of applied) {
  test(`applyJsonPatch: ${name}, and leaves its input alone`, () => {
    const before = structuredClone(document)
    const frozen = deepFreeze(document)
    assert.deepEqual(applyJsonPatch(frozen, patch), expected)
    assert.deepEqual(document, before)
  })
}

const refused: [string, unknown, number][] = [
  ['a failing test', [{ op: 'test', path: '/a', value: 2 }], 422],
  ['an unknown operation', [{ op: 'frobnicate', path: '/a' }], 422],
  ['removal of nothing', [{ op: 'remove', path: '/x/y' }], 422],
  ['replacement of an item that is not there', [{ op: 'replace', path: '/l/1', value: 1 }], 422],
  ['a member of nothing', [{ op: 'replace', path: '/x/y', value: 1 }], 422],
  ['an inherited member', [{ op: 'test', path: '/constructor', value: 1 }], 422],
  ['an index out of bounds', [{ op: 'add', path: '/l/5', value: 1 }], 422],
  ['an addition of the document', [{ op: 'add', path: '', value: {} }], 422],
  ['a copy of the document', [{ op: 'copy', from: '', path: '/x' }], 422],
  ['a document that is a number', [{ op: 'replace', path: '', value: 5 }], 422],
  ['a move into itself', [{ op: 'move', from: '/l', path: '/l/0' }], 422],
  ['a patch that is no list', { op: 'add' }, 400],
  ['an operation that is no object', [null], 422],
  ['too many operations', new Array(limits.jsonPatchOperationsMax + 1).fill({ op: 'test', path: '/a', value: 1 }), 413],
]

for (const [name, patch, code] of refused) {
  test(`applyJsonPatch refuses ${name} with ${code}`, () => {
    assert.throws(
      () => applyJsonPatch({ a: 1, l: [1] }, patch),
      (error: ApiError) => error.code === code,
    )
  })
}

test('applyJsonPatch stops copies that double each time', () => {
  const patch = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
  assert.throws(() => applyJsonPatch({ a: ['x'.repeat(100)] }, patch), /rejected our request/)
})

test('applyJsonPatch keeps __proto__ a plain key', () => {
  const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]) as object
  assert.equal(JSON.stringify(patched), '{"__proto__":{"polluted":true}}')
  assert.equal((patched as { polluted?: boolean }).polluted, undefined)
})

test('unknownOperationFields names each', () => {
  assert.deepEqual(unknownOperationFields([{ op: 'add', path: '', foo: 1 }]), ['json patch unknown field "[0].foo"'])
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item)
    Object.freeze(value)
  }
  return value
}
