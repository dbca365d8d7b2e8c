import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactFieldValue, formatFieldSelector, matchesFields, parseFieldSelector } from './field.ts'

const valid: [string, { field: string; operator: '=' | '!='; value: string }[]][] = [
  ['', []],
  ['=', []],
  [',,', []],
  ['a=b', [{ field: 'a', operator: '=', value: 'b' }]],
  ['a==b', [{ field: 'a', operator: '=', value: 'b' }]],
  ['a!=b', [{ field: 'a', operator: '!=', value: 'b' }]],
  ['a=', [{ field: 'a', operator: '=', value: '' }]],
  [
    'b=1,a=2',
    [
      { field: 'a', operator: '=', value: '2' },
      { field: 'b', operator: '=', value: '1' },
    ],
  ],
  ['a=x\\,y\\=z\\\\', [{ field: 'a', operator: '=', value: 'x,y=z\\' }]],
]

for (const [text, expected] of valid) {
  test(`parseFieldSelector reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseFieldSelector(text), expected))
}

const broken: [string, RegExp][] = [
  ['a', /invalid selector: 'a'; can't understand 'a'/],
  ['a=b=c', /unescaped character in value: 61/],
  ['a=\\x', /invalid escape sequence: \\x/],
  ['a=b\\', /invalid escape sequence: \\$/],
]

for (const [text, message] of broken) {
  test(`parseFieldSelector refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseFieldSelector(text), message)
  })
}

test('matchesFields compares each field', () => {
  const fields: Record<string, string> = { 'metadata.name': 'x' }
  const match = (text: string) => matchesFields(parseFieldSelector(text), (field) => fields[field] ?? '')
  assert.equal(match('metadata.name=x,spec.nodeName='), true)
  assert.equal(match('metadata.name!=x'), false)
  assert.equal(exactFieldValue(parseFieldSelector('a=1,b!=2'), 'a'), '1')
  assert.equal(exactFieldValue(parseFieldSelector('a=1,b!=2'), 'b'), undefined)
  assert.equal(formatFieldSelector(parseFieldSelector('a=x\\,y')), 'a=x\\,y')
})
