/**
 * Cron schedules: five fields, names of months and days, lists, ranges, steps and the `@daily` words; days of month and
 * of week are alternatives when both are restricted. Source:
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */

export interface Schedule {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  daysOfMonth: ReadonlySet<number>
  months: ReadonlySet<number>
  daysOfWeek: ReadonlySet<number>
  anyDayOfMonth: boolean
  anyDayOfWeek: boolean
  /** `@every` schedules run by distance alone. */
  everyMs: number | undefined
}

export class ScheduleError extends Error {}

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

export function parseSchedule(text: string): Schedule {
  const everyMs = parseEvery(text)
  const fields = (macros[text] ?? (everyMs === undefined ? text : '* * * * *')).trim().split(/\s+/)
  if (fields.length !== 5)
    throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const [minutes = '', hours = '', daysOfMonth = '', months = '', daysOfWeek = ''] = fields
  return {
    minutes: parseField(minutes, { min: 0, max: 59 }),
    hours: parseField(hours, { min: 0, max: 23 }),
    daysOfMonth: parseField(daysOfMonth, { min: 1, max: 31 }),
    months: parseField(months, { min: 1, max: 12, names: monthNames, nameBase: 1 }),
    daysOfWeek: parseField(daysOfWeek, { min: 0, max: 6, names: dayNames, nameBase: 0 }),
    anyDayOfMonth: isAny(daysOfMonth),
    anyDayOfWeek: isAny(daysOfWeek),
    everyMs,
  }
}

function parseEvery(text: string): number | undefined {
  const match = /^@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text)
  if (!match) return undefined
  const ms = ((Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)) * 60 + Number(match[3] ?? 0)) * 1000
  return Math.max(1000, ms)
}

interface Bounds {
  min: number
  max: number
  names?: readonly string[]
  nameBase?: number
}

function isAny(field: string): boolean {
  return field.split(',').some((part) => part === '*' || part === '?' || part === '*/1')
}

function parseField(field: string, bounds: Bounds): Set<number> {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '', step, ...more] = part.split('/')
    if (more.length > 0) throw new ScheduleError(`too many slashes: ${part}`)
    const { first, last } = parseRange(range, bounds, step !== undefined)
    const stride = step === undefined ? 1 : parseNumber(step, {})
    if (stride === 0) throw new ScheduleError(`step of range should be a positive number: ${part}`)
    if (first < bounds.min)
      throw new ScheduleError(`beginning of range (${first}) below minimum (${bounds.min}): ${part}`)
    if (last > bounds.max) throw new ScheduleError(`end of range (${last}) above maximum (${bounds.max}): ${part}`)
    if (first > last) throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${part}`)
    for (let value = first; value <= last; value += stride) values.add(value)
  }
  return values
}

function parseRange(range: string, bounds: Bounds, stepped: boolean): { first: number; last: number } {
  if (range === '*' || range === '?') return { first: bounds.min, last: bounds.max }
  const [low = '', high, ...more] = range.split('-')
  if (more.length > 0) throw new ScheduleError(`too many hyphens: ${range}`)
  const first = parseNumber(low, bounds)
  if (high !== undefined) return { first, last: parseNumber(high, bounds) }
  return { first, last: stepped ? bounds.max : first }
}

function parseNumber(text: string, { names, nameBase = 0 }: Partial<Bounds>): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return named + nameBase
  if (!/^\d{1,9}$/.test(text)) throw new ScheduleError(`failed to parse int from ${text}`)
  return Number(text)
}

/** Wall-clock parts in a time zone. */
interface Wall {
  month: number
  day: number
  weekday: number
  hour: number
  minute: number
}

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
      weekday: dayNames.indexOf((parts.weekday ?? '').toLowerCase()),
      hour: Number(parts.hour),
      minute: Number(parts.minute),
    }
  }
}

export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone })
    return true
  } catch {
    return false
  }
}
