/** Numbers that may be written as a percentage of something (`maxSurge: 25%`). */

/** The absolute value; percentages of `total` are rounded as told. Text that is neither counts as zero. */
export function scaledValue(value: number | string, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const match = /^(\d+)%$/.exec(value)
  if (!match) return 0
  const exact = (Number(match[1]) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}
