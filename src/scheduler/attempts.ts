/** What scheduling counts about itself, by upstream's names. Source: kube-scheduler's metrics. */
import type { GaugeReading, Meters } from '../client/meters.ts'
import type { Clock } from '../platform/clock.ts'
import type { PodHistory, QueueCounts } from './queue.ts'

export interface AttemptsView {
  queued(): QueueCounts
  /** Pods that nobody tries before something is taken from or made for them. */
  gated(): number
  nodes(): number
  pods(): number
}

export class Attempts {
  readonly #meters: Meters | undefined
  readonly #clock: Clock
  /** Of the scheduler. */
  readonly #profile: string
  readonly #begun = new Map<string, PodHistory & { begunMs: number }>()
  /** By pod, who kept it from its nodes last. */
  readonly #refusedBy = new Map<string, ReadonlySet<string>>()

  constructor(parts: { meters?: Meters | undefined; clock: Clock }, profile: string) {
    this.#meters = parts.meters
    this.#clock = parts.clock
    this.#profile = profile
  }

  show({ queued, gated, nodes, pods }: AttemptsView): void {
    const read = (metric: string, values: () => GaugeReading[]) => this.#meters?.gauge(metric, values)
    read('scheduler_pending_pods', () => {
      const { active, backoff, unschedulable } = queued()
      return [
        [['active'], active],
        [['backoff'], backoff],
        [['gated'], gated()],
        [['unschedulable'], unschedulable],
      ]
    })
    read('scheduler_cache_size', () => [
      [['nodes'], nodes()],
      [['pods'], pods()],
      [['assumed_pods'], this.#begun.size],
    ])
    read('scheduler_unschedulable_pods', () => this.#refusals())
  }

  begins(uid: string, history: PodHistory): void {
    this.#begun.set(uid, { ...history, begunMs: this.#clock.monotonicMs() })
  }

  /** It is known where the pod goes, or that it goes nowhere. */
  planned(uid: string): void {
    this.#meters?.observe('scheduler_scheduling_algorithm_duration_seconds', [], this.#seconds(uid))
  }

  refused(uid: string, by: ReadonlySet<string>): void {
    this.#refusedBy.set(uid, by)
    this.#ended(uid, 'unschedulable')
  }

  failed(uid: string): void {
    this.#ended(uid, 'error')
  }

  scheduled(uid: string): void {
    const begun = this.#begun.get(uid)
    this.#refusedBy.delete(uid)
    if (!begun) return
    const { attempts, enqueuedMs } = begun
    this.#ended(uid, 'scheduled')
    this.#meters?.observe('scheduler_pod_scheduling_attempts', [], attempts)
    const many = attempts >= 15 ? '15+' : String(attempts)
    const waitedSeconds = (this.#clock.monotonicMs() - enqueuedMs) / 1000
    this.#meters?.observe('scheduler_pod_scheduling_sli_duration_seconds', [many], waitedSeconds)
  }

  preempts(victims: number): void {
    this.#meters?.count('scheduler_preemption_attempts_total')
    if (victims > 0) this.#meters?.observe('scheduler_preemption_victims', [], victims)
  }

  forget(uid: string): void {
    this.#refusedBy.delete(uid)
    this.#begun.delete(uid)
  }

  #ended(uid: string, result: 'scheduled' | 'unschedulable' | 'error'): void {
    this.#meters?.count('scheduler_schedule_attempts_total', [result, this.#profile])
    this.#meters?.observe('scheduler_scheduling_attempt_duration_seconds', [result, this.#profile], this.#seconds(uid))
    this.#begun.delete(uid)
  }

  #seconds(uid: string): number {
    const nowMs = this.#clock.monotonicMs()
    return (nowMs - (this.#begun.get(uid)?.begunMs ?? nowMs)) / 1000
  }

  #refusals(): GaugeReading[] {
    const counts = new Map<string, number>()
    for (const plugins of this.#refusedBy.values())
      for (const plugin of plugins) counts.set(plugin, (counts.get(plugin) ?? 0) + 1)
    return [...counts].map(([plugin, count]) => [[plugin, this.#profile], count])
  }
}
