import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goals, parts, table } from './testing.bench.ts'

test('the bench of clusters in tests runs, and repeats what it finds', async () => {
  const scale = await parts.scale?.(0.002)
  assert.equal(scale?.pods, 20)
  const [first, second] = [await parts.year?.(0.2), await parts.year?.(0.2)]
  assert.equal(first?.hash, second?.hash)
})

test('every goal is about a figure that is measured, and the table says which were missed', async () => {
  const measured: Record<string, Record<string, string | number>> = {}
  for (const part of ['start', 'fork', 'year']) measured[part] = (await parts[part]?.(0.01)) ?? {}
  for (const { part, figure } of goals) {
    if (measured[part]) assert.equal(typeof measured[part][figure], 'number', `${part}.${figure}`)
  }
  assert.match(table({ start: { startMs: 301, readyMs: 500 } }), /301 ms {2}at most 300 ms +MISSED\n.* 500 ms .*met\n/)
})
