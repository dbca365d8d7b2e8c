import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchOverload } from './overload.bench.ts'

test('benchOverload serves on under ten times the load, and no lease is refused or late', async () => {
  const result = await benchOverload(600)
  assert.equal(result.renewalsFailed, 0)
  assert.ok(result.renewals > 5, `${result.renewals} renewals`)
  // A lease is lost after ten seconds.
  assert.ok(result.slowestRenewalMs < 5_000, `a renewal took ${result.slowestRenewalMs} ms`)
  assert.ok(result.goodput > 0.5, JSON.stringify(result))
})
