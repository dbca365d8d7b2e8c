/** What goes wrong, drawn from the seed: one thing after the other and several at once, each for a while. */
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { SimulatedLog } from './log.ts'
import type { SimulatedServer } from './server.ts'
import { calm, type Weather } from './weather.ts'

/** A process besides the server. */
export interface Sufferer {
  name: string
  cut(): void
  heal(): void
  /** Steps its wall clock; 0 puts it right. */
  skew(byMs: number): void
  off(): void
  on(): void
  /** It stands still, as a stopped process does, and learns of nothing; its wall time goes on. */
  pause(): void
  resume(): void
  /** Ends in order, where it can: resolves when it has. */
  stop?(): Promise<void>
}

export interface StormParts {
  clock: Clock
  random: Random
  server: SimulatedServer
  log: SimulatedLog
  weather: Weather
  nodes: readonly Sufferer[]
  controlPlanes: readonly Sufferer[]
  user: Pick<Sufferer, 'cut' | 'heal'>
  skewServer(byMs: number): void
  /** An administrator removes the object of a node that is off. */
  forgetNode(name: string): Promise<void>
}

type Misfortune = (storm: Storm, signal: AbortSignal) => Promise<void>

export class Storm {
  readonly parts: StormParts
  readonly #random: Random
  readonly #running = new Set<Promise<void>>()
  /** Nodes that are off. */
  readonly dead = new Set<string>()

  constructor(parts: StormParts) {
    this.parts = parts
    this.#random = parts.random.stream('storm')
  }

  /** Until the signal; then everything is put right again. */
  async rage(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const misfortune = misfortunes[this.#random.int(misfortunes.length)]
      if (misfortune) this.#start(misfortune(this, signal))
      await this.pause(500, 6_000, signal)
    }
    await Promise.all(this.#running)
    this.#calm()
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random.int(list.length)]!
  }

  draw(min: number, max: number): number {
    return min + this.#random.int(max - min + 1)
  }

  async pause(minMs: number, maxMs: number, signal: AbortSignal): Promise<void> {
    await this.parts.clock.sleep(this.draw(minMs, maxMs), signal).catch(() => undefined)
  }

  #start(misfortune: Promise<void>): void {
    const running = misfortune.finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  #calm(): void {
    const { weather, log, nodes, controlPlanes, user, skewServer } = this.parts
    Object.assign(weather, calm, { over: true })
    log.full = false
    log.syncMs = { min: 1, max: 3 }
    skewServer(0)
    user.heal()
    for (const each of [...nodes, ...controlPlanes]) {
      each.skew(0)
      each.resume()
      each.heal()
      each.on()
    }
  }
}

const serverCrash: Misfortune = async (storm, signal) => {
  const { server } = storm.parts
  if (!server.isUp) return
  server.crash()
  await storm.pause(100, 5_000, signal)
  await server.start()
}

const frontCrash: Misfortune = async (storm, signal) => {
  const { server } = storm.parts
  const index = storm.draw(0, server.frontCount - 1)
  server.crashFront(index)
  await storm.pause(100, 10_000, signal)
  await server.startFront(index)
}

const cutOff: Misfortune = async (storm, signal) => {
  const { nodes, controlPlanes } = storm.parts
  const victim = storm.pick([...controlPlanes, ...controlPlanes, ...controlPlanes, ...nodes.slice(0, 6)])
  victim.cut()
  await storm.pause(1_000, 40_000, signal)
  victim.heal()
}

const userCutOff: Misfortune = async (storm, signal) => {
  storm.parts.user.cut()
  await storm.pause(500, 10_000, signal)
  storm.parts.user.heal()
}

const nodeDeath: Misfortune = async (storm, signal) => {
  const victim = storm.pick(storm.parts.nodes)
  if (storm.dead.has(victim.name)) return
  storm.dead.add(victim.name)
  victim.off()
  await storm.pause(1_000, 30_000, signal)
  if (storm.draw(0, 2) === 0) await storm.parts.forgetNode(victim.name)
  await storm.pause(1_000, 60_000, signal)
  storm.dead.delete(victim.name)
  victim.on()
}

const controlPlaneCrash: Misfortune = async (storm, signal) => {
  const victim = storm.pick(storm.parts.controlPlanes)
  victim.off()
  await storm.pause(500, 15_000, signal)
  victim.on()
}

const controlPlaneRestart: Misfortune = async (storm, signal) => {
  const victim = storm.pick(storm.parts.controlPlanes)
  await victim.stop?.()
  await storm.pause(500, 5_000, signal)
  victim.on()
}

const badWeather: Misfortune = async (storm, signal) => {
  const { weather } = storm.parts
  const kinds: readonly (keyof Omit<Weather, 'latencyMs' | 'over'>)[] = [
    'refused',
    'lost',
    'answerLost',
    'watchBroken',
    'watchLate',
  ]
  const kind = storm.pick(kinds)
  weather[kind] = storm.draw(2, 25) / 100
  weather.latencyMs = { min: 1, max: storm.draw(3, 400) }
  await storm.pause(3_000, 25_000, signal)
  weather[kind] = 0
  weather.latencyMs = calm.latencyMs
}

const badDisk: Misfortune = async (storm, signal) => {
  const { log } = storm.parts
  if (storm.draw(0, 1) === 0) log.full = true
  else log.syncMs = { min: 50, max: storm.draw(100, 2_000) }
  await storm.pause(500, 8_000, signal)
  log.full = false
  log.syncMs = { min: 1, max: 3 }
}

const wrongClock: Misfortune = async (storm, signal) => {
  const { nodes, controlPlanes, skewServer } = storm.parts
  const byMs = storm.draw(-300_000, 300_000)
  const victim = storm.pick([undefined, ...controlPlanes, ...nodes.slice(0, 3)])
  if (victim) victim.skew(byMs)
  else skewServer(byMs)
  await storm.pause(5_000, 40_000, signal)
  if (victim) victim.skew(0)
  else skewServer(0)
}

const frozenProcess: Misfortune = async (storm, signal) => {
  const { nodes, controlPlanes } = storm.parts
  const victim = storm.pick([...controlPlanes, ...controlPlanes, ...controlPlanes, ...nodes.slice(0, 6)])
  victim.pause()
  await storm.pause(500, 45_000, signal)
  victim.resume()
}

const forgottenHistory: Misfortune = (storm) => storm.parts.server.compact()

const misfortunes: readonly Misfortune[] = [
  serverCrash,
  serverCrash,
  frontCrash,
  cutOff,
  cutOff,
  userCutOff,
  nodeDeath,
  nodeDeath,
  controlPlaneCrash,
  controlPlaneRestart,
  badWeather,
  badWeather,
  badWeather,
  badDisk,
  wrongClock,
  frozenProcess,
  frozenProcess,
  forgottenHistory,
]
