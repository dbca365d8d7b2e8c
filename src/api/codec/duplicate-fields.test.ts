import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duplicateFields } from './duplicate-fields.ts'

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
  test(`duplicateFields of ${text}`, () => assert.deepEqual(duplicateFields(text), expected))
}
