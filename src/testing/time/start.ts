/** Where a cluster's clock starts. */
import type { ClusterOptions } from '../options.ts'
import { real } from '../real.ts'

/**
 * A seed that names its start, as `cluster.seed` does, repeats the moments too; one that was only chosen always starts at
 * the same moment, so that it is the same run everywhere.
 */
export function startOf({ startTime, seed, time }: ClusterOptions, text: string): number {
  const startText = /@(\d+)/.exec(text)?.[1]
  if (startTime === undefined && startText !== undefined) return Number(startText)
  if (startTime === undefined) {
    const chosen = time !== 'real' && (seed !== undefined || process.env.K8TS_SEED !== undefined)
    return chosen ? Date.parse(startOfSeeds) : real.clock.nowMs()
  }
  const startMs = startTime instanceof Date ? startTime.getTime() : new Date(startTime).getTime()
  if (Number.isNaN(startMs)) throw new TypeError(`start a cluster: startTime is no time: ${JSON.stringify(startTime)}`)
  return startMs
}

const startOfSeeds = '2026-01-01T00:00:00Z'
