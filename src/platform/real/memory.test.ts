import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../simulated/clock.ts'
import { collectedBytesMax, giveBackWhenQuiet, quietCheckMs, settledAfterMs, worthBytes } from './memory.ts'

function start() {
  const clock = simulatedClock()
  const collected: unknown[] = []
  const load = { bytes: 10_000_000, busy: 0 }
  const collect = ((options: unknown) => void collected.push(options)) as NodeJS.GCFunction
  giveBackWhenQuiet(clock, collect, { heapBytes: () => load.bytes, busyShare: () => load.busy })
  return { clock, collected, load }
}

test('what a start left behind is collected once, when the start is over', async () => {
  const { clock, collected } = start()
  await clock.advance(settledAfterMs - 1)
  assert.deepEqual(collected, [])
  await clock.advance(5 * quietCheckMs)
  assert.deepEqual(collected, [{ type: 'major', execution: 'sync', flavor: 'last-resort' }])
})

test('what a burst left behind is collected when all is quiet, where that is worth it and does not take long', async () => {
  const { clock, collected, load } = start()
  await clock.advance(settledAfterMs)
  const collections = async (bytes: number, busy: number): Promise<number> => {
    const before = collected.length
    Object.assign(load, { bytes, busy })
    await clock.advance(quietCheckMs)
    return collected.length - before
  }
  assert.equal(await collections(load.bytes + worthBytes - 1, 0), 0)
  assert.equal(await collections(60_000_000, 0.5), 0)
  assert.equal(await collections(60_000_000, 0), 1)
  assert.equal(await collections(60_000_000, 0), 0)
  assert.equal(await collections(collectedBytesMax + 1, 0), 0)
})

test('a process that may not collect by itself goes on without', async () => {
  const clock = simulatedClock()
  giveBackWhenQuiet(clock, undefined)
  await clock.advance(quietCheckMs)
})
