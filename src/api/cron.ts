/**
 * Cron schedules as a CronJob writes them: five fields, names of months and days, lists, ranges, steps, the `@daily`
 * words and `@every`. What is wrong with one is said in upstream's words.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax.
 */
export interface Schedule {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  daysOfMonth: ReadonlySet<number>
  /** 1 is January. */
  months: ReadonlySet<number>
  /** 0 is Sunday. */
  daysOfWeek: ReadonlySet<number>
  /** Days of month and of week are alternatives only when both are restricted. */
  anyDayOfMonth: boolean
  anyDayOfWeek: boolean
  /** `@every` schedules run by distance alone. */
  everyMs: number | undefined
}

/** The schedule cannot be read. */
export class ScheduleError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ScheduleError'
  }
}

const macros: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])

interface Field {
  min: number
  max: number
  /** By number. */
  names?: readonly string[]
}

const months = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const fields = {
  minutes: { min: 0, max: 59 },
  hours: { min: 0, max: 23 },
  daysOfMonth: { min: 1, max: 31 },
  months: { min: 1, max: 12, names: months },
  daysOfWeek: { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
} satisfies Record<string, Field>

/** Throws `ScheduleError`. */
export function parseSchedule(schedule: string): Schedule {
  if (schedule === '') throw new ScheduleError('empty spec string')
  const everyMs = schedule.startsWith('@every ') ? parseEvery(schedule) : undefined
  const spelled = everyMs === undefined ? (macros.get(schedule) ?? schedule) : '* * * * *'
  if (spelled.startsWith('@')) throw new ScheduleError(`unrecognized descriptor: ${schedule}`)
  const parts = spelled.trim().split(/\s+/)
  if (parts.length !== 5) {
    throw new ScheduleError(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`)
  }
  const [minutes = '', hours = '', daysOfMonth = '', months = '', daysOfWeek = ''] = parts
  return {
    minutes: parseField(minutes, fields.minutes),
    hours: parseField(hours, fields.hours),
    daysOfMonth: parseField(daysOfMonth, fields.daysOfMonth),
    months: parseField(months, fields.months),
    daysOfWeek: parseField(daysOfWeek, fields.daysOfWeek),
    anyDayOfMonth: isAny(daysOfMonth),
    anyDayOfWeek: isAny(daysOfWeek),
    everyMs,
  }
}

/** What is wrong with a schedule; undefined when it is fine. */
export function cronProblem(schedule: string): string | undefined {
  try {
    parseSchedule(schedule)
    return undefined
  } catch (error) {
    if (error instanceof ScheduleError) return error.message
    throw error
  }
}

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
}

/** Whole seconds, at least one. */
function parseEvery(schedule: string): number {
  const duration = schedule.slice('@every '.length)
  if (!/^((\d+(\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns))+$/.test(duration)) {
    throw new ScheduleError(`failed to parse duration ${schedule}`)
  }
  let ms = 0
  for (const [, amount, unit = ''] of duration.matchAll(/([\d.]+)([a-zµ]+)/g))
    ms += Number(amount) * (unitMs[unit] ?? 0)
  return Math.max(1, Math.floor(ms / 1000)) * 1000
}

function isAny(field: string): boolean {
  return field.split(',').some((range) => /^[*?](-[^/]*)?(\/1)?$/.test(range))
}

function parseField(text: string, field: Field): Set<number> {
  const values = new Set<number>()
  for (const range of text.split(',')) {
    const { first, last, stride } = parseRange(range, field)
    for (let value = first; value <= last; value += stride) values.add(value)
  }
  return values
}

function parseRange(text: string, field: Field): { first: number; last: number; stride: number } {
  const [range = '', step, ...moreSteps] = text.split('/')
  const [low = '', high, ...moreHigh] = range.split('-')
  const any = low === '*' || low === '?'
  if (!any && moreHigh.length > 0) throw new ScheduleError(`too many hyphens: ${text}`)
  const first = any ? field.min : parseNumber(low, field)
  const end = !any && high !== undefined ? parseNumber(high, field) : undefined
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${text}`)
  const stride = step === undefined ? 1 : parseNumber(step)
  const last = end ?? (any || step !== undefined ? field.max : first)
  if (first < field.min) throw new ScheduleError(`beginning of range (${first}) below minimum (${field.min}): ${text}`)
  if (last > field.max) throw new ScheduleError(`end of range (${last}) above maximum (${field.max}): ${text}`)
  if (first > last) throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${text}`)
  if (stride === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`)
  return { first, last, stride }
}

function parseNumber(text: string, field?: Field): number {
  const named = text === '' ? -1 : (field?.names?.indexOf(text.toLowerCase()) ?? -1)
  if (named >= 0) return named
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new ScheduleError(
    `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
  )
}
