/**
 * Counters, gauges and histograms by label values, and their text in both of Prometheus' formats. A family with labels
 * keeps as many series as it is given, so that labels must be of few values.
 *
 * Sources: https://prometheus.io/docs/instrumenting/exposition_formats/ and
 * https://prometheus.io/docs/specs/om/open_metrics_spec/
 */

export type Format = 'prometheus' | 'openmetrics'
export type Labels = Readonly<Record<string, string>>

export interface Family {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  /** Lines without the family's head. */
  samples(): Iterable<Sample>
}

/** `suffix` follows the family's name: `_bucket`, `_sum`, `_count`. */
export type Sample = [labels: Labels, value: number, suffix?: string]

export class Counter implements Family {
  readonly type = 'counter'
  readonly name: string
  readonly help: string
  readonly #labelNames: readonly string[]
  readonly #series = new Map<string, { values: readonly string[]; count: number }>()

  constructor(name: string, help: string, labelNames: readonly string[]) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
  }

  /** Values in the order of the label names. */
  add(values: readonly string[], by = 1): void {
    this.series(values).count += by
  }

  /** For who counts the same often: what `add` adds to. */
  series(values: readonly string[]): { count: number } {
    const key = values.join('\n')
    let series = this.#series.get(key)
    if (!series) {
      series = { values, count: 0 }
      this.#series.set(key, series)
    }
    return series
  }

  *samples(): Iterable<Sample> {
    for (const { values, count } of this.#series.values()) yield [labelsOf(this.#labelNames, values), count]
  }
}

class HistogramSeries {
  readonly values: readonly string[]
  /** By bucket, not summed up; one more for what is above all. */
  readonly counts: number[]
  sum = 0
  readonly #buckets: readonly number[]

  constructor(values: readonly string[], buckets: readonly number[]) {
    this.values = values
    this.#buckets = buckets
    this.counts = Array<number>(buckets.length + 1).fill(0)
  }

  observe(value: number): void {
    let at = 0
    while (at < this.#buckets.length && value > this.#buckets[at]!) at++
    this.counts[at]! += 1
    this.sum += value
  }
}

export class Histogram implements Family {
  readonly type = 'histogram'
  readonly name: string
  readonly help: string
  readonly #labelNames: readonly string[]
  readonly #buckets: readonly number[]
  readonly #series = new Map<string, HistogramSeries>()

  /** `buckets` are upper bounds, rising. */
  constructor(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
    this.#buckets = buckets
  }

  /** Label values in the order of the label names. */
  observe(values: readonly string[], value: number): void {
    this.series(values).observe(value)
  }

  /** For who observes the same often: what `observe` observes. */
  series(values: readonly string[]): { observe(value: number): void } {
    const key = values.join('\n')
    let series = this.#series.get(key)
    if (!series) {
      series = new HistogramSeries(values, this.#buckets)
      this.#series.set(key, series)
    }
    return series
  }

  *samples(): Iterable<Sample> {
    for (const { values, counts, sum } of this.#series.values()) {
      const labels = labelsOf(this.#labelNames, values)
      let total = 0
      for (const [index, count] of counts.entries()) {
        total += count
        const bound = this.#buckets[index]
        yield [{ ...labels, le: bound === undefined ? '+Inf' : boundText(bound) }, total, '_bucket']
      }
      yield [labels, sum, '_sum']
      yield [labels, total, '_count']
    }
  }
}

/** As Go writes it, since series are told apart by it: `1e+06`. */
function boundText(bound: number): string {
  return bound >= 1e6 && Number.isInteger(bound) ? bound.toExponential().replace(/e\+(\d)$/, 'e+0$1') : String(bound)
}

/** A family whose samples are read when they are asked for. */
export function gauge(name: string, help: string, samples: Iterable<Sample>): Family {
  return { name, type: 'gauge', help, samples: () => samples }
}

/** As `gauge`, of what only grows. */
export function counter(name: string, help: string, value: number): Family {
  return { name, type: 'counter', help, samples: () => [[{}, value]] }
}

/** Families that nothing was counted in yet are left out, as Go's library leaves them out. */
export function familiesText(families: readonly Family[], format: Format): string {
  const lines: string[] = []
  for (const { name, type, help, samples } of families.map(bound)) {
    // OpenMetrics names a family of counters without the ending that its samples have.
    const isCounter = format === 'openmetrics' && type === 'counter'
    const family = isCounter ? name.replace(/_total$/, '') : name
    const sample = isCounter ? `${family}_total` : name
    const shown = [...samples()].map(
      ([labels, value, suffix = '']) => `${sample}${suffix}${labelText(labels)} ${value}`,
    )
    if (shown.length === 0) continue
    lines.push(`# HELP ${family} ${escaped(help)}`, `# TYPE ${family} ${type}`, ...shown)
  }
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function bound(family: Family): Family {
  return { name: family.name, type: family.type, help: family.help, samples: () => family.samples() }
}

function labelsOf(names: readonly string[], values: readonly string[]): Labels {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
