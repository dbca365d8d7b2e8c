/** Metrics as text. Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export type Samples = [labels: Record<string, string>, value: number][]

export interface Metric {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  /** Lines named otherwise than their metric carry `suffix`. */
  samples: [labels: Record<string, string>, value: number, suffix?: string][]
}

export interface Distribution {
  /** Of values up to each bound. */
  counts: readonly number[]
  sum: number
  count: number
}

export function counter(name: string, help: string, samples: Samples): Metric {
  return { name, type: 'counter', help, samples }
}

export function gauge(name: string, help: string, samples: Samples): Metric {
  return { name, type: 'gauge', help, samples }
}

export function histogram(
  name: string,
  help: string,
  bounds: readonly number[],
  samples: readonly [labels: Record<string, string>, distribution: Distribution][],
): Metric {
  const lines = samples.flatMap(([labels, { counts, sum, count }]): Metric['samples'] => [
    ...bounds.map((bound, index): Metric['samples'][0] => [
      { ...labels, le: String(bound) },
      counts[index] ?? 0,
      '_bucket',
    ]),
    [{ ...labels, le: '+Inf' }, count, '_bucket'],
    [labels, sum, '_sum'],
    [labels, count, '_count'],
  ])
  return { name, type: 'histogram', help, samples: lines }
}

export function metricsText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value, suffix = '']) => `${name}${suffix}${labelText(labels)} ${value}`),
  ])
  return `${lines.join('\n')}\n`
}

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
