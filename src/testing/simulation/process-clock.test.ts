import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { processClock } from './process-clock.ts'

test('processClock: what was due while the process stood still fires when it goes on, in order, unless cancelled', async () => {
  const base = simulatedClock({ startMs: 0 })
  const clock = processClock(base)
  const fired: string[] = []
  const note = (name: string) => () => void fired.push(`${name} at ${clock.monotonicMs()}`)
  clock.after(1_000, note('first'))
  const cancel = clock.after(2_000, note('cancelled'))
  clock.after(3_000, note('second'))
  clock.after(9_000, note('later'))
  clock.pause()
  await base.advance(5_000)
  assert.deepEqual(fired, [])
  cancel()
  clock.resume()
  await base.advance(0)
  assert.deepEqual(fired, ['first at 5000', 'second at 5000'])
  await base.advance(4_000)
  assert.equal(fired.at(-1), 'later at 9000')
})

test('processClock: wall time may be wrong, and goes on while the process stands still', async () => {
  const base = simulatedClock({ startMs: 0 })
  const clock = processClock(base)
  clock.skew(-500)
  clock.pause()
  await base.advance(2_000)
  assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [1_500, 2_000])
})
