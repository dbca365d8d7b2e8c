import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planConditions } from './plan.ts'

test('planConditions names the groups that could not be discovered', () => {
  const discovery = ['a.example/v1: stale GroupVersion discovery: a.example/v1']
  const nothing = { counts: new Map<string, number>(), finalizers: new Map<string, number>() }
  const conditions = planConditions([], nothing, { failures: { discovery, content: [] }, nowText: '' })
  const said = conditions.filter(({ status }) => status === 'True').map(({ type, message }) => [type, message])
  assert.deepEqual(said, [
    [
      'NamespaceDeletionDiscoveryFailure',
      `Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: ${discovery}`,
    ],
  ])
})
