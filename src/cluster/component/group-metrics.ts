/** What a group of controllers and its scheduler count: their queues, their own metrics, and which of them run. */
import { type Family, gauge, type Sample } from '../../apiserver/metrics/families.ts'
import { knownController } from '../../controllers/names.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ControllerGroup, ControllerTuning } from '../control-plane/controller-group.ts'
import { ControllerMetrics } from './controller-metrics.ts'
import { QueueMetrics } from './queue-metrics.ts'

const isScheduling = (name: string): boolean => name.startsWith('scheduler_')
const isCloud = (name: string): boolean => /^(node|route|service)_controller_/.test(name)

/** Which metrics a group of these roles shows. */
const isOf = {
  all: () => true,
  scheduler: isScheduling,
  further: isCloud,
  controllers: (name: string) => !isScheduling(name) && !isCloud(name),
} as const

export class GroupMetrics {
  readonly #queues: QueueMetrics
  readonly #meters = new ControllerMetrics()
  readonly #roles: keyof typeof isOf

  /** `roles`: what the group does; metrics of others are not shown. */
  constructor(clock: Clock, roles: keyof typeof isOf = 'all') {
    this.#queues = new QueueMetrics(clock)
    this.#roles = roles
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
      ...this.#meters.families().filter(({ name }) => isOf[this.#roles](name)),
      gauge('running_managed_controllers', 'Which controllers run here.', samples),
    ]
  }
}

/** Those that run, by upstream's names. Those that wait to lead do not run. */
export function controllersOf(group: ControllerGroup): Set<string> {
  return new Set([...group.queueDepths().keys()].map((name) => knownController(name)?.name ?? name))
}
