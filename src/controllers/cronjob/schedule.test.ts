import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseSchedule } from '../../api/cron.ts'
import { nextTime, rfc3339In } from './schedule.ts'

const cases: readonly { schedule: string; after: string; zone?: string; next: string | undefined }[] = [
  { schedule: '*/15 * * * *', after: '2026-01-01T00:00:00Z', next: '2026-01-01T00:15:00Z' },
  { schedule: '0 0 * * *', after: '2026-01-31T00:00:30Z', next: '2026-02-01T00:00:00Z' },
  { schedule: '30 4 1,15 * 5', after: '2026-01-02T05:00:00Z', next: '2026-01-09T04:30:00Z' },
  { schedule: '0 9 * * mon-fri', after: '2026-01-02T09:00:00Z', next: '2026-01-05T09:00:00Z' },
  { schedule: '@monthly', after: '2026-12-15T00:00:00Z', next: '2027-01-01T00:00:00Z' },
  { schedule: '@every 1h30m', after: '2026-01-01T00:00:00Z', next: '2026-01-01T01:30:00Z' },
  { schedule: '@every 1.5h', after: '2026-01-01T00:00:00Z', next: '2026-01-01T01:30:00Z' },
  { schedule: '@every 1ms', after: '2026-01-01T00:00:00Z', next: '2026-01-01T00:00:01Z' },
  { schedule: '0 0 29 2 *', after: '2026-01-01T00:00:00Z', next: '2028-02-29T00:00:00Z' },
  { schedule: '0 0 30 2 *', after: '2026-01-01T00:00:00Z', next: undefined },
  { schedule: '5 12 * * *', after: '2026-06-01T00:00:00Z', zone: 'Asia/Kolkata', next: '2026-06-01T06:35:00Z' },
  { schedule: '0 8 * * *', after: '2026-03-28T12:00:00Z', zone: 'Europe/Berlin', next: '2026-03-29T06:00:00Z' },
  { schedule: '30 2 * * *', after: '2026-03-28T12:00:00Z', zone: 'Europe/Berlin', next: '2026-03-30T00:30:00Z' },
  // The hour that comes twice has its starts twice, as upstream's does.
  { schedule: '30 2 * * *', after: '2026-10-24T12:00:00Z', zone: 'Europe/Berlin', next: '2026-10-25T00:30:00Z' },
  { schedule: '30 2 * * *', after: '2026-10-25T00:30:00Z', zone: 'Europe/Berlin', next: '2026-10-25T01:30:00Z' },
  { schedule: '30 2 * * *', after: '2026-10-25T01:30:00Z', zone: 'Europe/Berlin', next: '2026-10-26T01:30:00Z' },
  { schedule: '0 0 * * *', after: '2026-10-25T12:00:00Z', zone: 'Europe/Berlin', next: '2026-10-25T23:00:00Z' },
]

describe('nextTime', () => {
  for (const { schedule, after, zone = 'UTC', next } of cases) {
    test(`finds ${next ?? 'nothing'} when ${schedule} in ${zone} is asked after ${after}`, () => {
      const foundMs = nextTime(parseSchedule(schedule), Date.parse(after), zone)
      assert.equal(foundMs === undefined ? undefined : new Date(foundMs).toISOString().replace('.000Z', 'Z'), next)
    })
  }
})

test('rfc3339In tells the time of a zone with its offset', () => {
  const atMs = Date.UTC(2026, 10, 23, 2, 17)
  const texts = ['Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', 'Europe/London', 'UTC'].map((zone) =>
    rfc3339In(zone, atMs),
  )
  assert.deepEqual(texts, [
    '2026-11-23T03:17:00+01:00',
    '2026-11-22T22:47:00-03:30',
    '2026-11-23T07:47:00+05:30',
    '2026-11-23T02:17:00Z',
    '2026-11-23T02:17:00Z',
  ])
})
