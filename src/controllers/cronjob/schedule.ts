/** When a cron schedule is due next, on the clock of a time zone and across its changes of offset. */
import type { Schedule } from '../../api/cron.ts'
import { zoneOffsetMs } from '../../api/time-zone.ts'
import { rfc3339 } from '../../platform/clock.ts'

/** Wall-clock parts in a time zone. */
interface Wall {
  month: number
  day: number
  weekday: number
  hour: number
  minute: number
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** A schedule without a match for this long (February 30th) never matches. */
const horizonMs = 5 * 366 * 24 * hourMs

/** The first time after `afterMs` that the schedule names; undefined when there is none. Throws for an unknown zone. */
export function nextTime(schedule: Schedule, afterMs: number, timeZone: string): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(afterMs / 1000) * 1000 + schedule.everyMs
  const wallAt = wallClock(timeZone)
  let atMs = Math.floor(afterMs / minuteMs) * minuteMs + minuteMs
  while (atMs - afterMs < horizonMs) {
    const wall = wallAt(atMs)
    if (!schedule.months.has(wall.month) || !dayMatches(schedule, wall)) {
      atMs = nextMidnight(atMs, wall, wallAt)
    } else if (!schedule.hours.has(wall.hour)) {
      atMs += hourMs - wall.minute * minuteMs
    } else if (!schedule.minutes.has(wall.minute)) {
      atMs += minuteMs
    } else {
      return atMs
    }
  }
  return undefined
}

/** RFC 3339 on the clock of a zone: `2026-01-01T01:00:00+01:00`. Throws for an unknown zone. */
export function rfc3339In(timeZone: string, atMs: number): string {
  const offsetMs = zoneOffsetMs(timeZone, atMs)
  if (offsetMs === 0) return rfc3339(atMs)
  const aheadMs = Math.abs(offsetMs)
  const [hours, minutes] = [aheadMs / hourMs, (aheadMs % hourMs) / minuteMs].map((part) =>
    String(Math.floor(part)).padStart(2, '0'),
  )
  return rfc3339(atMs + offsetMs).replace('Z', `${offsetMs < 0 ? '-' : '+'}${hours}:${minutes}`)
}

function dayMatches(schedule: Schedule, { day, weekday }: Wall): boolean {
  const [byMonth, byWeek] = [schedule.daysOfMonth.has(day), schedule.daysOfWeek.has(weekday)]
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? byMonth && byWeek : byMonth || byWeek
}

/** The start of the next wall-clock day, also across a change of the zone's offset. */
function nextMidnight(atMs: number, wall: Wall, wallAt: (ms: number) => Wall): number {
  let nextMs = atMs + (24 - wall.hour) * hourMs - wall.minute * minuteMs
  const reached = wallAt(nextMs)
  if (reached.day === wall.day) nextMs += (24 - reached.hour) * hourMs - reached.minute * minuteMs
  else if (reached.hour > 0 && reached.hour < 12) {
    const earlierMs = nextMs - reached.hour * hourMs - reached.minute * minuteMs
    if (wallAt(earlierMs).day === reached.day) nextMs = earlierMs
  }
  return nextMs
}

function wallClock(timeZone: string): (atMs: number) => Wall {
  if (timeZone === 'UTC' || timeZone === 'Etc/UTC') {
    return (atMs) => {
      const date = new Date(atMs)
      return {
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        weekday: date.getUTCDay(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
      }
    }
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  })
  return (atMs) => {
    const parts = Object.fromEntries(format.formatToParts(new Date(atMs)).map(({ type, value }) => [type, value]))
    return {
      month: Number(parts.month),
      day: Number(parts.day),
      weekday: dayNames.indexOf(parts.weekday ?? ''),
      hour: Number(parts.hour),
      minute: Number(parts.minute),
    }
  }
}
