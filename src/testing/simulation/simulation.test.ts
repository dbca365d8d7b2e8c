import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { regressions } from './regressions.ts'
import { type SimulationResult, simulate } from './simulation.ts'

/** What to read and to type when a seed fails. */
function failure({ seed, findings, trace }: SimulationResult, more = ''): string {
  const what = findings.map(({ rule, text, atMs }) => `  after ${atMs / 1000} s, ${rule}: ${text}`)
  return [
    `seed ${seed} broke a rule; see it again: script/simulate --seed ${seed}${more} --trace`,
    ...what,
    'the end of its trace:',
    ...trace.slice(-30),
  ].join('\n')
}

test('the same seed gives the same trace, byte for byte, whatever ran before it', async () => {
  const first = await simulate({ seed: 'again' })
  const other = await simulate({ seed: 'other', stormMs: 5_000 })
  const second = await simulate({ seed: 'again' })
  assert.equal(second.trace.join('\n'), first.trace.join('\n'))
  assert.equal(second.digest, first.digest)
  assert.notEqual(other.digest, first.digest)
})

for (const from of [1, 26, 51, 76]) {
  test(`no rule is broken by any of the 100 seeds: ${from} to ${from + 24}`, async () => {
    const failed: string[] = []
    for (let seed = from; seed < from + 25; seed++) {
      const result = await simulate({ seed })
      if (result.findings.length > 0) failed.push(failure(result))
    }
    assert.equal(failed.length, 0, failed.slice(0, 3).join('\n\n'))
  })
}

/** The others are among the hundred. */
for (const { seed, stormSeconds, place } of regressions.filter(({ stormSeconds }) => stormSeconds !== 60)) {
  test(`seed ${seed}, which found a bug in ${place}, stays clean`, async () => {
    const result = await simulate({ seed, stormMs: stormSeconds * 1000 })
    assert.equal(result.findings.length, 0, failure(result, ` --storm ${stormSeconds}`))
  })
}

test('every seed that found a bug is run, and where the bug was still exists', () => {
  for (const { seed, stormSeconds, place, story } of regressions) {
    assert.ok(stormSeconds !== 60 || seed <= 100, `seed ${seed} is run by no test`)
    assert.ok(existsSync(new URL(`../../../${place}`, import.meta.url)), place)
    assert.ok(story.length > 80)
  }
})
