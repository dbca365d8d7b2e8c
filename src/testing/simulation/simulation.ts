/**
 * A whole cluster in one process, from one seed: API server on a log that can lose what was not synced, two control
 * planes of which one leads, nodes, a user, and everything that goes wrong. Time, network, disk and chance are simulated,
 * so that the same seed gives the same run, byte for byte. After the storm comes calm, in which all must converge.
 */

import { coreV1 } from '../../api/resources.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import { createClient } from '../../client/client-impl.ts'
import type { Transport } from '../../client/transport.ts'
import { ControllerGroup } from '../../cluster/control-plane/controller-group.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { type SimulatedClock, simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import type { ForkableStore } from '../../store/memory/memory-store.ts'
import { wanting } from './converged.ts'
import { type Finding, Findings } from './findings.ts'
import { Invariants } from './invariants.ts'
import { SimulatedKubelet } from './kubelet.ts'
import { SimulatedLog } from './log.ts'
import { Link, type NetworkParts } from './network.ts'
import type { PlantedBug } from './planted.ts'
import { podBehaviour } from './pod-behaviour.ts'
import { logOf } from './process-log.ts'
import { infoOf } from './request-info.ts'
import { bootstrappedImage, type Reached, SimulatedServer } from './server.ts'
import { Storm, type Sufferer } from './storm.ts'
import { Trace } from './trace.ts'
import { Truth } from './truth.ts'
import { SimulatedUser } from './user.ts'
import { WatchCheck } from './watch-check.ts'
import { calm, type Weather } from './weather.ts'

export interface SimulationOptions {
  seed: string | number
  /** How long faults and user rage, in simulated time. Default 60,000. */
  stormMs?: number
  /** Default 20. */
  nodes?: number
  /** Switches a bug on, to see that it is found. */
  planted?: PlantedBug
}

export interface SimulationResult {
  seed: string
  /** Empty when all rules held. */
  findings: readonly Finding[]
  trace: readonly string[]
  /** Of the trace. */
  digest: string
  simulatedMs: number
  /** Revisions written. */
  revisions: number
}

const startMs = Date.UTC(2026, 0, 1)
const warmUpMs = 8_000
/** Simulated time within which all must converge once the faults have stopped. */
const convergeMs = 1_200_000
const stepMs = 1_000
/** A process that is stopped is killed after this long. */
const terminationMs = 30_000
const admin: UserInfo = { name: 'user', groups: ['system:masters', 'system:authenticated'], extra: {} }

let image: Promise<ForkableStore> | undefined

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  image ??= bootstrappedImage(startMs)
  const simulation = new Simulation(options, await image)
  await simulation.run()
  return simulation.result()
}

class Simulation {
  readonly #options: SimulationOptions
  readonly #clock: SimulatedClock
  readonly #random: Random
  readonly #trace: Trace
  readonly #findings: Findings
  readonly #planted: PlantedBug
  readonly #weather: Weather = { ...calm }
  readonly #image: ForkableStore
  #parts!: World

  constructor(options: SimulationOptions, image: ForkableStore) {
    this.#options = options
    this.#image = image
    this.#planted = options.planted ?? {}
    this.#random = simulatedRandom(`simulation ${options.seed}`)
    this.#clock = simulatedClock({ startMs })
    const sinceStartMs = (): number => this.#clock.monotonicMs()
    this.#trace = new Trace(sinceStartMs)
    this.#findings = new Findings(this.#trace, sinceStartMs)
  }

  async run(): Promise<void> {
    this.#parts = await createWorld({
      ...{ clock: this.#clock, random: this.#random, trace: this.#trace, findings: this.#findings },
      ...{ planted: this.#planted, weather: this.#weather, image: this.#image, nodes: this.#options.nodes ?? 20 },
    })
    const { server, sufferers } = this.#parts
    await server.start()
    for (const each of sufferers) each.on()
    await this.#pass(warmUpMs)
    await this.#storm(this.#options.stormMs ?? 60_000)
    await this.#untilConverged()
    await this.#end()
  }

  result(): SimulationResult {
    return {
      seed: String(this.#options.seed),
      findings: this.#findings.list,
      trace: this.#trace.lines,
      digest: this.#trace.digest(),
      simulatedMs: this.#clock.monotonicMs(),
      revisions: this.#parts.truth.revision,
    }
  }

  async #storm(durationMs: number): Promise<void> {
    const { storm, user } = this.#parts
    const over = new AbortController()
    let done = false
    const working = Promise.all([storm.rage(over.signal), user.work(over.signal)]).then(() => {
      done = true
    })
    await this.#pass(durationMs)
    this.#trace.note('storm', 'is over')
    this.#weather.over = true
    over.abort()
    while (!done && !this.#findings.any) await this.#pass(stepMs)
    if (done) await working
  }

  async #untilConverged(): Promise<void> {
    const { truth, nodeNames, watches, user } = this.#parts
    const endMs = this.#clock.monotonicMs() + convergeMs
    let left: string[] = ['time to settle']
    let quietMs = 0
    for (let seen = -1; !this.#findings.any; ) {
      await this.#pass(stepMs)
      const written = this.#parts.meaningfulChanges()
      quietMs = written === seen ? quietMs + stepMs : 0
      seen = written
      if (quietMs >= 15_000) left = wanting(truth, nodeNames)
      if (quietMs >= 15_000 && left.length === 0) break
      if (this.#clock.monotonicMs() < endMs) continue
      if (quietMs < 15_000) left.push('components write without end')
      return this.#findings.report('everything converges', left.join('; '))
    }
    if (this.#findings.any) return
    const { revision } = truth
    await this.#pass(stepMs)
    watches.checkAllTold(revision)
    user.ledger.check(truth)
    this.#trace.note('simulation', `has converged, at revision ${truth.revision} with state ${truth.digest()}`)
  }

  async #end(): Promise<void> {
    const { server, sufferers } = this.#parts
    for (const each of sufferers) each.off()
    await server.stop()
    await this.#clock.advance(stepMs)
  }

  /** Lets time pass; stops early when something was found. */
  async #pass(durationMs: number): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + durationMs
    while (this.#clock.monotonicMs() < untilMs && !this.#findings.any) {
      await this.#clock.advance(Math.min(stepMs, untilMs - this.#clock.monotonicMs()))
    }
  }
}

interface WorldParts {
  clock: Clock
  random: Random
  trace: Trace
  findings: Findings
  planted: PlantedBug
  weather: Weather
  image: ForkableStore
  nodes: number
}

interface World {
  server: SimulatedServer
  truth: Truth
  watches: WatchCheck
  storm: Storm
  user: SimulatedUser
  nodeNames: readonly string[]
  sufferers: readonly Sufferer[]
  /** Counts changes besides leases and events, which go on for ever. */
  meaningfulChanges(): number
}

async function createWorld(parts: WorldParts): Promise<World> {
  const { clock, random, trace, findings, planted, weather, image } = parts
  const { items, revision } = await image.range({ prefix: '' })
  const truth = new Truth(findings, { revision, items })
  const invariants = new Invariants({ truth, findings, clock })
  const watches = new WatchCheck(truth, findings)
  const log = new SimulatedLog(clock, random.stream('log'))
  const serverClock = skewable(clock)
  const server = new SimulatedServer({
    ...{ image, truth, random: random.stream('server'), trace, clock: serverClock },
    storage: planted.log?.(log, clock) ?? log,
    log: logOf('api-server', { trace, findings }),
  })
  const network: NetworkParts = {
    ...{ server, clock, random, trace, weather },
    wrapServer: plantedServer(planted, random.stream('planted')),
  }
  const context: ProcessContext = { ...parts, network, invariants, watches, server }
  const kubelets: SimulatedKubelet[] = []
  const nodes = Array.from({ length: parts.nodes }, (_, index) => nodeProcess(context, index, kubelets))
  const controlPlanes = [controlPlane(context, 'control-plane-a'), controlPlane(context, 'control-plane-b')]
  const link = new Link('user', network)
  const client = createClient(watches.transport(link.transportFor(admin), 'user'), { userAgent: 'user' })
  const nodeNames = kubelets.map(({ name }) => name)
  const onEvicted = invariants.onEvicted.bind(invariants)
  const user = new SimulatedUser({ client, clock, random, findings, trace, nodeNames, onEvicted })
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
  return { server, truth, watches, storm, user, nodeNames, sufferers, meaningfulChanges: () => changes }
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

interface ProcessContext extends WorldParts {
  network: NetworkParts
  invariants: Invariants
  watches: WatchCheck
  server: SimulatedServer
}

function nodeProcess(context: ProcessContext, index: number, kubelets: SimulatedKubelet[]): Sufferer {
  const { random, trace, findings, network, invariants, watches } = context
  const clock = skewable(context.clock)
  const name = `node-${index + 1}`
  const who: UserInfo = { name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'], extra: {} }
  let link = new Link(name, network)
  const kubelet = new SimulatedKubelet({
    ...{ name, index, clock, random: random.stream(name), trace },
    log: logOf(name, { trace, findings }),
    ruleOf: podBehaviour(random.stream('pods'), () => context.weather.over),
    connect: () => {
      link = new Link(name, network)
      return { transport: watches.transport(link.transportFor(who), name), close: () => link.close() }
    },
    onRunning: (pod) => invariants.onRunning(pod, kubelets),
  })
  kubelets.push(kubelet)
  return {
    name,
    cut: () => link.cut(),
    heal: () => link.heal(),
    skew: (byMs) => clock.skew(byMs),
    off: () => kubelet.powerOff(),
    on: () => kubelet.powerOn(),
  }
}

function controlPlane(context: ProcessContext, name: string): Sufferer {
  const { random, trace, findings, network, invariants, watches, planted } = context
  const clock = skewable(context.clock)
  const log = logOf(name, { trace, findings })
  let link = new Link(name, network)
  let group: ControllerGroup | undefined
  let starts = 0
  const transportFor = (on: Link, user: UserInfo, wrap: (transport: Transport) => Transport): Transport =>
    invariants.leaderTransport(wrap(watches.transport(on.transportFor(user), name)), name, () => !on.isClosed)
  return {
    name,
    cut: () => link.cut(),
    heal: () => link.heal(),
    skew: (byMs) => clock.skew(byMs),
    off() {
      if (!group) return
      trace.note(name, 'is killed')
      link.close()
      void group.stop()
      group = undefined
    },
    async stop() {
      const stopping = group
      const own = link
      if (!stopping) return
      trace.note(name, 'is stopped')
      group = undefined
      const ended = stopping.stop().then(() => trace.note(name, 'has ended'))
      await Promise.race([ended, context.clock.sleep(terminationMs)])
      own.close()
    },
    on() {
      if (group) return
      trace.note(name, 'starts')
      const own = new Link(name, network)
      link = own
      const wrap = planted.controlPlane?.() ?? ((transport: Transport) => transport)
      group = new ControllerGroup({
        ...{ clock, log, rootCaPem: 'simulated', random: random.stream(`${name} ${starts++}`) },
        transportFor: (user) => transportFor(own, user, wrap),
        leaderElection: { identity: name },
        tuning: { freeze: true },
      })
      void group.start()
    },
  }
}

interface SkewableClock extends Clock {
  /** By how much its wall time is ahead from now on. */
  skew(byMs: number): void
}

function skewable(clock: Clock): SkewableClock {
  let aheadMs = 0
  return {
    nowMs: () => clock.nowMs() + aheadMs,
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
    every: (periodMs, callback) => clock.every(periodMs, callback),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    skew(byMs) {
      aheadMs = byMs
    },
  }
}
