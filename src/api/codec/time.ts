/**
 * Times as the API writes them: RFC 3339 in UTC, whole seconds (`time`) or microseconds (`microTime`), and Go's notation
 * of durations (`1h30m`). Source: https://kubernetes.io/docs/reference/using-api/api-concepts/, RFC 3339.
 */

/** Seconds since 1970, and the rest of the second. */
export interface Instant {
  seconds: number
  nanos: number
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?(Z|([+-])(\d\d):(\d\d))$/

/** Undefined when the text is no RFC 3339 time, or a day or hour that does not exist. */
export function parseTime(text: string): Instant | undefined {
  const match = rfc3339.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', , sign, offsetHour = '0', offsetMinute = '0'] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -60 : 60)
  const seconds = date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset
  return { seconds, nanos: Number(fraction.padEnd(9, '0')) }
}

/** `2026-11-22T15:28:26Z`; the fraction is dropped. */
export function formatTime({ seconds }: Instant): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}Z`
}

/** `2026-11-22T15:28:26.123456Z`. */
export function formatMicroTime(instant: Instant): string {
  const micros = Math.floor(instant.nanos / 1000)
  return `${formatTime(instant).slice(0, -1)}.${String(micros).padStart(6, '0')}Z`
}

/** Go's zero time, which stands for "not set". */
export function isZeroTime({ seconds, nanos }: Instant): boolean {
  return seconds === -62135596800 && nanos === 0
}

/** Years 0 to 9999 can be written. */
export function isWritableTime({ seconds }: Instant): boolean {
  return seconds >= -62167219200 && seconds <= 253402300799
}

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const int64Max = 2n ** 63n - 1n
/** A longer text says nothing that a shorter cannot, and takes its time. */
const durationTextMax = 200

/** Nanoseconds; undefined when the text is no duration or longer than 64 bits hold (290 years). */
export function parseDuration(text: string): bigint | undefined {
  if (text.length > durationTextMax) return undefined
  const match = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text)
  if (!match) return /^[+-]?0$/.test(text) ? 0n : undefined
  let nanos = 0n
  for (const [, integer = '', fraction = '', unit = ''] of match[2]!.matchAll(/(\d*)(?:\.(\d*))?([a-zµμ]+)/g)) {
    const size = unitNanos[unit] ?? 0n
    nanos += BigInt(integer || '0') * size
    if (fraction !== '') nanos += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length)
  }
  const signed = match[1] === '-' ? -nanos : nanos
  return signed > int64Max || signed < -int64Max - 1n ? undefined : signed
}

/** `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  const absolute = nanos < 0n ? -nanos : nanos
  const sign = nanos < 0n ? '-' : ''
  if (absolute < 1_000n) return `${sign}${absolute}ns`
  if (absolute < 1_000_000n) return `${sign}${decimal(absolute, 1_000n)}µs`
  if (absolute < 1_000_000_000n) return `${sign}${decimal(absolute, 1_000_000n)}ms`
  const hours = absolute / 3_600_000_000_000n
  const minutes = (absolute / 60_000_000_000n) % 60n
  const seconds = `${decimal(absolute % 60_000_000_000n, 1_000_000_000n)}s`
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

function decimal(value: bigint, unit: bigint): string {
  const rest = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '')
  return rest === '' ? `${value / unit}` : `${value / unit}.${rest}`
}
