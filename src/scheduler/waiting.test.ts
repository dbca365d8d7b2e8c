import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { Waiting } from './waiting.ts'

const patience = { timeoutMs: 1_000, timeoutMessage: 'too late' }

test('a wait ends as soon as somebody looks and it is over, and is not looked at again', async () => {
  const waiting = new Waiting(simulatedClock())
  const asked: boolean[] = []
  let over = false
  const wait = waiting.until(() => {
    asked.push(over)
    return over
  }, patience)
  waiting.look()
  over = true
  waiting.look()
  waiting.look()
  await wait
  assert.deepEqual(asked, [false, false, true])
})

test('a wait is in vain when its condition fails, its time is over, or the scheduler ends', async () => {
  const clock = simulatedClock()
  const waiting = new Waiting(clock)
  const never = () => false
  const failing = () => {
    throw new Error('the claim is gone')
  }
  await assert.rejects(waiting.until(failing, patience), { message: 'the claim is gone' })
  const late = assert.rejects(waiting.until(never, patience), { message: 'too late' })
  await clock.advance(1_000)
  await late
  const stopped = assert.rejects(waiting.until(never, patience), { message: 'the scheduler ends' })
  waiting.stop()
  await stopped
  await assert.rejects(
    waiting.until(() => true, patience),
    { message: 'the scheduler ends' },
  )
})
