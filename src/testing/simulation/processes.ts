/** Processes of a simulated cluster besides the server: nodes and control planes, each with its own way to it and its own clock. */
import type { UserInfo } from '../../apiserver/request.ts'
import type { Transport } from '../../client/transport.ts'
import { ControllerGroup } from '../../cluster/control-plane/controller-group.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Findings } from './findings.ts'
import type { Invariants } from './invariants.ts'
import { SimulatedKubelet } from './kubelet.ts'
import { Link, type NetworkParts } from './network.ts'
import type { PlantedBug } from './planted.ts'
import { podBehaviour } from './pod-behaviour.ts'
import { type ProcessClock, processClock } from './process-clock.ts'
import { logOf } from './process-log.ts'
import type { Sufferer } from './storm.ts'
import type { Trace } from './trace.ts'
import type { WatchCheck } from './watch-check.ts'
import type { Weather } from './weather.ts'

export interface ProcessParts {
  clock: Clock
  random: Random
  trace: Trace
  findings: Findings
  planted: PlantedBug
  weather: Weather
  network: NetworkParts
  invariants: Invariants
  watches: WatchCheck
}

/** A process that is stopped is killed after this long. */
const terminationMs = 30_000

export function nodeProcess(context: ProcessParts, index: number, kubelets: SimulatedKubelet[]): Sufferer {
  const { random, trace, findings, network, invariants, watches } = context
  const clock = processClock(context.clock)
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
  const pauses = pausing(clock, () => link)
  return {
    name,
    cut: () => link.cut(),
    heal: () => link.heal(),
    skew: (byMs) => clock.skew(byMs),
    ...pauses,
    off() {
      pauses.resume()
      kubelet.powerOff()
    },
    on() {
      pauses.resume()
      kubelet.powerOn()
    },
  }
}

export function controlPlane(context: ProcessParts, name: string): Sufferer {
  const { random, trace, findings, network, invariants, watches, planted } = context
  const clock = processClock(context.clock)
  const log = logOf(name, { trace, findings })
  let link = new Link(name, network)
  let group: ControllerGroup | undefined
  let starts = 0
  const transportFor = (on: Link, identity: string, wrap: (transport: Transport) => Transport, user: UserInfo) =>
    invariants.leaderTransport(wrap(watches.transport(on.transportFor(user), name)), identity, () => !on.isClosed)
  const pauses = pausing(clock, () => link)
  return {
    name,
    cut: () => link.cut(),
    heal: () => link.heal(),
    skew: (byMs) => clock.skew(byMs),
    ...pauses,
    off() {
      if (!group) return
      pauses.resume()
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
      pauses.resume()
      trace.note(name, 'starts')
      const own = new Link(name, network)
      const identity = `${name}_${++starts}`
      link = own
      const wrap = planted.controlPlane?.() ?? ((transport: Transport) => transport)
      group = new ControllerGroup({
        ...{ clock, log, rootCaPem: 'simulated', random: random.stream(identity) },
        transportFor: (user) => transportFor(own, identity, wrap, user),
        leaderElection: { identity },
        tuning: { freeze: true },
      })
      void group.start()
    },
  }
}

/** A process's clock and its line stand still together. */
function pausing(clock: ProcessClock, line: () => Link): Pick<Sufferer, 'pause' | 'resume'> {
  let paused: Link | undefined
  return {
    pause() {
      clock.pause()
      paused = line()
      paused.pause()
    },
    resume() {
      clock.resume()
      paused?.resume()
      paused = undefined
    },
  }
}
