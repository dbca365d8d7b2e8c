/**
 * What components count about themselves, by the names that dashboards ask for. Whoever runs a component decides whether
 * anybody keeps the counts; label values come in the order in which the table of the one who keeps them names them.
 */
import type { Clock } from '../platform/clock.ts'

export interface Meters {
  /** `by` default 1. */
  count(metric: string, labels?: readonly string[], by?: number): void
  /** Of a histogram; times in seconds. */
  observe(metric: string, labels: readonly string[], value: number): void
  /** Read when metrics are asked for; a later reader of the same metric takes its place. */
  gauge(metric: string, read: () => Iterable<GaugeReading>): void
}

export type GaugeReading = readonly [labels: readonly string[], value: number]

/** Tells the seconds since it was made, for histograms. */
export function stopwatch(clock: Clock): () => number {
  const startMs = clock.monotonicMs()
  return () => (clock.monotonicMs() - startMs) / 1000
}

/** How often each combination of label values occurs. */
export function tallied(all: Iterable<readonly string[]>): GaugeReading[] {
  const counts = new Map<string, [readonly string[], number]>()
  for (const labels of all) {
    const key = labels.join('\n')
    const known = counts.get(key)
    if (known) known[1] += 1
    else counts.set(key, [labels, 1])
  }
  return [...counts.values()]
}
