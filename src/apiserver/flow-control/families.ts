/** What priority levels tell monitors, by upstream's names (`apiserver_flowcontrol_*`). */
import { Counter, type Family, gauge, Histogram, type Sample } from '../metrics/families.ts'
import type { Level, Levels } from './levels.ts'
import type { Ticket } from './queue-set.ts'

const prefix = 'apiserver_flowcontrol_'
const byFlow = ['priority_level', 'flow_schema']
const secondsBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]

/** The series that each request of one flow adds to. */
interface ServedFlow {
  schema: string
  level: string
  executing: number
  seatsTaken: number
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

  started({ name }: Level, { schema, width, arrivedMs, startedMs }: Ticket): void {
    const flow = this.#of(name, schema)
    const { dispatched, seats, waited } = flow
    flow.executing += 1
    flow.seatsTaken += width.seats
    dispatched.count += 1
    seats.observe(Math.max(width.seats, width.finalSeats))
    waited.observe((startedMs - arrivedMs) / 1000)
  }

  ended({ name }: Level, { schema, startedMs, width }: Ticket, nowMs: number): void {
    const flow = this.#of(name, schema)
    flow.executing -= 1
    flow.seatsTaken -= width.seats
    flow.executed.observe((nowMs - startedMs) / 1000)
  }

  #of(level: string, schema: string): ServedFlow {
    const key = `${level}\n${schema}`
    let flow = this.#flows.get(key)
    if (!flow) {
      flow = {
        ...{ level, schema, executing: 0, seatsTaken: 0 },
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

  #flowGauge(name: string, help: string, value: (flow: ServedFlow) => number): Family {
    const flows = [...this.#flows.values()]
    return gauge(
      prefix + name,
      help,
      flows.map((flow) => [{ priority_level: flow.level, flow_schema: flow.schema }, value(flow)]),
    )
  }

  #waitingFamilies(): Family[] {
    const waiting = [...this.#levels.all].flatMap(({ name, queues }) =>
      queues.queues.flatMap((queue) =>
        queue.waiting.map(({ schema, width }) => ({ flow: `${name}\n${schema}`, width })),
      ),
    )
    const of = ({ level, schema }: ServedFlow) => waiting.filter(({ flow }) => flow === `${level}\n${schema}`)
    return [
      this.#flowGauge('current_inqueue_requests', 'Requests that wait.', (flow) => of(flow).length),
      this.#flowGauge('current_inqueue_seats', 'Seats that waiting requests want.', (flow) =>
        of(flow).reduce((sum, { width }) => sum + width.seats, 0),
      ),
    ]
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
    return [
      ...[this.#rejected, this.#dispatched, this.#waited, this.#executed, this.#seats],
      this.#flowGauge('current_executing_requests', 'Requests being served.', ({ executing }) => executing),
      this.#flowGauge('current_executing_seats', 'Seats that they take.', ({ seatsTaken }) => seatsTaken),
      ...this.#waitingFamilies(),
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
        samples: () => levels.map(({ name, queues }) => [{ priority_level: name }, queues.counts.notAccommodated]),
      },
    ]
  }
}
