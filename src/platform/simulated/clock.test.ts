import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rfc3339 } from '../clock.ts'
import { simulatedClock } from './clock.ts'
import { simulatedRandom } from './random.ts'

test('advance fires timers in order at their own moment, with promise work finished in between', async () => {
  const clock = simulatedClock()
  const seen: string[] = []
  const note = (name: string): void => void seen.push(`${name}@${clock.monotonicMs()}`)
  clock.after(20, () => note('late'))
  clock.after(10, () => {
    note('early')
    void Promise.resolve()
      .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
      .then(() => clock.after(5, () => note('nested')))
  })
  clock.after(10, () => note('same moment'))
  await clock.advance(20)
  assert.deepEqual(seen, ['early@10', 'same moment@10', 'nested@15', 'late@20'])
  assert.equal(clock.nextTimerMs, undefined)
})

test('advance rejects with a failing callback and can go on afterwards', async () => {
  const clock = simulatedClock()
  const seen: number[] = []
  clock.after(10, () => {
    throw new Error('broken')
  })
  clock.after(20, () => seen.push(clock.monotonicMs()))
  await assert.rejects(clock.advance(60), { message: 'broken' })
  assert.equal(clock.monotonicMs(), 10)
  await clock.advance(10)
  assert.deepEqual(seen, [20])
})

test('every repeats until cancelled; a cancelled timer never fires', async () => {
  const clock = simulatedClock()
  let ticks = 0
  const cancel = clock.every(10, () => ticks++)
  for (let index = 0; index < 300; index++) clock.after(1, () => assert.fail('cancelled'))()
  await clock.advance(35)
  cancel()
  await clock.advance(100)
  assert.equal(ticks, 3)
})

test('sleep resolves by time, and rejects with the reason when aborted', async () => {
  const clock = simulatedClock()
  const abort = new AbortController()
  const outcomes: string[] = []
  void clock.sleep(50).then(() => outcomes.push('woke'))
  clock.sleep(500, abort.signal).catch((error) => outcomes.push(error.message))
  await clock.advance(50)
  abort.abort(new Error('left'))
  await clock.settle()
  assert.deepEqual(outcomes, ['woke', 'left'])
})

test('stepWall moves wall time only', async () => {
  const clock = simulatedClock()
  clock.stepWall(-60_000)
  assert.equal(rfc3339(clock.nowMs()), '2025-12-31T23:59:00Z')
  assert.equal(clock.monotonicMs(), 0)
})

test('simulatedRandom repeats by seed, and its streams do not shift each other', () => {
  const draw = (extra: number): number[] => {
    const random = simulatedRandom(7)
    for (let count = 0; count < extra; count++) random.stream('a').int(1000)
    return [random.stream('b').int(1000), random.stream('b').int(1000), random.stream('c').int(1000)]
  }
  assert.deepEqual(draw(0), draw(5))
  assert.notEqual(simulatedRandom(1).uuid(), simulatedRandom(2).uuid())
  const random = simulatedRandom()
  const mean = Array.from({ length: 10_000 }, () => random.float()).reduce((a, b) => a + b) / 10_000
  assert.ok(Math.abs(mean - 0.5) < 0.02)
})
