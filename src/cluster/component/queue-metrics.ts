/** `workqueue_*` of a component's controllers. Source: client-go's work queue metrics. */

import { Counter, type Family, gauge, Histogram } from '../../apiserver/metrics/families.ts'
import type { QueueObserver } from '../../client/work-queue.ts'
import { queueName } from '../../controllers/names.ts'

/** Seconds. Source: client-go. */
const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]

export class QueueMetrics {
  readonly #adds = new Counter('workqueue_adds_total', 'Keys that came to wait.', ['name'])
  readonly #retries = new Counter('workqueue_retries_total', 'Keys that are tried again after a failure.', ['name'])
  readonly #waits = new Histogram('workqueue_queue_duration_seconds', 'How long keys waited.', ['name'], buckets)
  readonly #works = new Histogram('workqueue_work_duration_seconds', 'How long keys were worked on.', ['name'], buckets)

  observer(controller: string): QueueObserver {
    const name = [queueName(controller)]
    const [adds, retries] = [this.#adds.series(name), this.#retries.series(name)]
    const [waits, works] = [this.#waits.series(name), this.#works.series(name)]
    return {
      added: () => {
        adds.count += 1
      },
      retried: () => {
        retries.count += 1
      },
      taken: (waitedMs) => waits.observe(waitedMs / 1000),
      done: (workedMs) => works.observe(workedMs / 1000),
    }
  }

  /** `depths`: keys that wait now. */
  families(depths: ReadonlyMap<string, number>): Family[] {
    const samples = [...depths].map(([name, depth]) => [{ name: queueName(name) }, depth] as [{ name: string }, number])
    return [this.#adds, gauge('workqueue_depth', 'Keys that wait.', samples), this.#retries, this.#waits, this.#works]
  }
}
