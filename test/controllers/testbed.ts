/**
 * Controllers and scheduler on the API server in memory, with nodes that only exist on paper: a bound pod becomes ready
 * at once, or does what the test says. Time is held; `settle` waits until nothing more happens by itself.
 */

import { generateKeyPairSync } from 'node:crypto'
import type { KubeObject, Resource } from '../../src/api/meta.ts'
import { coreV1 } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types/core/v1.ts'
import { signingKey } from '../../src/apiserver/authentication/jwt.ts'
import { allowAll } from '../../src/apiserver/authorize.ts'
import { standardSecurity } from '../../src/apiserver/standard-security.ts'
import { startTestApiServer, type TestApiServerOptions } from '../../src/apiserver/testbed/server.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/client-impl.ts'
import type { RunningController } from '../../src/client/controller.ts'
import { runController } from '../../src/client/controller-run.ts'
import { createEventRecorder } from '../../src/client/events-impl.ts'
import { createInformers } from '../../src/client/informer-impl.ts'
import { allControllers, type ControllerOptions } from '../../src/controllers/index.ts'
import type { Random } from '../../src/platform/random.ts'
import { type SimulatedClock, simulatedClock } from '../../src/platform/simulated/clock.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { type Scheduler, startScheduler } from '../../src/scheduler/scheduler.ts'
import { actAsKubelet, createNode, type PodOutcome, renewLease } from '../nodes-on-paper.ts'
import { faultyTransport } from './faulty-transport.ts'

export interface Testbed extends AsyncDisposable {
  client: Client
  clock: SimulatedClock
  /** What a bound pod turns into; default: ready. Set to change it. */
  behave: (pod: Pod) => PodOutcome
  /** Whether nodes renew their leases as time moves. Default true. */
  nodesAlive: boolean
  /** How many of the controllers' requests fail, from 0 to 1; needs `faults`. */
  faultShare: number
  readonly faultsMade: number
  settle(): Promise<void>
  /** Settles, moves time, settles. */
  advance(ms: number): Promise<void>
  events(): Promise<string[]>
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>
}

export const namespace = 'test'
const heartbeatMs = 20_000

export async function startTestbed({
  nodes = ['node1'],
  options = {},
  admission = false,
  faults,
  cacheLagMs = 0,
}: {
  nodes?: string[]
  options?: Partial<ControllerOptions>
  /** Whether writes pass the default admission steps, as on a real server. Default false. */
  admission?: boolean
  /** Makes requests of controllers and scheduler fail. */
  faults?: { seed: string; share: number }
  /** Watch events reach the caches this much later. */
  cacheLagMs?: number
} = {}): Promise<Testbed> {
  const clock = simulatedClock()
  const random = simulatedRandom('testbed')
  const security = admission ? { security: admittingSecurity(clock, random) } : {}
  const api = await startTestApiServer({ clock, namespaces: [namespace], ...security })
  const client = createClient(api.transport)
  const { log } = api
  const faulty = { share: faults?.share ?? 0, made: 0 }
  const used = faults
    ? createClient(
        faultyTransport(api.transport, {
          clock,
          random: simulatedRandom(faults.seed),
          share: () => faulty.share,
          onFault: () => faulty.made++,
        }),
      )
    : client
  const informers = createInformers({ client: lagging(client, clock, cacheLagMs), clock, random, log, freeze: true })
  const recorder = createEventRecorder({ client, clock, random, log, component: 'test' })
  const parts = { client: used, informers, events: recorder, clock, random, log }
  const stopping = new AbortController()
  for (const name of nodes) await createNode(client, name)
  const controllers: RunningController[] = allControllers(parts, { rootCaPem: 'CA', ...options }).map((one) =>
    runController(one, parts, stopping.signal),
  )
  informers.start()
  const scheduler: Scheduler = await startScheduler(parts)
  const bed: Testbed = {
    client,
    clock,
    behave: () => 'ready',
    nodesAlive: true,
    get faultsMade() {
      return faulty.made
    },
    get faultShare() {
      return faulty.share
    },
    set faultShare(share) {
      faulty.share = share
    },
    // While requests fail somebody is always about to try again.
    settle: () =>
      faulty.share > 0 ? clock.advance(100) : settle(bed, { controllers, scheduler, flush: () => recorder.flush() }),
    async advance(ms) {
      await bed.settle()
      for (let left = ms; left > 0; left -= heartbeatMs) {
        if (bed.nodesAlive) for (const name of nodes) await renewLease(client, name, clock)
        await clock.advance(Math.min(left, heartbeatMs))
        await bed.settle()
      }
    },
    async events() {
      await bed.settle()
      const { items } = await client.of(coreV1.events, namespace).list()
      return items.map(
        ({ involvedObject, type, reason, message }) =>
          `${involvedObject.kind}/${involvedObject.name} ${type} ${reason}: ${message}`,
      )
    },
    create: (resource, object) => client.of(resource, namespace).create(object),
    async [Symbol.asyncDispose]() {
      faulty.share = 0
      // What is held up by a fault is waited for.
      await clock.advance(10_000)
      stopping.abort()
      await scheduler.stop()
      await Promise.all(controllers.map((one) => one.stop()))
      await informers.stop()
      await api.stop()
    },
  }
  actAsKubelet({ client, pods: informers.of(coreV1.pods), clock, behave: (pod) => bed.behave(pod) })
  await bed.settle()
  return bed
}

/** A client whose watch events arrive late, in their order. */
function lagging(client: Client, clock: SimulatedClock, lagMs: number): Client {
  if (lagMs === 0) return client
  return {
    raw: (method, path, body) => client.raw(method, path, body),
    of(resource, namespace) {
      const api = client.of(resource, namespace)
      const watch: typeof api.watch = (options) => late(api.watch(options), clock, lagMs)
      return new Proxy(api, { get: (target, name) => (name === 'watch' ? watch : bound(target, name)) })
    },
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

/** Each event is held from when it came, not from when the one before it was taken. */
async function* late<T>(events: AsyncIterable<T>, clock: SimulatedClock, lagMs: number): AsyncIterable<T> {
  const held: { event: T; dueMs: number }[] = []
  let ended = false
  let wake = () => {}
  const reading = (async () => {
    for await (const event of events) {
      held.push({ event, dueMs: clock.monotonicMs() + lagMs })
      wake()
    }
  })().finally(() => {
    ended = true
    wake()
  })
  for (;;) {
    const next = held.shift()
    if (next) {
      await clock.sleep(Math.max(0, next.dueMs - clock.monotonicMs()))
      yield next.event
    } else if (ended) {
      return await reading
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}

/** Everybody may do everything, and admission has its say. */
function admittingSecurity(clock: SimulatedClock, random: Random): NonNullable<TestApiServerOptions['security']> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const serviceAccounts = { keys: [key], issuer: 'test', audiences: ['test'] } as const
  const standard = standardSecurity({ clock, random, serviceAccounts, nodeRules: [] })
  return async (own) => ({ ...(await standard(own)), authorizer: allowAll })
}

async function settle(
  bed: Testbed,
  {
    controllers,
    scheduler,
    flush,
  }: { controllers: RunningController[]; scheduler: Scheduler; flush: () => Promise<void> },
): Promise<void> {
  for (let calm = 0, turns = 0; calm < 5; turns++) {
    if (turns > 5_000) throw new Error('the controllers do not come to rest')
    await bed.clock.advance(1)
    const busy = controllers.some((one) => !one.idle) || !scheduler.idle
    calm = busy ? 0 : calm + 1
  }
  await flush()
}
