import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonFault } from './json-fault.ts'

const faults: Record<string, readonly string[]> = {
  'unexpected end of JSON input': [
    '',
    ' ',
    '{',
    '{"',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '[',
    '[1',
    '"a',
    '{"a":"\\u0041',
  ],
  "invalid character '}' looking for beginning of value": ['{"a":}', '[}', '{"a":[1,}'],
  "invalid character ']' looking for beginning of value": ['[1,]', ']'],
  "invalid character '}' looking for beginning of object key string": ['{"a":1,}'],
  "invalid character '\\'' looking for beginning of object key string": ["{'a':1}"],
  "invalid character '1' after object key": ['{"a" 1}'],
  "invalid character '\"' after object key:value pair": ['{"a":1 "b":2}'],
  "invalid character '1' after object key:value pair": ['{"a":01}'],
  "invalid character '2' after array element": ['[1 2]'],
  "invalid character 'x' after top-level value": ['{} x', '1x', 'nullx'],
  "invalid character '\\n' in string literal": ['{"a":"\n"}'],
  "invalid character '\\x00' in string literal": ['"\u0000"'],
  "invalid character 'x' in string escape code": ['"\\x"'],
  "invalid character ' ' in string escape code": ['"\\'],
  "invalid character 'g' in \\u hexadecimal character escape": ['"\\u12g4"'],
  "invalid character 'x' in literal true (expecting 'e')": ['{"a":trux}'],
  "invalid character ' ' in literal null (expecting 'l')": ['nul'],
  "invalid character 'a' in numeric literal": ['-a'],
  "invalid character '}' after decimal point in numeric literal": ['{"a":1.}'],
  "invalid character ']' in exponent of numeric literal": ['[1e+]'],
  "invalid character 'Ã' looking for beginning of value": ['é'],
}

for (const [fault, texts] of Object.entries(faults)) {
  test(`jsonFault: ${fault}`, () => {
    for (const text of texts) assert.equal(jsonFault(text), fault, text)
  })
}

test('jsonFault finds a fault in what JSON.parse refuses, and in nothing else', () => {
  const piece = fc.constantFrom(
    ...'{}[],:"\\ -+.eE019aut\n'.split(''),
    'true',
    'null',
    '"a"',
    '"a":1',
    '1.5e3',
    '\\u00e9',
  )
  const isJson = (text: string): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const mixed = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.json(), mixed), (text) => {
      assert.equal(jsonFault(text) === undefined, isJson(text), text)
    }),
    { numRuns: 2000 },
  )
})
