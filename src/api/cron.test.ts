import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronProblem } from './cron.ts'

test('cronProblem accepts what cron accepts', () => {
  for (const schedule of [
    '* * * * *',
    '*/5 0-3,7 1 JAN-mar sun',
    '? 0 1/2 * 1-5',
    '@daily',
    '@every 1h30m',
    '@every 1.5h',
    '0 0 31 12 6',
  ]) {
    assert.equal(cronProblem(schedule), undefined, schedule)
  }
})

test('cronProblem says what is wrong', () => {
  const cases: [schedule: string, problem: RegExp][] = [
    ['', /^empty spec string$/],
    ['x', /^expected exactly 5 fields, found 1: \[x\]$/],
    ['60 * * * *', /^end of range \(60\) above maximum \(59\): 60$/],
    ['* * 0 * *', /^beginning of range \(0\) below minimum \(1\): 0$/],
    ['5-3 * * * *', /^beginning of range \(5\) beyond end of range \(3\): 5-3$/],
    ['*/0 * * * *', /^step of range should be a positive number: \*\/0$/],
    ['1-2-3 * * * *', /^too many hyphens: 1-2-3$/],
    ['1/2/3 * * * *', /^too many slashes: 1\/2\/3$/],
    ['a * * * *', /^failed to parse int from a: strconv\.Atoi: parsing "a": invalid syntax$/],
    ['@fortnightly', /^unrecognized descriptor: @fortnightly$/],
    ['@every x', /^failed to parse duration/],
  ]
  for (const [schedule, problem] of cases) assert.match(cronProblem(schedule) ?? '', problem, schedule)
})
