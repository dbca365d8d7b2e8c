/**
 * The priority levels and flow schemas in force, from their objects. The mandatory ones are there whether or not anyone
 * has stored them; a level that is gone serves what waits in it.
 */
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol/v1.ts'
import { mandatoryFlows } from '../bootstrap/flow-defaults.ts'
import { allocated, type Limits, limitsOf } from './allocation.ts'
import { type Demand, smoothed } from './demand.ts'
import { ordered } from './match.ts'
import { QueueSet, type QueueSettings } from './queue-set.ts'
import { widthMax } from './width.ts'

export interface Level {
  readonly name: string
  configuration: PriorityLevelConfiguration
  readonly queues: QueueSet
  limits: Limits
  /** The widest request in it. */
  widthMax: number
  demand: Demand
  smoothedDemand: number
  target: number
  /** Gone, and ending. */
  quiescing: boolean
}

export const adjustPeriodMs = 10_000

export class Levels {
  readonly #serverSeats: number
  readonly #levels = new Map<string, Level>()
  #schemas: readonly FlowSchema[] = []
  #adjustedMs: number
  fairProportion = 1

  constructor(serverSeats: number, nowMs: number) {
    this.#serverSeats = serverSeats
    this.#adjustedMs = nowMs
    this.configure([], [], nowMs)
  }

  get all(): Iterable<Level> {
    return this.#levels.values()
  }

  get schemas(): readonly FlowSchema[] {
    return this.#schemas
  }

  of(schema: FlowSchema): Level {
    return this.#levels.get(schema.spec?.priorityLevelConfiguration.name ?? '') ?? this.#levels.get('catch-all')!
  }

  configure(levels: Iterable<PriorityLevelConfiguration>, schemas: Iterable<FlowSchema>, nowMs: number): void {
    const mandatory = mandatoryFlows()
    const wanted = named([...mandatory.levels, ...[...levels].filter(isWhole)])
    for (const [name, configuration] of wanted) this.#put(name, configuration, nowMs)
    for (const [name, level] of this.#levels) {
      if (wanted.has(name)) continue
      level.quiescing = true
      if (level.queues.isIdle) this.#levels.delete(name)
    }
    // A schema whose level is not there is as if it were not there itself.
    const usable = [...schemas].filter(({ spec }) => wanted.has(spec?.priorityLevelConfiguration.name ?? ''))
    this.#schemas = ordered(named([...mandatory.schemas, ...usable]).values())
    this.#limit(nowMs)
  }

  /** Lends and borrows by what was wanted since the last time. Does nothing before a period has passed. */
  adjust(nowMs: number): void {
    if (nowMs - this.#adjustedMs < adjustPeriodMs) return
    this.#adjustedMs = nowMs
    for (const level of this.#levels.values()) {
      level.demand = level.queues.demand.take(nowMs)
      level.smoothedDemand = smoothed(level.smoothedDemand, level.demand)
      if (level.quiescing && level.queues.isIdle) this.#levels.delete(level.name)
    }
    this.#borrow(nowMs)
  }

  #borrow(nowMs: number): void {
    const limited = [...this.#levels.values()].filter(({ configuration }) => configuration.spec?.type !== 'Exempt')
    let left = this.#serverSeats
    for (const level of this.#levels.values()) {
      if (limited.includes(level)) continue
      left -= lowerBound(level)
    }
    const claims = limited.map((level) => {
      const lower = lowerBound(level)
      level.target = Math.max(lower, level.smoothedDemand)
      return { lower, upper: Math.max(lower, level.limits.max), target: level.target }
    })
    const result = allocated(Math.max(left, 0), claims)
    if (!result) return
    this.fairProportion = result.fairProportion
    for (const [index, level] of limited.entries()) {
      level.queues.setSeats(Math.max(1, Math.round(result.shares[index]!)), nowMs)
    }
  }

  #limit(nowMs: number): void {
    const specs = new Map([...this.#levels].map(([name, { configuration }]) => [name, configuration.spec!]))
    for (const [name, limits] of limitsOf(specs, this.#serverSeats)) {
      const level = this.#levels.get(name)!
      const before = level.limits
      level.limits = limits
      level.widthMax = widthMax(limits.nominal)
      const isExempt = level.configuration.spec?.type === 'Exempt'
      const seats = level.queues.seats
      const stands = before.nominal === limits.nominal && seats >= limits.min && seats <= limits.max && seats > 0
      if (!isExempt && !stands) level.queues.setSeats(Math.max(1, limits.nominal), nowMs)
    }
  }

  #put(name: string, configuration: PriorityLevelConfiguration, nowMs: number): void {
    const settings = settingsOf(configuration)
    const present = this.#levels.get(name)
    if (present) {
      present.configuration = configuration
      present.quiescing = false
      present.queues.configure(settings)
      return
    }
    const seats = configuration.spec?.type === 'Exempt' ? Number.POSITIVE_INFINITY : 0
    this.#levels.set(name, {
      ...{ name, configuration, queues: new QueueSet(settings, seats, nowMs), quiescing: false },
      ...{ limits: { nominal: -1, min: 0, max: 0 }, widthMax: 1, smoothedDemand: 0, target: 0 },
      demand: { mean: 0, deviation: 0, highWatermark: 0 },
    })
  }
}

/** What it wanted at most, but not more than its due, and never less than it keeps. */
function lowerBound({ limits, demand }: Level): number {
  return Math.max(limits.min, Math.min(limits.nominal, demand.highWatermark))
}

function isWhole({ spec }: PriorityLevelConfiguration): boolean {
  return spec !== undefined && (spec.type === 'Exempt' ? spec.limited === undefined : spec.limited !== undefined)
}

function named<T extends { metadata: { name?: string } }>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [object.metadata.name ?? '', object]))
}

/** Source: the API's defaults. */
function settingsOf({ spec }: PriorityLevelConfiguration): QueueSettings {
  const response = spec?.limited?.limitResponse
  if (response?.type !== 'Queue') return { queues: 0, handSize: 0, queueLengthMax: 0 }
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = response.queuing ?? {}
  return { queues, handSize, queueLengthMax: queueLengthLimit }
}
