/** Conditions that cost little are decided at once; others have their turn while costly ones are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchConditions } from './match-conditions.ts'

const spec = { user: 'wilma', groups: Array.from({ length: 300 }, (_, index) => `g${index}`) }

test('matchConditions decides at once what costs little', () => {
  assert.equal(matchConditions(["request.user == 'wilma'"])(spec), true)
  assert.equal(matchConditions(["request.user == 'fred'", '1 / 0 > 0'])(spec), false)
})

test('matchConditions takes several turns for what costs much, with the same result or error', async () => {
  const each = (rest: string) => `request.groups.all(a, request.groups.all(b, a.size() + b.size() > 0 ${rest}))`
  const [met, unmet, broken] = [
    matchConditions([each('')]),
    matchConditions([each("&& a != 'g299'")]),
    matchConditions([each('&& 1 / 0 > 0')]),
  ]
  const decided = [met(spec), unmet(spec)]
  assert.ok(decided.every((one) => one instanceof Promise))
  assert.deepEqual(await Promise.all(decided), [true, false])
  await assert.rejects(async () => await broken(spec), /division by zero/)
})
