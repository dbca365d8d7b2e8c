import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OrderedKeys } from './ordered-keys.ts'

const keyOf = (number: number): string => `/k/${String(number).padStart(6, '0')}`

test('keys stay in order, each once, whatever the order they come and go in', () => {
  const keys = new OrderedKeys()
  const model = new Set<string>()
  let seed = 7
  for (let step = 0; step < 6_000; step++) {
    seed = (seed * 48_271) % 2_147_483_647
    const key = keyOf(seed % 2_500)
    // Grows for two thirds, then shrinks.
    const put = step < 4_000 ? seed % 4 !== 0 : seed % 8 === 0
    if (put) {
      keys.insert(key)
      model.add(key)
    } else {
      keys.remove(key)
      model.delete(key)
    }
  }
  const sorted = [...model].sort()
  assert.ok(sorted.length > 600)
  assert.deepEqual([...keys.from('')], sorted)
  assert.equal(keys.size, sorted.length)
  for (const start of ['', keyOf(0), keyOf(1_234), `${keyOf(1_999)}!`, '/z']) {
    const later = sorted.filter((key) => key >= start)
    assert.deepEqual([...keys.from(start)], later)
    assert.equal(keys.before(start), sorted.length - later.length)
  }
})

test('sorted keys at once are as those put in one by one, and all can go', () => {
  const sorted = Array.from({ length: 1_500 }, (_, number) => keyOf(number))
  const keys = OrderedKeys.of(sorted)
  assert.deepEqual([...keys.from('')], sorted)
  assert.equal(keys.before(keyOf(1_000)), 1_000)
  for (const key of sorted) keys.remove(key)
  assert.deepEqual([...keys.from('')], [])
  assert.equal(keys.before('/z'), 0)
  keys.insert('/k/again')
  assert.deepEqual([...keys.from('')], ['/k/again'])
})
