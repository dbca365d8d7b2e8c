import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationMs, durationText } from './duration.ts'
import { HeldClock } from './held-clock.ts'
import { HeldTime } from './test-time.ts'

test('durationMs reads spans of time, and refuses everything else', () => {
  const spans: [string | number, number][] = [
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['90d', 7_776_000_000],
    ['1.5s', 1_500],
    ['2w', 1_209_600_000],
    [5, 5],
  ]
  for (const [text, ms] of spans) assert.equal(durationMs(text), ms, String(text))
  for (const text of ['', '5', 'soon', '1y', '-1s', -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => durationMs(text), TypeError, String(text))
  }
  for (const [ms, text] of [
    [40, '40ms'],
    [3_200, '3.2s'],
    [7_500_000, '2h5m'],
    [7_776_000_000, '90d'],
  ] as const) {
    assert.equal(durationText(ms), text)
  }
})

function heldTime({ suspicious = false }: { suspicious?: boolean } = {}) {
  const clock = new HeldClock(0)
  const heartbeats: number[] = []
  const time = new HeldTime({
    clock,
    quiet: async () => {
      while (clock.fireDue() > 0) await null
    },
    heartbeat: async () => void heartbeats.push(clock.monotonicMs()),
    writes: () => 0,
    suspicious: () => suspicious,
  })
  return { clock, time, heartbeats }
}

test('advance fires each timer at its own moment, and those it sets', async () => {
  const { clock, time } = heldTime()
  const seen: string[] = []
  clock.after(20, () => seen.push(`late@${clock.monotonicMs()}`))
  clock.after(10, () => {
    seen.push(`early@${clock.monotonicMs()}`)
    clock.after(5, () => seen.push(`nested@${clock.monotonicMs()}`))
  })
  clock.after(5, () => assert.fail('cancelled'))()
  await Promise.all([time.advance(15), time.advance('5ms')])
  assert.deepEqual(seen, ['early@10', 'nested@15', 'late@20'])
  await assert.rejects(time.advanceTo(new Date(0)), RangeError)
  await time.advanceTo('1970-01-01T00:00:01Z')
  assert.equal(clock.nowMs(), 1_000)
})

test('housekeeping is exact while something is suspicious, rarer and rarer when nothing is', async () => {
  const count = async (held: ReturnType<typeof heldTime>, exact: boolean): Promise<number> => {
    let ticks = 0
    held.clock.every(10_000, () => ticks++)
    await held.time.advance('1h', { exact })
    return ticks
  }
  assert.equal(await count(heldTime({ suspicious: true }), false), 360)
  assert.equal(await count(heldTime(), true), 360)
  const calm = await count(heldTime(), false)
  assert.ok(calm > 2 && calm < 12, `${calm} ticks`)
})

test('what fires at its own moment finds everything fresh, however late housekeeping is', async () => {
  const held = heldTime()
  held.clock.every(10_000, () => undefined)
  let freshMs = -1
  held.clock.after(3_000_000, () => {
    freshMs = held.clock.monotonicMs() - (held.heartbeats.at(-1) ?? 0)
  })
  await held.time.advance('1h')
  assert.equal(freshMs, 0)
})

test('step moves wall time alone', async () => {
  const { clock, time } = heldTime()
  time.step(-60_000)
  assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [-60_000, 0])
})
