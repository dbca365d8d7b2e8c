import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchDefinitions } from './crd.bench.ts'

test('benchDefinitions serves every definition, before and after a start', async () => {
  const { establishedMs, heap, start } = await benchDefinitions(3)
  assert.ok(establishedMs > 0 && start.servedMs >= start.fullMs)
  assert.ok(heap.stored > 10_000)
})
