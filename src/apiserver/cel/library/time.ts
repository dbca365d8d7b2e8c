/** Parts of timestamps, in UTC or a time zone, and of durations. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#timezones */
import { zoneOffsetMs } from '../../../api/time-zone.ts'
import { declare, type Overload } from '../functions.ts'
import { CelError, type Duration, type Timestamp } from '../values.ts'
import { floorDivide } from './conversions.ts'

/** In milliseconds, as if the local time were UTC. Throws `CelError` for a zone that does not exist. */
function localMillis({ nanos }: Timestamp, zone: string): number {
  const millis = Number(floorDivide(nanos, 1_000_000n))
  const fixed = /^([+-]?)(\d+):(\d+)$/.exec(zone)
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3])
    return millis + (fixed[1] === '-' ? -minutes : minutes) * 60_000
  }
  if (zone === '' || zone === 'UTC' || zone === 'Local') return millis
  try {
    return millis + zoneOffsetMs(zone, millis)
  } catch {
    throw new CelError(`unknown time zone ${zone}`)
  }
}

const dayMillis = 86_400_000

const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => {
    const start = new Date(date.getTime())
    start.setUTCMonth(0, 1)
    return Math.round((date.getTime() - start.getTime()) / dayMillis)
  },
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
}

const ofTimestamps: readonly Overload[] = Object.entries(parts).flatMap(([name, part]) => [
  declare(`timestamp.${name}(): int`, (_, time: Timestamp) => BigInt(part(new Date(localMillis(time, ''))))),
  declare(`timestamp.${name}(string): int`, (_, time: Timestamp, zone: string) =>
    BigInt(part(new Date(localMillis(time, zone)))),
  ),
])

const secondNanos = 1_000_000_000n

export const time: readonly Overload[] = [
  ...ofTimestamps,
  declare('duration.getHours(): int', (_, { nanos }: Duration) => nanos / (3600n * secondNanos)),
  declare('duration.getMinutes(): int', (_, { nanos }: Duration) => nanos / (60n * secondNanos)),
  declare('duration.getSeconds(): int', (_, { nanos }: Duration) => nanos / secondNanos),
  declare('duration.getMilliseconds(): int', (_, { nanos }: Duration) => nanos / 1_000_000n),
]
