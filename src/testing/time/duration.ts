/** Spans of time as people write them: `90d`, `1h30m`, `250ms`, or a number of milliseconds. */
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

export type Duration = number | string

/** Throws a TypeError for what is no span of time, a negative one, or one without an end. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0 && Number.isFinite(duration)) return duration
    throw new TypeError(`read a duration: it has to be a finite number, and not negative: ${duration}`)
  }
  const text = typeof duration === 'string' ? duration.trim() : String(duration)
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) {
    throw new TypeError(
      `read a duration: use numbers with ms, s, m, h, d or w, such as "1h30m": ${JSON.stringify(text)}`,
    )
  }
  let total = 0
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    total += Number(amount) * (unitMs[unit] ?? 0)
  }
  return total
}

/** The two largest units that say it: `2h5m`, `3.2s`, `90d`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`
  let rest = ms
  let text = ''
  let parts = 0
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = unitMs[unit] ?? 1
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) text += `${count}${unit}`
    if (text !== '' && ++parts === 2) break
  }
  return text
}
