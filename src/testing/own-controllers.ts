/** Controllers of a test's own, in this process: written with the controller kit, known to `settled`. */
import { createClient } from '../client/client-impl.ts'
import type { Controller, ControllerParts, RunningController } from '../client/controller.ts'
import { runController } from '../client/controller-run.ts'
import { createEventRecorder } from '../client/events-impl.ts'
import { createInformers } from '../client/informer-impl.ts'
import type { Transport } from '../client/transport.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'

export interface OwnControllerParts {
  transport: Transport
  clock: Clock
  housekeeping: Clock
  watchTimeoutSeconds: number
  random: Random
  log: Logger
}

export interface OwnController {
  readonly name: string
  readonly running: RunningController
  stop(): Promise<void>
}

/** Starts it with caches and an event recorder of its own; resolves when its caches have synced. */
export async function runOwnController(
  name: string,
  make: (parts: ControllerParts) => Controller,
  parts: OwnControllerParts,
): Promise<OwnController> {
  const { transport, clock, housekeeping, watchTimeoutSeconds, log } = parts
  const random = parts.random.stream(`controller ${name}`)
  const client = createClient(transport, { userAgent: name })
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
