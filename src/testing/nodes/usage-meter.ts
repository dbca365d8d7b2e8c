/**
 * Turns the use that rules give at a moment into counters that only grow: what was used since the last look is counted at
 * the rate seen now, and a container that starts again starts at zero.
 */
import { milliValue, wholeValue } from '../../api/quantity.ts'
import type { Usage } from '../../kubelet/server/usage.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ContainerUsage } from './rules.ts'

interface Reading {
  startedMs: number
  readMs: number
  cpuNanoSeconds: number
}

type Amounts = Pick<Usage, 'cpuNanoSeconds' | 'cpuNanoCores' | 'workingSetBytes' | 'rssBytes' | 'usageBytes'>

export class UsageMeter {
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #readings = new Map<string, Reading>()
  /** By node: what its containers used, those that are gone included. */
  readonly #totals = new Map<string, { seen: Map<string, number>; nanoSeconds: number }>()

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock
  }

  read({ id, startedMs }: { id: string; startedMs: number }, { cpu = '1m', memory = '1Mi' }: ContainerUsage): Amounts {
    const nowMs = this.#clock.nowMs()
    const cpuNanoCores = milliValue(cpu) * 1e6
    const known = this.#readings.get(id)
    const last = known?.startedMs === startedMs ? known : { startedMs, readMs: startedMs, cpuNanoSeconds: 0 }
    const sinceMs = Math.max(0, nowMs - last.readMs)
    const cpuNanoSeconds = last.cpuNanoSeconds + Math.round((cpuNanoCores * sinceMs) / 1000)
    this.#readings.delete(id)
    this.#readings.set(id, { startedMs, readMs: nowMs, cpuNanoSeconds })
    if (this.#readings.size > limits.simulatedReadingsMax) this.#forgetOldest()
    const bytes = wholeValue(memory)
    return { cpuNanoSeconds, cpuNanoCores, workingSetBytes: bytes, rssBytes: bytes, usageBytes: bytes }
  }

  /** A node's counter: it goes on growing when containers end or start again. */
  total(node: string, usages: readonly Usage[]): number {
    const { seen, nanoSeconds } = this.#totals.get(node) ?? { seen: new Map<string, number>(), nanoSeconds: 0 }
    let grown = nanoSeconds
    for (const { id, cpuNanoSeconds } of usages) {
      const before = seen.get(id) ?? 0
      grown += cpuNanoSeconds >= before ? cpuNanoSeconds - before : cpuNanoSeconds
    }
    const now = new Map(usages.map(({ id, cpuNanoSeconds }) => [id, cpuNanoSeconds]))
    this.#totals.set(node, { seen: now, nanoSeconds: grown })
    return grown
  }

  #forgetOldest(): void {
    const [oldest] = this.#readings.keys()
    if (oldest !== undefined) this.#readings.delete(oldest)
  }
}
