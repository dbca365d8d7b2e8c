/** Durations and timestamps as text: Go's `1h2m3.5s`, RFC 3339. */
import { parseDuration as parseGoDuration } from '../../../api/codec/time.ts'
import { CelError, Duration, Timestamp } from '../values.ts'
import { plainDecimal } from './numbers.ts'

/** Throws `CelError`. */
export function parseDuration(text: string): Duration {
  const nanos = parseGoDuration(text)
  if (nanos === undefined) throw new CelError(`time: invalid duration ${JSON.stringify(text)}`)
  return new Duration(nanos)
}

/** In seconds: `5400s`. */
export function formatDuration({ nanos }: Duration): string {
  return `${plainDecimal(Number(nanos) / 1e9)}s`
}

const timestamp = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:(Z)|([+-])(\d{2}):(\d{2}))$/

/** Throws `CelError`. */
export function parseTimestamp(text: string): Timestamp {
  const match = timestamp.exec(text)
  const invalid = () => new CelError(`cannot parse ${JSON.stringify(text)} as a timestamp of RFC 3339`)
  if (!match) throw invalid()
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const [fraction = '', , sign, zoneHours, zoneMinutes] = match.slice(7)
  if (hour > 23 || minute > 59 || second > 59 || month < 1 || month > 12 || day < 1) throw invalid()
  if (day > daysIn(year, month) || Number(zoneHours ?? 0) > 24 || Number(zoneMinutes ?? 0) > 60) throw invalid()
  const offset = (Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0)) * (sign === '-' ? -1 : 1)
  const seconds = BigInt(epochSeconds(year, month, day) + hour * 3600 + minute * 60 + second - offset * 60)
  return new Timestamp(seconds * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0')), offset)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** `Date.UTC` reads years below 100 as of the last century. */
function epochSeconds(year: number, month: number, day: number): number {
  const fourHundredYears = 12_622_780_800
  return Date.UTC(year + 400, month - 1, day) / 1000 - fourHundredYears
}

/** With as many digits of the second as it has. */
export function formatTimestamp({ nanos, offsetMinutes }: Timestamp): string {
  const millis = nanos >= 0n ? nanos / 1_000_000n : -((-nanos + 999_999n) / 1_000_000n)
  const seconds = new Date(Number(millis) + offsetMinutes * 60_000).toISOString().slice(0, 19)
  const fraction = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '')
  return `${seconds}${digits === '' ? '' : `.${digits}`}${zoneText(offsetMinutes)}`
}

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'Z'
  const minutes = Math.abs(offsetMinutes)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
