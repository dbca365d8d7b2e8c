import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from './testbed/compare.ts'

test('Rbac and NodeAuthorizer decide as the plain rules say, in worlds that change', async () => {
  const { cases, allowed, difference } = await compare(30_000, 'suite')
  assert.deepEqual(difference, undefined)
  assert.ok(allowed > cases / 20 && allowed < cases / 2, `${allowed} of ${cases} were allowed`)
})
