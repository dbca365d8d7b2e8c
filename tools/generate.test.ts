import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staleFiles } from './generate.ts'

test('generated files are what the schema says', () => {
  assert.deepEqual(staleFiles(), [], 'run script/update-api')
})
