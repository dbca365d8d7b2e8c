import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scanJson } from './json-scan.ts'

const texts: [string, string[]][] = [
  ['{}', []],
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":1,"a":2,"a":3}', ['a', 'a']],
  ['{"":1,"":2}', ['']],
  ['{"x":[{},{"y":{"z":1, "q":2, "z" : 3}}]}', ['x[1].y.z']],
  ['{"a":"a","b":"a"}', []],
  ['{"a\\"b":1,"a\\"b":2}', ['a"b']],
  ['{"\\u0061":1,"a":2}', ['a']],
  ['{"a":"\\\\","b":"{\\"a\\":1}"}', []],
  ['[["a","a"],{"a":["a"]}]', []],
]

for (const [text, expected] of texts) {
  test(`scanJson of ${text}`, () => assert.deepEqual(scanJson(text, 100).duplicates, expected))
}

test('scanJson refuses more values than it is told, whether the text is JSON or not', () => {
  const tooMany = /^DecodeError: json: the document has more than 5 values$/
  assert.deepEqual(scanJson('[1,2,3,4,5]', 5).duplicates, [])
  for (const text of ['[1,2,3,4,5,6]', '[[[[[[', '{"a":{"b":{},"c":[]},"d":{}}', '{,,,,,,'])
    assert.throws(() => scanJson(text, 5), tooMany, text)
})

test('scanJson names at most a hundred names that stand twice', () => {
  assert.equal(scanJson(`{${'"a":1,'.repeat(500)}"a":1}`, 1_000).duplicates.length, 100)
})

test('scanJson reads over what is no JSON', () => {
  for (const text of ['', '"', '{"\\x":1', '}}]]', '{"a"', '\\"{', '[}'])
    assert.deepEqual(scanJson(text, 100).duplicates, [], text)
})

test('scanJson says what the oddest number is written with', () => {
  for (const [text, numbers] of [
    ['{"a":12345678901234567890,"b":"1.5","1e400":[1]}', 'whole'],
    ['[1e308,1]', 'fractions'],
    ['[1.5,{"a":2}]', 'fractions'],
    ['[1e400,1.5]', 'infinite'],
    ['{"a":-1.5E+309}', 'infinite'],
  ] as const) {
    assert.equal(scanJson(text, 100).numbers, numbers, text)
  }
})
