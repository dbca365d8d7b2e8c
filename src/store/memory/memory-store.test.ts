import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { benchStore } from '../store.bench.ts'
import { storeContract } from '../store.contract.ts'
import { memoryStore } from './memory-store.ts'
import { SortedKeys } from './sorted-keys.ts'

storeContract('memoryStore', async (options) => memoryStore(options))

test('SortedKeys keeps order through many inserts and deletes', () => {
  const random = simulatedRandom('keys')
  const keys = new SortedKeys()
  const model = new Set<string>()
  for (let round = 0; round < 20_000; round++) {
    const key = `/${random.int(3_000)}`
    if (random.int(3) === 0) {
      keys.delete(key)
      model.delete(key)
    } else {
      keys.add(key)
      model.add(key)
    }
  }
  assert.deepEqual([...keys.between('', undefined)], [...model].sort())
  assert.deepEqual([...keys.between('/2', '/3')], [...model].filter((key) => key >= '/2' && key < '/3').sort())
})

test('benchStore reads back the same whatever the number of writers', async () => {
  const hashes = new Set<string>()
  for (const writers of [1, 8]) {
    const store = memoryStore({ clock: simulatedClock() })
    hashes.add((await benchStore(store, 200, writers)).hash)
    await store.close()
  }
  assert.equal(hashes.size, 1)
})
