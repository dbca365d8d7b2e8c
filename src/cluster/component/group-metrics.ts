/** What a group of controllers and its scheduler count: their queues, their own metrics, and which of them run. */
import { type Family, gauge, type Sample } from '../../apiserver/metrics/families.ts'
import { knownController } from '../../controllers/names.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ControllerGroup, ControllerTuning } from '../control-plane/controller-group.ts'
import { ControllerMetrics } from './controller-metrics.ts'
import { QueueMetrics } from './queue-metrics.ts'

export class GroupMetrics {
  readonly #queues: QueueMetrics
  readonly #meters = new ControllerMetrics()

  constructor(clock: Clock) {
    this.#queues = new QueueMetrics(clock)
  }

  /** For the group, which tells us. */
  get tuning(): Required<Pick<ControllerTuning, 'observeQueue' | 'meters'>> {
    return { observeQueue: (name) => this.#queues.observer(name), meters: this.#meters }
  }

  /** `manager`: the component's name. */
  families(group: ControllerGroup, manager: string): Family[] {
    const samples = [...controllersOf(group)].map((name): Sample => [{ manager, name }, 1])
    return [
      ...this.#queues.families(group.queueDepths()),
      ...this.#meters.families(),
      gauge('running_managed_controllers', 'Which controllers run here.', samples),
    ]
  }
}

/** Those that run, by upstream's names. Those that wait to lead do not run. */
export function controllersOf(group: ControllerGroup): Set<string> {
  return new Set([...group.queueDepths().keys()].map((name) => knownController(name)?.name ?? name))
}
