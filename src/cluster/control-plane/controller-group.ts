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
}

export class ControllerGroup {
  readonly #parts: ControllerGroupParts
  readonly #stopping = new AbortController()
  readonly #running: RunningController[] = []
  readonly #ends: (() => Promise<void>)[] = []
  #scheduler: Scheduler | undefined

  constructor(parts: ControllerGroupParts) {
    this.#parts = parts
  }

  /** Nothing is queued or running and no retry is due without time passing. */
  get idle(): boolean {
    return this.#running.every(({ idle }) => idle) && (this.#scheduler?.idle ?? true)
  }

  async start(): Promise<void> {
    const { clock, random, log, rootCaPem } = this.#parts
    const manager = this.#managerParts()
    for (const controller of allControllers(manager, { rootCaPem })) {
      this.#running.push(runController(controller, { clock, log }, this.#stopping.signal))
    }
    manager.informers.start()
    // The scheduler shares the controllers' caches: one copy of every pod is enough for one process.
    const client = this.#parts.clientFor(userOf('system:kube-scheduler'))
    const events = createEventRecorder({ client, clock, random, log, component: 'default-scheduler' })
    this.#ends.unshift(() => events.flush())
    this.#scheduler = await startScheduler({ ...manager, client, events })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#scheduler?.stop()
    await Promise.all(this.#running.map((one) => one.stop()))
    for (const end of this.#ends) await end()
  }

  #managerParts(): ControllerParts {
    const { clock, log, clientFor } = this.#parts
    const random = this.#parts.random.stream('kube-controller-manager')
    // Upstream gives each controller an account of its own; within one process they share the manager's rights.
    const client = clientFor(userOf('system:kube-controller-manager', 'system:masters'))
    const informers = createInformers({ client, clock, random, log })
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
