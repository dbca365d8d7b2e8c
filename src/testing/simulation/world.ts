/** A simulated cluster put together: server, log, network, nodes, control planes, user, storm, and what watches over them. */
import { coreV1 } from '../../api/resources.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import { createClient } from '../../client/client-impl.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { ForkableStore } from '../../store/memory/memory-store.ts'
import type { Findings } from './findings.ts'
import { Invariants } from './invariants.ts'
import type { SimulatedKubelet } from './kubelet.ts'
import { SimulatedLog } from './log.ts'
import { Link, type NetworkParts } from './network.ts'
import { Observer } from './observer.ts'
import type { PlantedBug } from './planted.ts'
import { processClock } from './process-clock.ts'
import { logOf } from './process-log.ts'
import { controlPlane, nodeProcess } from './processes.ts'
import { infoOf } from './request-info.ts'
import { type Reached, SimulatedServer } from './server.ts'
import { Storm, type Sufferer } from './storm.ts'
import type { Trace } from './trace.ts'
import { Truth } from './truth.ts'
import { SimulatedUser } from './user.ts'
import { WatchCheck } from './watch-check.ts'
import type { Weather } from './weather.ts'

const admin: UserInfo = { name: 'user', groups: ['system:masters', 'system:authenticated'], extra: {} }

export interface WorldParts {
  clock: Clock
  random: Random
  trace: Trace
  findings: Findings
  planted: PlantedBug
  weather: Weather
  image: ForkableStore
  nodes: number
}

export interface World {
  server: SimulatedServer
  truth: Truth
  watches: WatchCheck
  storm: Storm
  user: SimulatedUser
  observer: Observer
  nodeNames: readonly string[]
  sufferers: readonly Sufferer[]
  /** Counts changes besides leases and events, which go on for ever. */
  meaningfulChanges(): number
}

export async function createWorld(parts: WorldParts): Promise<World> {
  const { clock, random, trace, findings, planted, weather, image } = parts
  const { items, revision } = await image.range({ prefix: '' })
  const truth = new Truth(findings, { revision, items })
  const invariants = new Invariants({ truth, findings, clock })
  const watches = new WatchCheck(truth, findings)
  const log = new SimulatedLog(clock, random.stream('log'))
  const serverClock = processClock(clock)
  const server = new SimulatedServer({
    ...{ image, truth, random: random.stream('server'), trace, clock: serverClock },
    storage: planted.log?.(log, clock) ?? log,
    log: logOf('api-server', { trace, findings }),
  })
  const network: NetworkParts = {
    ...{ server, clock, random, trace, weather },
    wrapServer: plantedServer(planted, random.stream('planted')),
  }
  const context = { ...parts, network, invariants, watches }
  const kubelets: SimulatedKubelet[] = []
  const nodes = Array.from({ length: parts.nodes }, (_, index) => nodeProcess(context, index, kubelets))
  const controlPlanes = [controlPlane(context, 'control-plane-a'), controlPlane(context, 'control-plane-b')]
  const link = new Link('user', network)
  const client = createClient(watches.transport(link.transportFor(admin), 'user'), { userAgent: 'user' })
  const nodeNames = kubelets.map(({ name }) => name)
  const onEvicted = invariants.onEvicted.bind(invariants)
  const user = new SimulatedUser({ client, clock, random, findings, truth, trace, nodeNames, onEvicted })
  const view = new Link('observer', network)
  const observer = new Observer({
    ...{ clock, random: random.stream('observer'), log: logOf('observer', { trace, findings }) },
    client: createClient(watches.transport(view.transportFor(admin), 'observer'), { userAgent: 'observer' }),
  })
  const forgetNode = async (name: string): Promise<void> => {
    trace.note('user', `forgets node ${name}`)
    await client
      .of(coreV1.nodes)
      .delete(name)
      .catch(() => undefined)
  }
  const skewServer = (byMs: number): void => serverClock.skew(byMs)
  const storm = new Storm({
    clock,
    random,
    server,
    log,
    weather,
    nodes,
    controlPlanes,
    user: link,
    skewServer,
    forgetNode,
  })
  let changes = 0
  truth.onChange('/registry/', ({ key }) => {
    if (!key.startsWith('/registry/leases/') && !key.startsWith('/registry/events/')) changes++
  })
  const sufferers = [...nodes, ...controlPlanes]
  return { server, truth, watches, storm, user, observer, nodeNames, sufferers, meaningfulChanges: () => changes }
}

function plantedServer(planted: PlantedBug, random: Random): (reached: Reached) => Reached {
  const memory = new Map<string, Uint8Array>()
  return (reached) => {
    const { send, store } = reached
    if (!planted.server) return reached
    const around: Reached['send'] = (request) =>
      planted.server?.({ request, info: infoOf(request), send, store, random, memory }) ?? send(request)
    return { ...reached, send: around }
  }
}
