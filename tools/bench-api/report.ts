/** Tables of what was measured: raw values of each round, medians, and how the first server stands to the second. */

export interface Round {
  perSecond: number
  /** Milliseconds of CPU time for each operation, of all processes of the server. */
  cpuMs: number
  megabytes: number
}

export function rowsOf(results: ReadonlyMap<string, readonly Round[]>): string[][] {
  const rows = [...results].map(([name, rounds]) => [
    name,
    figure(median(rounds.map(({ perSecond }) => perSecond)), '/s'),
    `CPU ${figure(median(rounds.map(({ cpuMs }) => cpuMs)), 'ms each')}`,
    figure(median(rounds.map(({ megabytes }) => megabytes)), 'MB/s'),
    `rounds: ${rounds.map(({ perSecond }) => figure(perSecond, '')).join(' ')}`,
  ])
  const [first, second] = [...results.values()]
  if (first && second) rows.push(['ratio', ...ratios(first, second)])
  return rows
}

/** One value for each server, and how the first stands to the second. */
export function valueRows(values: readonly (readonly [name: string, value: number])[], unit: string): string[][] {
  const rows = values.map(([name, value]) => [name, figure(value, unit)])
  const [first, second] = values
  if (first && second) rows.push(['ratio', figure(first[1] / second[1], '×')])
  return rows
}

function ratios(first: readonly Round[], second: readonly Round[]): string[] {
  const of = (pick: (round: Round) => number): string => {
    const each = first.map((round, index) => pick(round) / pick(second[index]!))
    return `${figure(median(each), '×')} (${figure(Math.min(...each), '')}–${figure(Math.max(...each), '')})`
  }
  return [of(({ perSecond }) => perSecond), `CPU ${of(({ cpuMs }) => cpuMs)}`]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Three digits that matter, and the unit. What is no number is not known, such as the memory of another machine's server. */
export function figure(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'not known'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return `${value.toFixed(digits)}${unit === '' || unit === '×' || unit === '/s' ? unit : ` ${unit}`}`
}

export function table(title: string, rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  const lines = rows.map(
    (row) =>
      `  ${row
        .map((cell, index) => cell.padEnd(widths[index]!))
        .join('  ')
        .trimEnd()}`,
  )
  return `${title}\n${lines.join('\n')}`
}
