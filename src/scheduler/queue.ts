/**
 * Pods that wait for a node: ready ones by priority and age; those that just failed, in back-off; those that no node
 * can take, parked until the cluster changes. https://kubernetes.io/docs/concepts/scheduling-eviction/scheduler-perf-tuning/
 */
import type { Pod } from '../api/types/core/v1.ts'
import type { CancelTimer, Clock } from '../platform/clock.ts'

const backOffFirstMs = 1_000
const backOffMaxMs = 10_000
/** A parked pod is looked at again after this long even when nothing seems to have changed. */
const parkedMaxMs = 300_000

interface Waiting {
  pod: Pod
  attempts: number
  enqueuedMs: number
}

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #onReady: () => void
  readonly #ready = new Map<string, Waiting>()
  readonly #backingOff = new Map<string, { waiting: Waiting; cancel: CancelTimer }>()
  readonly #parked = new Map<string, { waiting: Waiting; sinceMs: number; failedMs: number }>()
  readonly #taken = new Map<string, Waiting>()
  #cancelFlush: CancelTimer

  constructor(clock: Clock, onReady: () => void) {
    this.#clock = clock
    this.#onReady = onReady
    this.#cancelFlush = clock.every(30_000, () => this.#flushOldParked())
  }

  get idle(): boolean {
    return this.#ready.size === 0 && this.#taken.size === 0
  }

  /** A new pod, or a changed one that may fit now. */
  add(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const known = this.#forget(uid)
    this.#ready.set(uid, {
      pod,
      attempts: known?.attempts ?? 0,
      enqueuedMs: known?.enqueuedMs ?? this.#clock.monotonicMs(),
    })
    this.#onReady()
  }

  /** The newest object of a pod that waits; a change of status alone does not make it ready. */
  refresh(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    for (const waiting of [this.#ready.get(uid), this.#backingOff.get(uid)?.waiting, this.#parked.get(uid)?.waiting]) {
      if (waiting) waiting.pod = pod
    }
  }

  has(uid: string): boolean {
    return this.#ready.has(uid) || this.#backingOff.has(uid) || this.#parked.has(uid) || this.#taken.has(uid)
  }

  remove(uid: string): void {
    this.#forget(uid)
    this.#taken.delete(uid)
  }

  /** The most important pod: highest priority, then longest waiting. */
  take(): Pod | undefined {
    let best: Waiting | undefined
    for (const waiting of this.#ready.values()) if (!best || comesBefore(waiting, best)) best = waiting
    if (!best) return undefined
    const uid = best.pod.metadata.uid ?? ''
    this.#ready.delete(uid)
    best.attempts++
    this.#taken.set(uid, best)
    return best.pod
  }

  /** The taken pod has a node. */
  placed(uid: string): void {
    this.#taken.delete(uid)
  }

  /** The taken pod fits nowhere until the cluster changes. */
  park(uid: string): void {
    const waiting = this.#taken.get(uid)
    if (!waiting) return
    this.#taken.delete(uid)
    const nowMs = this.#clock.monotonicMs()
    this.#parked.set(uid, { waiting, sinceMs: nowMs, failedMs: nowMs })
  }

  /** The taken pod failed for a passing reason. */
  retryLater(uid: string): void {
    const waiting = this.#taken.get(uid)
    if (!waiting) return
    this.#taken.delete(uid)
    this.#backOff(waiting, backOffMs(waiting.attempts))
  }

  /** The cluster changed: parked pods try again, those that failed a moment ago after their back-off. */
  clusterChanged(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [uid, { waiting, failedMs }] of this.#parked) {
      this.#parked.delete(uid)
      const remainingMs = backOffMs(waiting.attempts) - (nowMs - failedMs)
      if (remainingMs > 0) this.#backOff(waiting, remainingMs)
      else this.#makeReady(waiting)
    }
  }

  stop(): void {
    this.#cancelFlush()
    for (const { cancel } of this.#backingOff.values()) cancel()
    this.#backingOff.clear()
  }

  #backOff(waiting: Waiting, delayMs: number): void {
    const uid = waiting.pod.metadata.uid ?? ''
    const cancel = this.#clock.after(delayMs, () => {
      this.#backingOff.delete(uid)
      this.#makeReady(waiting)
    })
    this.#backingOff.set(uid, { waiting, cancel })
  }

  #makeReady(waiting: Waiting): void {
    this.#ready.set(waiting.pod.metadata.uid ?? '', waiting)
    this.#onReady()
  }

  #flushOldParked(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [uid, { waiting, sinceMs }] of this.#parked) {
      if (nowMs - sinceMs < parkedMaxMs) continue
      this.#parked.delete(uid)
      this.#makeReady(waiting)
    }
  }

  #forget(uid: string): Waiting | undefined {
    const backingOff = this.#backingOff.get(uid)
    backingOff?.cancel()
    const known = this.#ready.get(uid) ?? backingOff?.waiting ?? this.#parked.get(uid)?.waiting
    this.#ready.delete(uid)
    this.#backingOff.delete(uid)
    this.#parked.delete(uid)
    return known
  }
}

function comesBefore(one: Waiting, other: Waiting): boolean {
  const [priority, otherPriority] = [one.pod.spec?.priority ?? 0, other.pod.spec?.priority ?? 0]
  return priority === otherPriority ? one.enqueuedMs < other.enqueuedMs : priority > otherPriority
}

function backOffMs(attempts: number): number {
  return Math.min(backOffMaxMs, backOffFirstMs * 2 ** Math.max(0, attempts - 1))
}
