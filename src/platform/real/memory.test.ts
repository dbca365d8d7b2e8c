import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../simulated/clock.ts'
import { giveBackOnceSettled, settledAfterMs } from './memory.ts'

test('what a start left behind is collected once, when the start is over', async () => {
  const clock = simulatedClock()
  const collected: unknown[] = []
  giveBackOnceSettled(clock, ((options: unknown) => void collected.push(options)) as NodeJS.GCFunction)
  await clock.advance(settledAfterMs - 1)
  assert.deepEqual(collected, [])
  await clock.advance(60_000)
  assert.deepEqual(collected, [{ type: 'major', execution: 'sync', flavor: 'last-resort' }])
})

test('a process that may not collect by itself goes on without', async () => {
  const clock = simulatedClock()
  giveBackOnceSettled(clock, undefined)
  await clock.advance(settledAfterMs)
})
