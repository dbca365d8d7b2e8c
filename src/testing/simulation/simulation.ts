/**
 * A whole cluster in one process, from one seed: API server on a log that can lose what was not synced, two control
 * planes of which one leads, nodes, a user, and everything that goes wrong. Time, network, disk and chance are simulated,
 * so that the same seed gives the same run, byte for byte. After the storm comes calm, in which all must converge.
 */

import type { Random } from '../../platform/random.ts'
import { type SimulatedClock, simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import type { ForkableStore } from '../../store/memory/memory-store.ts'
import { wanting } from './converged.ts'
import { type Finding, Findings } from './findings.ts'
import type { PlantedBug } from './planted.ts'
import { bootstrappedImage } from './server.ts'
import { Trace } from './trace.ts'
import { calm, type Weather } from './weather.ts'
import { createWorld, type World } from './world.ts'

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
/** What has converged is looked at for so long. */
const restMs = 60_000
const stepMs = 1_000

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
    this.#clock = simulatedClock({ startMs, closed: true })
    const sinceStartMs = (): number => this.#clock.monotonicMs()
    this.#trace = new Trace(sinceStartMs)
    this.#findings = new Findings(this.#trace, sinceStartMs)
  }

  async run(): Promise<void> {
    this.#parts = await createWorld({
      ...{ clock: this.#clock, random: this.#random, trace: this.#trace, findings: this.#findings },
      ...{ planted: this.#planted, weather: this.#weather, image: this.#image, nodes: this.#options.nodes ?? 20 },
    })
    const { server, sufferers, observer } = this.#parts
    await server.start()
    observer.start()
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
    const { truth, nodeNames, watches, user, observer } = this.#parts
    const endMs = this.#clock.monotonicMs() + convergeMs
    let left: string[] = ['time to settle']
    let quietMs = 0
    for (let seen = -1; !this.#findings.any; ) {
      await this.#pass(stepMs)
      const written = this.#parts.meaningfulChanges()
      quietMs = written === seen ? quietMs + stepMs : 0
      seen = written
      if (quietMs >= 15_000) left = [...wanting(truth, nodeNames), ...observer.wanting(truth)]
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
    await this.#rest()
  }

  /** Time alone changes nothing but leases: who corrects and is corrected without end would show here. */
  async #rest(): Promise<void> {
    const before = this.#parts.meaningfulChanges()
    await this.#pass(restMs)
    const written = this.#parts.meaningfulChanges() - before
    if (written > 0) this.#findings.report('what has converged rests', `${written} writes in ${restMs} ms`)
  }

  async #end(): Promise<void> {
    const { server, sufferers, observer } = this.#parts
    for (const each of sufferers) each.off()
    void observer.stop()
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
