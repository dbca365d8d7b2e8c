import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvVarName,
  isLabelValue,
  isPathSegmentName,
  isPortName,
  isPortNumber,
  isQualifiedName,
  isWildcardDns1123Subdomain,
} from './names.ts'

const syntaxes: { name: string; check: (value: string) => string[]; valid: string[]; invalid: string[] }[] = [
  {
    name: 'isDns1123Label',
    check: isDns1123Label,
    valid: ['a', 'a-b', '0a', 'a'.repeat(63)],
    invalid: ['', 'A', '-a', 'a-', 'a.b', 'a_b', 'a'.repeat(64), 'é'],
  },
  {
    name: 'isDns1123Subdomain',
    check: isDns1123Subdomain,
    valid: ['a', 'a.b', '1.2.3', 'a-b.c'],
    invalid: ['', '.a', 'a.', 'a..b', 'A.b', 'a'.repeat(254)],
  },
  { name: 'isDns1035Label', check: isDns1035Label, valid: ['a', 'a1'], invalid: ['', '1a', 'a.b', 'A'] },
  {
    name: 'isWildcardDns1123Subdomain',
    check: isWildcardDns1123Subdomain,
    valid: ['*.a', '*.a.b'],
    invalid: ['a', '*', '*a.b', '*.*.b'],
  },
  {
    name: 'isQualifiedName',
    check: isQualifiedName,
    valid: ['a', 'A_b.c', 'a.b/c', '1'],
    invalid: ['', 'a/', '/a', 'a/b/c', '-a', 'A.B/c', 'a'.repeat(64), 'a b'],
  },
  { name: 'isLabelValue', check: isLabelValue, valid: ['', 'a', 'A_b.c-1'], invalid: ['-', 'a/b', 'a'.repeat(64)] },
  { name: 'isConfigMapKey', check: isConfigMapKey, valid: ['a.b', '.a', '_'], invalid: ['', '.', '..', '..a', 'a/b'] },
  { name: 'isEnvVarName', check: isEnvVarName, valid: ['A', 'a.b', '_'], invalid: ['', '1A', 'a=b', '..'] },
  { name: 'isPathSegmentName', check: isPathSegmentName, valid: ['a:b', 'A'], invalid: ['.', '..', 'a/b', 'a%b'] },
  { name: 'isPortName', check: isPortName, valid: ['http', 'a-1'], invalid: ['', '1', 'a--b', '-a', 'a'.repeat(16)] },
]

for (const { name, check, valid, invalid } of syntaxes) {
  test(`${name} takes what is valid`, () => {
    for (const value of valid) assert.deepEqual(check(value), [], value)
  })
  test(`${name} refuses what is not`, () => {
    for (const value of invalid) assert.notDeepEqual(check(value), [], value)
  })
}

test('messages are the ones that clients know', () => {
  assert.deepEqual(isDns1123Subdomain('A'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ])
  assert.deepEqual(isDns1123Label('a.b'), ['must not contain dots'])
  assert.deepEqual(isPortNumber(0), ['must be between 1 and 65535, inclusive'])
  assert.match(isLabelValue('a/b')[0] ?? '', /\(e\.g\. 'MyValue', {2}or 'my_value', {2}or '12345', regex used/)
})
