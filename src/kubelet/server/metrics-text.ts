/** Metrics as text. Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export type Samples = [labels: Record<string, string>, value: number][]

export interface Metric {
  name: string
  type: 'counter' | 'gauge'
  help: string
  samples: Samples
}

export function counter(name: string, help: string, samples: Samples): Metric {
  return { name, type: 'counter', help, samples }
}

export function gauge(name: string, help: string, samples: Samples): Metric {
  return { name, type: 'gauge', help, samples }
}

export function metricsText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`),
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
