/** `workqueue_*` of a component's controllers. Source: client-go's work queue metrics. */

import { Counter, type Family, gauge, Histogram, type Sample } from '../../apiserver/metrics/families.ts'
import type { QueueObserver } from '../../client/work-queue.ts'
import { queueName } from '../../controllers/names.ts'
import type { Clock } from '../../platform/clock.ts'

/** Seconds. Source: client-go. */
const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]

export class QueueMetrics {
  readonly #clock: Clock
  readonly #adds = new Counter('workqueue_adds_total', 'Keys that came to wait.', ['name'])
  readonly #retries = new Counter('workqueue_retries_total', 'Keys that are tried again after a failure.', ['name'])
  readonly #waits = new Histogram('workqueue_queue_duration_seconds', 'How long keys waited.', ['name'], buckets)
  readonly #works = new Histogram('workqueue_work_duration_seconds', 'How long keys were worked on.', ['name'], buckets)
  /** When the keys that are worked on were taken, by queue. */
  readonly #taken = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  observer(controller: string): QueueObserver {
    const name = queueName(controller)
    const [adds, retries] = [this.#adds.series([name]), this.#retries.series([name])]
    const [waits, works] = [this.#waits.series([name]), this.#works.series([name])]
    const taken: number[] = []
    this.#taken.set(name, taken)
    return {
      added: () => {
        adds.count += 1
      },
      retried: () => {
        retries.count += 1
      },
      taken: (waitedMs) => {
        taken.push(this.#clock.monotonicMs())
        waits.observe(waitedMs / 1000)
      },
      done: (workedMs) => {
        removeNearest(taken, this.#clock.monotonicMs() - workedMs)
        works.observe(workedMs / 1000)
      },
    }
  }

  /** `depths`: keys that wait now. */
  families(depths: ReadonlyMap<string, number>): Family[] {
    const nowMs = this.#clock.monotonicMs()
    const samples = [...depths].map(([name, depth]): Sample => [{ name: queueName(name) }, depth])
    const running = (seconds: (ages: readonly number[]) => number) =>
      [...this.#taken].map(([name, taken]): Sample => [{ name }, seconds(taken.map((atMs) => (nowMs - atMs) / 1000))])
    return [
      ...[this.#adds, gauge('workqueue_depth', 'Keys that wait.', samples), this.#retries, this.#waits, this.#works],
      gauge(
        'workqueue_unfinished_work_seconds',
        'How long the keys that are worked on have been, together.',
        running((ages) => ages.reduce((sum, age) => sum + age, 0)),
      ),
      gauge(
        'workqueue_longest_running_processor_seconds',
        'How long the key that is worked on longest has been.',
        running((ages) => Math.max(0, ...ages)),
      ),
    ]
  }
}

function removeNearest(values: number[], value: number): void {
  const distances = values.map((one) => Math.abs(one - value))
  values.splice(distances.indexOf(Math.min(...distances)), 1)
}
