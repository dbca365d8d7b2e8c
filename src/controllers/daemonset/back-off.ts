/** How long a failed daemon pod is left alone: where one failed just now, the next would fail as well. */
import type { DaemonSet } from '../../api/types/apps/v1.ts'
import type { Clock } from '../../platform/clock.ts'

const firstMs = 1_000
const mostMs = 15 * 60_000

/** For each node and generation of a set: the first failed pod goes at once, the next after 1 s, doubling to 15 minutes. */
export class FailedPodBackOff {
  readonly #clock: Clock
  readonly #byNode = new Map<string, { delayMs: number; sinceMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  leftMs(set: DaemonSet, nodeName: string): number {
    const known = this.#byNode.get(keyOf(set, nodeName))
    return known ? Math.max(0, known.sinceMs + known.delayMs - this.#clock.monotonicMs()) : 0
  }

  /** A failed pod goes now. */
  failed(set: DaemonSet, nodeName: string): void {
    const nowMs = this.#clock.monotonicMs()
    // Where none failed for long, all is forgotten.
    for (const [key, { sinceMs }] of this.#byNode) if (nowMs - sinceMs > 2 * mostMs) this.#byNode.delete(key)
    const key = keyOf(set, nodeName)
    const delayMs = Math.min(mostMs, (this.#byNode.get(key)?.delayMs ?? firstMs / 2) * 2)
    this.#byNode.delete(key)
    this.#byNode.set(key, { delayMs, sinceMs: nowMs })
  }
}

function keyOf({ metadata, status }: DaemonSet, nodeName: string): string {
  return `${metadata.uid}/${status?.observedGeneration ?? 0}/${nodeName}`
}
