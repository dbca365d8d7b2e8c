import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FieldSet } from './field-set.ts'
import { parseFieldsV1, pathText, serializeFieldsV1 } from './fields-v1.ts'

const element = fc.oneof(
  fc.constantFrom('f:a', 'f:b', 'f:spec', 'i:0', 'v:"x"', 'v:1'),
  fc.constantFrom('k:{"name":"a"}', 'k:{"containerPort":80,"protocol":"TCP"}'),
)
const set = fc
  .array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 12 })
  .map((paths) => FieldSet.of(...paths))

test('FieldSet algebra holds for any sets', () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      assert.ok(a.difference(b).union(a.intersection(b)).equals(a))
      assert.ok(a.union(b).difference(b).intersection(b).empty)
      assert.ok(a.union(b).equals(b.union(a)))
      assert.ok(a.recursiveDifference(b).difference(a).empty)
      for (const path of a.paths()) assert.equal(a.difference(b).has(path), !b.has(path))
    }),
  )
})

test('FieldsV1 reads back what it wrote', () => {
  fc.assert(fc.property(set, (a) => assert.ok(parseFieldsV1(serializeFieldsV1(a)).equals(a))))
})

test('serializeFieldsV1 orders keys by their content, members before what is below', () => {
  const ports = [443, 80].map((port) => `k:{"containerPort":${port},"protocol":"TCP"}`)
  const fields = FieldSet.of(
    ['f:ports', ports[0]!],
    ['f:ports', ports[1]!],
    ['f:ports'],
    ['f:a'],
    ['f:ports', ports[1]!, 'f:x'],
  )
  assert.equal(
    JSON.stringify(serializeFieldsV1(fields)),
    `{"f:a":{},"f:ports":{".":{},${JSON.stringify(ports[1])}:{".":{},"f:x":{}},${JSON.stringify(ports[0])}:{}}}`,
  )
})

test('parseFieldsV1 brings keys into canonical form', () => {
  const parsed = parseFieldsV1({ 'f:l': { 'k:{"b":1,"a":2}': {} } })
  assert.ok(parsed.has(['f:l', 'k:{"a":2,"b":1}']))
})

for (const broken of [[], 'x', { 'f:a': 1 }, { 'k:{': {} }]) {
  test(`parseFieldsV1 refuses ${JSON.stringify(broken)}`, () => assert.throws(() => parseFieldsV1(broken)))
}

test('pathText writes paths as conflicts show them', () => {
  const path = ['f:spec', 'f:containers', 'k:{"name":"c","port":80}', 'f:args', 'v:"x"', 'i:3']
  assert.equal(pathText(path), '.spec.containers[name="c",port=80].args[="x"][3]')
})
