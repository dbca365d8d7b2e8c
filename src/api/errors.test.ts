import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../limits.ts'
import { type FieldError, invalid } from './errors.ts'

test('invalid names the first of thousands of errors, and says how many more there are', () => {
  const errors = (count: number): FieldError[] =>
    Array.from({ length: count }, (_, index) => ({ type: 'Required', path: `spec.list[${index}]`, detail: '' }))
  const { namedErrorsMax } = limits
  const kind = { group: '', kind: 'Pod' }
  const { status } = invalid(kind, 'p', errors(namedErrorsMax + 5))
  assert.equal(status.details?.causes?.length, namedErrorsMax)
  assert.match(status.message ?? '', /^Pod "p" is invalid: \[spec\.list\[0\]: Required value, /)
  assert.match(
    status.message ?? '',
    new RegExp(`spec\\.list\\[${namedErrorsMax - 1}\\]: Required value, and 5 more\\]$`),
  )
  assert.ok(!invalid(kind, 'p', errors(namedErrorsMax)).status.message?.includes('more'))
})
