/** What priority levels tell monitors, by upstream's names (`apiserver_flowcontrol_*`). */
import { Counter, type Family, gauge, Histogram, type Sample } from '../metrics/families.ts'
import type { Level, Levels } from './levels.ts'
import type { FlowCounts, Ticket } from './queue-set.ts'

const prefix = 'apiserver_flowcontrol_'
const byFlow = ['priority_level', 'flow_schema']
const secondsBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]

/** The series that each request of one flow adds to. */
interface ServedFlow {
  dispatched: { count: number }
  seats: { observe(value: number): void }
  waited: { observe(value: number): void }
  executed: { observe(value: number): void }
}

export class FlowFamilies {
  readonly #levels: Levels
  readonly #rejected = new Counter(`${prefix}rejected_requests_total`, 'Requests turned away.', [...byFlow, 'reason'])
  readonly #dispatched = new Counter(`${prefix}dispatched_requests_total`, 'Requests that were served.', byFlow)
  readonly #waited = new Histogram(
    `${prefix}request_wait_duration_seconds`,
    'How long requests waited.',
    [...byFlow, 'execute'],
    secondsBuckets,
  )
  readonly #executed = new Histogram(
    `${prefix}request_execution_seconds`,
    'How long requests took once they were served.',
    [...byFlow, 'type'],
    secondsBuckets,
  )
  readonly #seats = new Histogram(
    `${prefix}work_estimated_seats`,
    'Seats of requests.',
    byFlow,
    [1, 2, 4, 8, 16, 32, 64, 100],
  )

  /** As few as there are schemas. */
  readonly #flows = new Map<string, ServedFlow>()

  constructor(levels: Levels) {
    this.#levels = levels
  }

  started({ name }: Level, { schema, width, queue, arrivedMs, startedMs }: Ticket): void {
    const { dispatched, seats, waited } = this.#of(name, schema)
    dispatched.count += 1
    seats.observe(Math.max(width.seats, width.finalSeats))
    if (queue) waited.observe((startedMs - arrivedMs) / 1000)
  }

  ended({ name }: Level, { schema, startedMs }: Ticket, end: { nowMs: number; isWatch: boolean }): void {
    const seconds = (end.nowMs - startedMs) / 1000
    if (end.isWatch) this.#executed.observe([name, schema, 'watch'], seconds)
    else this.#of(name, schema).executed.observe(seconds)
  }

  /** After it had waited. */
  gaveUp({ name }: Level, { schema, arrivedMs }: Ticket, nowMs: number): void {
    this.#waited.observe([name, schema, 'false'], (nowMs - arrivedMs) / 1000)
  }

  #of(level: string, schema: string): ServedFlow {
    const key = `${level}\n${schema}`
    let flow = this.#flows.get(key)
    if (!flow) {
      flow = {
        dispatched: this.#dispatched.series([level, schema]),
        seats: this.#seats.series([level, schema]),
        waited: this.#waited.series([level, schema, 'true']),
        executed: this.#executed.series([level, schema, 'regular']),
      }
      this.#flows.set(key, flow)
    }
    return flow
  }

  refused({ name }: Level, schema: string, reason: string): void {
    this.#rejected.add([name, schema, reason])
  }

  all(): Family[] {
    const levels = [...this.#levels.all]
    const each = (name: string, help: string, value: (level: Level) => number): Family =>
      gauge(
        prefix + name,
        help,
        levels.flatMap((level): Sample[] =>
          Number.isFinite(value(level)) ? [[{ priority_level: level.name }, value(level)]] : [],
        ),
      )
    const flowSamples = (value: (counts: FlowCounts) => number): Sample[] =>
      levels.flatMap(({ name, queues }) =>
        [...queues.flows].map(
          ([schema, counts]): Sample => [{ priority_level: name, flow_schema: schema }, value(counts)],
        ),
      )
    const eachFlow = (name: string, help: string, value: (counts: FlowCounts) => number): Family =>
      gauge(prefix + name, help, flowSamples(value))
    return [
      ...[this.#rejected, this.#dispatched, this.#waited, this.#executed, this.#seats],
      eachFlow('current_inqueue_requests', 'Requests that wait.', ({ waiting }) => waiting),
      eachFlow('current_inqueue_seats', 'Seats that waiting requests want.', ({ waitingSeats }) => waitingSeats),
      eachFlow('current_executing_requests', 'Requests being served.', ({ executing }) => executing),
      eachFlow('current_executing_seats', 'Seats taken.', ({ seatsInUse }) => seatsInUse),
      each('current_r', 'Virtual time of the queues.', ({ queues }) => queues.virtualSeconds),
      each('nominal_limit_seats', 'Seats that are due to a level.', ({ limits }) => limits.nominal),
      each('lower_limit_seats', 'Seats that a level keeps.', ({ limits }) => limits.min),
      each('upper_limit_seats', 'Seats that a level may have.', ({ limits }) => limits.max),
      each('current_limit_seats', 'Seats that a level has.', ({ queues }) => queues.seats),
      each(
        'demand_seats_high_watermark',
        'Most seats wanted in the last period.',
        ({ demand }) => demand.highWatermark,
      ),
      each('demand_seats_average', 'Mean of the seats wanted in the last period.', ({ demand }) => demand.mean),
      each('demand_seats_stdev', 'Spread of the seats wanted in the last period.', ({ demand }) => demand.deviation),
      each('demand_seats_smoothed', 'Seats wanted, smoothed over periods.', ({ smoothedDemand }) => smoothedDemand),
      each('target_seats', 'Seats a level should have by what it wanted.', ({ target }) => target),
      gauge(`${prefix}seat_fair_frac`, 'What part of their targets levels get.', [[{}, this.#levels.fairProportion]]),
      {
        ...{ name: `${prefix}request_dispatch_no_accommodation_total`, type: 'counter' },
        help: 'How often the next request found no room.',
        samples: () => flowSamples(({ notAccommodated }) => notAccommodated),
      },
    ]
  }
}
