import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchServer } from './server.bench.ts'

test('benchServer reads the same whenever it runs, and every watcher gets every event', async () => {
  const [first, second] = [await benchServer(5), await benchServer(5)]
  assert.equal(first.hash, second.hash)
  assert.equal(first.delivered, 500)
})
