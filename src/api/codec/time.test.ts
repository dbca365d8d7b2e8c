import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, formatMicroTime, formatTime, isZeroTime, parseDuration, parseTime } from './time.ts'

const times: [string, string][] = [
  ['2026-11-22T15:28:26Z', '2026-11-22T15:28:26Z'],
  ['2026-11-22T15:28:26.999999999Z', '2026-11-22T15:28:26Z'],
  ['2026-11-22T23:59:59-05:30', '2026-11-23T05:29:59Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59Z'],
]

for (const [text, expected] of times) {
  test(`parseTime reads ${text}`, () => assert.equal(formatTime(parseTime(text)!), expected))
}

for (const text of ['', '2026-11-22', '2026-02-30T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01 00:00:00Z']) {
  test(`parseTime refuses ${JSON.stringify(text)}`, () => assert.equal(parseTime(text), undefined))
}

test('formatMicroTime writes six digits', () => {
  assert.equal(formatMicroTime(parseTime('2026-01-01T00:00:00.0000129Z')!), '2026-01-01T00:00:00.000012Z')
  assert.equal(isZeroTime(parseTime('0001-01-01T00:00:00Z')!), true)
})

const durations: [string, string | undefined][] = [
  ['90m', '1h30m0s'],
  ['1.5s', '1.5s'],
  ['250ms', '250ms'],
  ['1us', '1µs'],
  ['-2h', '-2h0m0s'],
  ['0', '0s'],
  ['1h1h', '2h0m0s'],
  ['1', undefined],
  ['', undefined],
  ['s', undefined],
  ['9999999h', undefined],
]

for (const [text, expected] of durations) {
  test(`parseDuration reads ${JSON.stringify(text)} as ${expected}`, () => {
    const nanos = parseDuration(text)
    assert.equal(nanos === undefined ? undefined : formatDuration(nanos), expected)
  })
}
