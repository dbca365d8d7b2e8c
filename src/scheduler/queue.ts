/**
 * Pods that wait for a node: ready ones by priority and age; those that just failed, in back-off; those that no node
 * can take, parked until the cluster changes. https://kubernetes.io/docs/concepts/scheduling-eviction/scheduler-perf-tuning/
 */
import type { Pod } from '../api/types/core/v1.ts'
import type { CancelTimer, Clock } from '../platform/clock.ts'
import { Heap } from './heap.ts'
import { priorityOf, uidOf } from './node-info.ts'

export interface QueueTimes {
  /** After a pod's first failure; twice as long after each further one. Default 1,000. */
  backOffFirstMs: number
  /** Default 10,000. */
  backOffMaxMs: number
  /** A parked pod is looked at again after this long even when nothing seems to have changed. Default 300,000. */
  parkedMaxMs: number
}

const usualTimes: QueueTimes = { backOffFirstMs: 1_000, backOffMaxMs: 10_000, parkedMaxMs: 300_000 }
const parkedCheckMs = 30_000

interface Waiting {
  pod: Pod
  attempts: number
  /** When the pod first came, and its place among those of the same moment. */
  enqueuedMs: number
  order: number
  place: Place
}

type Place =
  | { kind: 'ready' }
  | { kind: 'backingOff'; cancel: CancelTimer; dueMs: number }
  | { kind: 'parked'; sinceMs: number }
  /** Out for planning or binding. */
  | { kind: 'taken' }
  | { kind: 'gone' }

export interface PodHistory {
  attempts: number
  /** By the monotonic clock. */
  enqueuedMs: number
}

/** Pods by where they wait. */
export interface QueueCounts {
  active: number
  backoff: number
  unschedulable: number
}

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #onReady: () => void
  readonly #times: QueueTimes
  readonly #pods = new Map<string, Waiting>()
  /** May hold pods that are elsewhere by now; `take` passes over them. */
  readonly #ready = new Heap<Waiting>(comesBefore)
  readonly #parked = new Set<Waiting>()
  readonly #cancelFlush: CancelTimer
  #readyCount = 0
  #takenCount = 0
  #order = 0

  /** `onReady` is called whenever a pod has become ready to be taken. */
  constructor(clock: Clock, onReady: () => void, times: Partial<QueueTimes> = {}) {
    this.#times = { ...usualTimes, ...times }
    this.#clock = clock
    this.#onReady = onReady
    this.#cancelFlush = clock.every(parkedCheckMs, () => this.#flushOldParked())
  }

  /** No pod is ready or taken; those in back-off or parked don't count. */
  get idle(): boolean {
    return this.#readyCount === 0 && this.#takenCount === 0
  }

  /** Milliseconds until the earliest pod in back-off is ready again; undefined when none is. */
  get nextRetryMs(): number | undefined {
    let dueMs: number | undefined
    for (const { place } of this.#pods.values()) {
      if (place.kind === 'backingOff' && (dueMs === undefined || place.dueMs < dueMs)) dueMs = place.dueMs
    }
    return dueMs === undefined ? undefined : Math.max(0, dueMs - this.#clock.monotonicMs())
  }

  /** A new pod, or a changed one that may fit now. One that is taken stays so. */
  add(pod: Pod): void {
    const known = this.#pods.get(uidOf(pod))
    const waiting = known ?? this.#newlyWaiting(pod)
    waiting.pod = pod
    if (waiting.place.kind !== 'taken') this.#makeReady(waiting)
  }

  /** The newest object of a pod that waits; a change of status alone does not make it ready. */
  refresh(pod: Pod): void {
    const waiting = this.#pods.get(uidOf(pod))
    if (waiting) waiting.pod = pod
  }

  has(uid: string): boolean {
    return this.#pods.has(uid)
  }

  remove(uid: string): void {
    const waiting = this.#pods.get(uid)
    if (!waiting) return
    this.#pods.delete(uid)
    this.#moveTo(waiting, { kind: 'gone' })
  }

  /** The most important pod: highest priority, then longest waiting. */
  take(): Pod | undefined {
    for (let waiting = this.#ready.pop(); waiting; waiting = this.#ready.pop()) {
      if (waiting.place.kind !== 'ready') continue
      this.#moveTo(waiting, { kind: 'taken' })
      waiting.attempts++
      return waiting.pod
    }
    return undefined
  }

  /** The taken pod has a node. */
  placed(uid: string): void {
    if (this.#pods.get(uid)?.place.kind === 'taken') this.remove(uid)
  }

  /** How often a pod that waits was taken, and when it first came. */
  historyOf(uid: string): PodHistory {
    const { attempts = 0, enqueuedMs = this.#clock.monotonicMs() } = this.#pods.get(uid) ?? {}
    return { attempts, enqueuedMs }
  }

  get counts(): QueueCounts {
    const [active, unschedulable] = [this.#readyCount, this.#parked.size]
    return { active, unschedulable, backoff: this.#pods.size - active - unschedulable - this.#takenCount }
  }

  /** The taken pod fits nowhere until the cluster changes. */
  park(uid: string): void {
    const waiting = this.#pods.get(uid)
    if (waiting?.place.kind !== 'taken') return
    this.#moveTo(waiting, { kind: 'parked', sinceMs: this.#clock.monotonicMs() })
  }

  /** The taken pod failed for a passing reason. */
  retryLater(uid: string): void {
    const waiting = this.#pods.get(uid)
    if (waiting?.place.kind === 'taken') this.#backOff(waiting, this.#backOffMs(waiting.attempts))
  }

  /** The cluster changed: parked pods try again, those that failed a moment ago after their back-off. */
  clusterChanged(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const waiting of [...this.#parked]) {
      if (waiting.place.kind !== 'parked') continue
      const remainingMs = this.#backOffMs(waiting.attempts) - (nowMs - waiting.place.sinceMs)
      if (remainingMs > 0) this.#backOff(waiting, remainingMs)
      else this.#makeReady(waiting)
    }
  }

  stop(): void {
    this.#cancelFlush()
    for (const uid of [...this.#pods.keys()]) this.remove(uid)
  }

  #newlyWaiting(pod: Pod): Waiting {
    const enqueuedMs = this.#clock.monotonicMs()
    const waiting: Waiting = { pod, attempts: 0, enqueuedMs, order: this.#order++, place: { kind: 'gone' } }
    this.#pods.set(uidOf(pod), waiting)
    return waiting
  }

  #backOff(waiting: Waiting, delayMs: number): void {
    const cancel = this.#clock.after(delayMs, () => this.#makeReady(waiting))
    this.#moveTo(waiting, { kind: 'backingOff', cancel, dueMs: this.#clock.monotonicMs() + delayMs })
  }

  #makeReady(waiting: Waiting): void {
    if (waiting.place.kind === 'ready') return
    this.#moveTo(waiting, { kind: 'ready' })
    this.#ready.push(waiting)
    this.#onReady()
  }

  #moveTo(waiting: Waiting, place: Place): void {
    const { place: before } = waiting
    if (before.kind === 'backingOff') before.cancel()
    if (before.kind === 'parked') this.#parked.delete(waiting)
    if (place.kind === 'parked') this.#parked.add(waiting)
    this.#readyCount += Number(place.kind === 'ready') - Number(before.kind === 'ready')
    this.#takenCount += Number(place.kind === 'taken') - Number(before.kind === 'taken')
    waiting.place = place
  }

  #backOffMs(attempts: number): number {
    const { backOffFirstMs, backOffMaxMs } = this.#times
    return Math.min(backOffMaxMs, backOffFirstMs * 2 ** Math.max(0, attempts - 1))
  }

  #flushOldParked(): void {
    const { parkedMaxMs } = this.#times
    const nowMs = this.#clock.monotonicMs()
    for (const waiting of [...this.#parked]) {
      if (waiting.place.kind === 'parked' && nowMs - waiting.place.sinceMs >= parkedMaxMs) this.#makeReady(waiting)
    }
  }
}

function comesBefore(one: Waiting, other: Waiting): boolean {
  const [priority, otherPriority] = [priorityOf(one.pod), priorityOf(other.pod)]
  if (priority !== otherPriority) return priority > otherPriority
  return one.enqueuedMs === other.enqueuedMs ? one.order < other.order : one.enqueuedMs < other.enqueuedMs
}
