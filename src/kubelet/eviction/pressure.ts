/**
 * Whether the node runs short of something, and since when: below a threshold pods are evicted at once; the node's
 * condition stays for a while after, lest pods come and go.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
 */
import { quantityOfWhole } from '../../api/quantity.ts'
import type { Clock } from '../../platform/clock.ts'
import type { DiskUsage } from '../../platform/disk.ts'
import { evictionThresholds } from '../node/node-status.ts'

export type PressureCondition = 'MemoryPressure' | 'DiskPressure'
export type Starved = 'memory' | 'ephemeral-storage' | 'inodes'

export interface Observation {
  memoryAvailableBytes: number
  disk: DiskUsage
}

/** A threshold that the node is below. */
export interface Shortage {
  resource: Starved
  condition: PressureCondition
  threshold: string
  available: string
}

const transitionMs = 5 * 60_000

/** What is short, the most pressing first. Pure. */
export function shortages({ memoryAvailableBytes, disk }: Observation): Shortage[] {
  const { memoryAvailableBytes: memoryLeast, nodeFsAvailableShare, nodeFsInodesFreeShare } = evictionThresholds
  const signals: [Starved, PressureCondition, least: number, available: number][] = [
    ['memory', 'MemoryPressure', memoryLeast, memoryAvailableBytes],
    ['ephemeral-storage', 'DiskPressure', disk.capacityBytes * nodeFsAvailableShare, disk.availableBytes],
    ['inodes', 'DiskPressure', disk.inodes * nodeFsInodesFreeShare, disk.inodesFree],
  ]
  return signals
    .filter(([, , least, available]) => available < least)
    .map(([resource, condition, least, available]) => {
      const format = resource === 'inodes' ? 'DecimalSI' : 'BinarySI'
      const text = (amount: number): string => quantityOfWhole(Math.floor(amount), format)
      return { resource, condition, threshold: text(least), available: text(available) }
    })
}

export class Pressure {
  readonly #clock: Clock
  readonly #lastMs = new Map<PressureCondition, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes what is short now. */
  observe(short: readonly Shortage[]): void {
    for (const { condition } of short) this.#lastMs.set(condition, this.#clock.monotonicMs())
  }

  /** In the order of their names' first appearance upstream: memory, disk. */
  conditions(): PressureCondition[] {
    const now = this.#clock.monotonicMs()
    return (['MemoryPressure', 'DiskPressure'] as const).filter((condition) => {
      const lastMs = this.#lastMs.get(condition)
      return lastMs !== undefined && now - lastMs < transitionMs
    })
  }
}
