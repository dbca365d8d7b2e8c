/** How clients in this process reach a test's cluster: every request passes what counts it and what makes it fail. */
import type { UserInfo } from '../apiserver/request.ts'
import type { Client } from '../client/client.ts'
import { createClient } from '../client/client-impl.ts'
import { type FluentClient, fluent } from '../client/fluent.ts'
import { liveInformers } from '../client/live-informer.ts'
import type { Transport } from '../client/transport.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Activity } from './activity/activity.ts'
import type { Faults } from './faults/faults.ts'
import { type Life, watchTimeoutSeconds } from './life.ts'

export interface ClientsParts {
  activity: Activity
  faults: Faults
  /** For what only keeps things fresh. */
  housekeeping: Clock
  random: Random
  log: Logger
  /** Resolves when the API answers. */
  ready(): Promise<Life>
  /** Puts controllers, scheduler and nodes to work. */
  begin(): Promise<void>
  /** Aborts when the present life of the cluster ends. */
  ended(): AbortSignal
}

export class Clients {
  readonly #parts: ClientsParts

  constructor(parts: ClientsParts) {
    this.#parts = parts
  }

  /** `strict`: it takes each watch event in at once, so that one it has not taken yet means that it is busy. */
  transport(user: UserInfo, { component, strict }: { component: string; strict: boolean }): Transport {
    const { activity, faults, begin, ready } = this.#parts
    const direct = async () => (await ready()).plane.api.transportFor(user)
    const lazy: Transport = {
      send: async (request) => {
        const transport = await direct()
        if (request.method !== 'GET') void begin().catch(() => undefined)
        return transport.send(request)
      },
      upgrade: async (request) => (await direct()).upgrade(request),
      close: async () => undefined,
    }
    return activity.transport(faults.transport(lazy, component), component, strict)
  }

  /** `component`: what it is called in timelines and faults, and its user agent. */
  of(user: UserInfo, component: string): { transport: Transport; api: Client; client: FluentClient } {
    const { housekeeping: clock, random, log, ended } = this.#parts
    const transport = this.transport(user, { component, strict: false })
    const api = createClient(transport, { userAgent: component })
    const following = createClient(this.transport(user, { component, strict: true }), { userAgent: component })
    const live = liveInformers({ client: following, clock, random, log, freeze: true, watchTimeoutSeconds })
    return {
      transport,
      api,
      client: fluent(api, (resource, { signal, ...selection } = {}) => {
        const signals = signal ? [ended(), signal] : [ended()]
        return live(resource, { ...selection, signal: AbortSignal.any(signals) })
      }),
    }
  }
}
