import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parts } from './testing.bench.ts'

test('the bench of clusters in tests runs, and repeats what it finds', async () => {
  const scale = await parts.scale?.(0.002)
  assert.equal(scale?.pods, 20)
  const [first, second] = [await parts.year?.(0.2), await parts.year?.(0.2)]
  assert.equal(first?.hash, second?.hash)
})
