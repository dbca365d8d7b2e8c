/** Zones of the time zone database, as Node has it. */

/** A name of the database; offsets such as `+01:00` are none. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return !/^[+-]/.test(name)
  } catch {
    return false
  }
}

/** By how much a zone's clock is ahead of UTC at a time, in milliseconds. Throws `RangeError` for an unknown zone. */
export function zoneOffsetMs(timeZone: string, atMs: number): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes, seconds] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? []
  if (sign === undefined) return 0
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)
  return (sign === '-' ? -offset : offset) * 1000
}
