/** Controllers and scheduler of one process, over shared caches. */
import type { UserInfo } from '../../apiserver/request.ts'
import type { Client } from '../../client/client.ts'
import type { ControllerParts, RunningController } from '../../client/controller.ts'
import { runController } from '../../client/controller-run.ts'
import { createEventRecorder } from '../../client/events-impl.ts'
import { createInformers } from '../../client/informer-impl.ts'
import { allControllers } from '../../controllers/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { type Scheduler, startScheduler } from '../../scheduler/scheduler.ts'

export interface ControllerGroupParts {
  clock: Clock
  random: Random
  log: Logger
  rootCaPem: string
  clientFor(user: UserInfo): Client
  tuning?: ControllerTuning
}

/** How a group that a test holds differs from one on a server. */
export interface ControllerTuning {
  /** Whether the controller of this name runs; `scheduler` is one of the names. Default: all do. */
  runs?(name: string): boolean
  /** The clock of a controller's queue, by its name. Default: the group's. */
  clockFor?(name: string): Clock
  /** Time for list and watch. Default: the group's. */
  informerClock?: Clock
  watchTimeoutSeconds?: number
  /** Cached objects are frozen, so that changing one throws. Default false. */
  freeze?: boolean
}

export class ControllerGroup {
  readonly #parts: ControllerGroupParts
  readonly #stopping = new AbortController()
  readonly #running: { name: string; controller: RunningController }[] = []
  readonly #ends: (() => Promise<void>)[] = []
  #scheduler: Scheduler | undefined

  constructor(parts: ControllerGroupParts) {
    this.#parts = parts
  }

  /** Nothing is queued or running and no retry is due without time passing. */
  get idle(): boolean {
    return this.busy().length === 0
  }

  /** Names of those that have something queued or running. */
  busy(): string[] {
    const busy = this.#running.filter(({ controller }) => !controller.idle).map(({ name }) => `controller ${name}`)
    return this.#scheduler?.idle === false ? [...busy, 'scheduler'] : busy
  }

  /** Milliseconds until the earliest retry after a failure; undefined when none is due. */
  get nextRetryMs(): number | undefined {
    const waits = [this.#scheduler?.nextRetryMs, ...this.#running.map(({ controller }) => controller.nextRetryMs)]
    const known = waits.filter((wait) => wait !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  async start(): Promise<void> {
    const { clock, random, log, rootCaPem, tuning = {} } = this.#parts
    const { runs = () => true, clockFor = () => clock } = tuning
    const manager = this.#managerParts()
    for (const controller of allControllers(manager, { rootCaPem })) {
      const { name } = controller
      if (!runs(name)) continue
      const running = runController(controller, { clock: clockFor(name), log }, this.#stopping.signal)
      this.#running.push({ name, controller: running })
    }
    manager.informers.start()
    if (!runs('scheduler')) return
    // The scheduler shares the controllers' caches: one copy of every pod is enough for one process.
    const client = this.#parts.clientFor(userOf('system:kube-scheduler'))
    const events = createEventRecorder({ client, clock, random, log, component: 'default-scheduler' })
    this.#ends.unshift(() => events.flush())
    this.#scheduler = await startScheduler({ ...manager, client, events })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#scheduler?.stop()
    await Promise.all(this.#running.map(({ controller }) => controller.stop()))
    for (const end of this.#ends) await end()
  }

  #managerParts(): ControllerParts {
    const { clock, log, clientFor } = this.#parts
    const random = this.#parts.random.stream('kube-controller-manager')
    // Upstream gives each controller an account of its own; within one process they share the manager's rights.
    const client = clientFor(userOf('system:kube-controller-manager', 'system:masters'))
    const { informerClock = clock, watchTimeoutSeconds, freeze = false } = this.#parts.tuning ?? {}
    const timeout = watchTimeoutSeconds === undefined ? {} : { watchTimeoutSeconds }
    const informers = createInformers({ client, clock: informerClock, random, log, freeze, ...timeout })
    const events = createEventRecorder({ client, clock, random, log, component: 'kube-controller-manager' })
    this.#ends.push(
      () => events.flush(),
      () => informers.stop(),
    )
    return { client, informers, events, clock, random, log }
  }
}

function userOf(name: string, ...groups: string[]): UserInfo {
  return { name, groups: [...groups, 'system:authenticated'], extra: {} }
}
