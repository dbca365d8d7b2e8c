import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseExactly, parseNearly } from './exact-json.ts'
import { DecodeError, parseJson } from './json.ts'
import { parseYaml } from './yaml.ts'

const texts: [text: string, written: string][] = [
  ['9007199254740991', '9007199254740991'],
  ['9007199254740993', '9007199254740993'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['9223372036854775808', '9223372036854776000'],
  ['[12345678901234567,{"a":-12345678901234567}]', '[12345678901234567,{"a":-12345678901234567}]'],
  ['{"a": "12345678901234567, 12345678901234567"}', '{"a":"12345678901234567, 12345678901234567"}'],
  [String.raw`{"a":"\u0000123","b":12345678901234567}`, String.raw`{"a":"\u0000123","b":12345678901234567}`],
  ['{"__proto__":12345678901234567}', '{"__proto__":12345678901234567}'],
  ['12345678901234567.0', '12345678901234568'],
  ['1234567890123456789e3', '1.2345678901234568e+21'],
  ['0.123456789012345678', '0.12345678901234568'],
]
for (const [text, written] of texts) {
  test(`${text} is written as ${written}`, () => assert.equal(JSON.stringify(parseExactly(text)), written))
}

test('who reckons has numbers of which none is out of 64 bits', () => {
  const text = '{"a":9223372036854775807,"b":[-9223372036854775808,9007199254740993],"c":5}'
  assert.deepEqual(parseNearly(text), { a: 2 ** 63 - 1024, b: [-(2 ** 63 - 1024), 9007199254740992], c: 5 })
})

test('what is no JSON stays none', () => {
  for (const text of [
    '012345678901234567',
    '-',
    '{"a":12345678901234567',
    '12345678901234567 1',
    '--12345678901234567',
  ]) {
    assert.throws(() => parseExactly(text), SyntaxError, text)
  }
})

test('whatever has whole numbers of 64 bits comes back as it was', () => {
  const number = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
  const string = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text))
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, number, string, tie('list'), tie('object')),
    list: fc.array(tie('value')).map((items) => `[${items.join(',')}]`),
    object: fc.dictionary(fc.string(), tie('value')).map(
      (members) =>
        `{${Object.entries(members)
          .map(([name, member]) => `${JSON.stringify(name)}:${member}`)
          .join(',')}}`,
    ),
  }))
  fc.assert(
    fc.property(value as fc.Arbitrary<string>, (text) => {
      const names = /"(__proto__|\d+)":/.test(text)
      // Names that are indexes stand first in JavaScript, and one name counts once.
      if (!names) assert.equal(JSON.stringify(parseExactly(text)), text)
    }),
  )
})

test('what is larger than any number is refused, not written as null', () => {
  const digits = '9'.repeat(400)
  for (const number of ['1e400', '-1E+400', '1.5e309', digits, `1e${digits}`]) {
    for (const text of [number, `{"a":[1,${number}]}`]) assert.throws(() => parseJson(text), DecodeError, text)
  }
  assert.throws(() => parseYaml('a: .inf'), DecodeError)
  assert.throws(() => parseYaml('a: 1e400'), DecodeError)
  const { value } = parseJson('{"e":true,"a":[1e308,-1E-400,2e0],"1e400":"1e400"}')
  assert.deepEqual(value, { e: true, a: [1e308, -0, 2], '1e400': '1e400' })
})
