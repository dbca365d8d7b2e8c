/** Controllers of a test's own, in this process: written with the controller kit, known to `settled`. */
import { createClient } from '../client/client-impl.ts'
import type { Controller, ControllerParts, RunningController } from '../client/controller.ts'
import { runController } from '../client/controller-run.ts'
import type { DefinedController } from '../client/define-controller.ts'
import { createEventRecorder } from '../client/events-impl.ts'
import { createInformers } from '../client/informer-impl.ts'
import type { Transport } from '../client/transport.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { watchTimeoutSeconds } from './life.ts'

export interface OwnControllersParts {
  /** By the controller's name. */
  transport(name: string): Transport
  clock(name: string): Clock
  /** For list and watch. */
  housekeeping: Clock
  random: Random
  log: Logger
}

/** Makes a controller from what it is given. */
export type MakeController = (parts: ControllerParts) => Controller

interface OwnController {
  readonly name: string
  readonly running: RunningController
  stop(): Promise<void>
}

export class OwnControllers {
  readonly #parts: OwnControllersParts
  readonly #running = new Set<OwnController>()

  constructor(parts: OwnControllersParts) {
    this.#parts = parts
  }

  /** Resolves when its caches have synced. */
  async run(controller: DefinedController): Promise<{ stop(): Promise<void> }> {
    const own = await start(controller, this.#parts)
    this.#running.add(own)
    return {
      stop: async () => {
        if (this.#running.delete(own)) await own.stop()
      },
    }
  }

  /** Those with something queued or running, in words. */
  busy(): string[] {
    return [...this.#running].filter(({ running }) => !running.idle).map(({ name }) => `controller ${name}`)
  }

  /** Milliseconds until each one's earliest retry. */
  retriesMs(): (number | undefined)[] {
    return [...this.#running].map(({ running }) => running.nextRetryMs)
  }

  async stop(): Promise<void> {
    const running = [...this.#running]
    this.#running.clear()
    await Promise.all(running.map((own) => own.stop()))
  }
}

/** With caches and an event recorder of its own. */
async function start({ name, make }: DefinedController, parts: OwnControllersParts): Promise<OwnController> {
  const { housekeeping, log } = parts
  const clock = parts.clock(name)
  const random = parts.random.stream(`controller ${name}`)
  const client = createClient(parts.transport(name), { userAgent: name })
  const informers = createInformers({ client, clock: housekeeping, random, log, watchTimeoutSeconds, freeze: true })
  const events = createEventRecorder({ client, clock, random, log, component: name })
  const stopping = new AbortController()
  const controller = make({ client, informers, events, clock, random, log })
  const running = runController(controller, { clock, log }, stopping.signal)
  informers.start()
  await informers.synced()
  return {
    name,
    running,
    async stop() {
      stopping.abort()
      await running.stop()
      await events.flush()
      await informers.stop()
    },
  }
}
