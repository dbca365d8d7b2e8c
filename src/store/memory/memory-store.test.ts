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

test('fork goes on from the present or the past without touching its origin', async () => {
  const clock = simulatedClock()
  const store = memoryStore({ clock })
  const put = (key: string, text: string) => ({ op: 'put' as const, key, value: Buffer.from(text) })
  await store.commit([put('/a', '1')])
  const { revision } = await store.get('/a')
  await store.commit([put('/a', '2'), put('/b', '1')])
  const [now, past] = [store.fork({ clock }), store.fork({ clock }, revision)]
  await store.commit([put('/a', '3')])
  await now.commit([{ op: 'delete', key: '/a' }])
  const content = async (of: typeof store) =>
    (await of.range({ prefix: '/' })).items.map(({ key, value }) => `${key}=${Buffer.from(value)}`)
  assert.deepEqual(await content(store), ['/a=3', '/b=1'])
  assert.deepEqual(await content(now), ['/b=1'])
  assert.deepEqual(await content(past), ['/a=1'])
  assert.equal((await past.commit([put('/c', '1')])).revision, revision + 1)
  await assert.rejects(past.range({ prefix: '/', revision: revision - 1 }), { name: 'CompactedError' })
  for (const each of [store, now, past]) await each.close()
})
