/**
 * One priority level: seats, and queues in front of them that are served fairly. Each queue has a virtual time at which
 * its next request would be done if all queues got the same; the queue that would be done first goes next. No timers, no
 * promises: who uses it says what time it is.
 *
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ and KEP-1040.
 */
import { DemandIntegrator } from './demand.ts'
import { Dealer } from './shuffle.ts'
import { type Width, widthMax } from './width.ts'

export interface QueueSettings {
  /** Zero: requests that find no seat are refused. */
  queues: number
  handSize: number
  queueLengthMax: number
}

export type Refusal = 'concurrency-limit' | 'queue-full' | 'time-out' | 'cancelled'

/** A request in a level. */
export interface Ticket {
  /** The flow schema's name. */
  readonly schema: string
  readonly flow: string
  readonly width: Width
  readonly arrivedMs: number
  state: 'waiting' | 'executing' | 'lingering' | 'done'
  startedMs: number
  queue: Queue | undefined
  /** Where it is counted. */
  readonly counts: FlowCounts
  /** Called once when a waiting request gets its seats. */
  onStart?: () => void
}

interface Counts {
  waiting: number
  waitingSeats: number
  executing: number
  seatsInUse: number
}

function noCounts(): Counts {
  return { waiting: 0, waitingSeats: 0, executing: 0, seatsInUse: 0 }
}

/** Of the requests of one flow schema. */
export interface FlowCounts extends Counts {
  /** How often one of them was next and found no room. */
  notAccommodated: number
}

interface Queue {
  readonly index: number
  readonly waiting: Ticket[]
  executing: number
  seatsInUse: number
  waitingSeats: number
  /** Virtual seconds per seat at which the oldest waiting request would start. */
  nextDispatch: number
}

/** What a request is thought to take until it is known. Source: upstream's 3 ms. */
const guessedMs = 3

export class QueueSet {
  readonly demand: DemandIntegrator
  #settings: QueueSettings
  #dealer: Dealer
  #queues: Queue[]
  #seats: number
  /** Of all flows together. */
  readonly #counts = noCounts()
  #active = 0
  #virtual = 0
  #lastMs: number
  #nextIndex = 0
  /** As many as there were schemas of this level. */
  readonly flows = new Map<string, FlowCounts>()

  constructor(settings: QueueSettings, seats: number, nowMs: number) {
    this.#settings = settings
    this.#seats = seats
    this.#lastMs = nowMs
    this.#dealer = new Dealer(Math.max(1, settings.queues), settings.handSize)
    this.#queues = queuesOf(settings.queues)
    this.demand = new DemandIntegrator(nowMs)
  }

  get seats(): number {
    return this.#seats
  }

  /** Virtual seconds that have passed. */
  get virtualSeconds(): number {
    return this.#virtual
  }

  get counts(): Readonly<Counts> {
    return this.#counts
  }

  /** For pages that show them. */
  get queues(): readonly Readonly<Queue>[] {
    return this.#queues
  }

  /** Requests that wait stay where they are until their turn; new ones see the new queues. */
  configure(settings: QueueSettings): void {
    const same = (['queues', 'handSize', 'queueLengthMax'] as const).every(
      (key) => settings[key] === this.#settings[key],
    )
    if (same) return
    const kept = this.#queues.filter(
      ({ index, waiting, executing }) => index >= settings.queues && waiting.length + executing > 0,
    )
    const fresh = queuesOf(settings.queues).map((queue) => this.#queues[queue.index] ?? queue)
    this.#queues = [...fresh, ...kept]
    this.#settings = settings
    this.#dealer = new Dealer(Math.max(1, settings.queues), settings.handSize)
  }

  setSeats(seats: number, nowMs: number): void {
    this.#advance(nowMs)
    this.#seats = seats
    this.#dispatch(nowMs)
  }

  /** The widest request that this level has room for in reason. */
  get widthMax(): number {
    return widthMax(this.#seats)
  }

  /** Executing or waiting, or why not. */
  enter(flow: string, schema: string, width: Width, nowMs: number): Ticket | Refusal {
    this.#advance(nowMs)
    const ticket: Ticket = {
      ...{ schema, flow, width, arrivedMs: nowMs, startedMs: 0, queue: undefined },
      ...{ state: 'waiting', counts: this.#countsOf(schema) },
    }
    if (this.#settings.queues === 0) {
      if (!this.#hasRoom(ticket)) return 'concurrency-limit'
      this.#start(ticket, nowMs)
      return ticket
    }
    const queue = this.#shortest(flow)
    if (queue.waiting.length >= this.#settings.queueLengthMax) return 'queue-full'
    const alone = this.#counts.waiting === 0 && this.#hasRoom(ticket)
    if (alone) this.#startAtOnce(queue, ticket, nowMs)
    else {
      this.#enqueue(queue, ticket)
      this.#dispatch(nowMs)
    }
    return ticket
  }

  /** A waiting request that nobody waits for any more. */
  abandon(ticket: Ticket, nowMs: number): void {
    if (ticket.state !== 'waiting' || !ticket.queue) return
    this.#advance(nowMs)
    const { waiting } = ticket.queue
    this.#takeOut(ticket.queue, waiting.indexOf(ticket))
    ticket.state = 'done'
    this.#settle(ticket.queue)
    this.#observe(nowMs)
    this.#dispatch(nowMs)
  }

  /** Served. True: its seats stay taken for `width.additionalMs` more, until `linger` ends. */
  finish(ticket: Ticket, nowMs: number): boolean {
    if (ticket.state !== 'executing') return false
    this.#advance(nowMs)
    const { queue, width } = ticket
    if (queue) queue.nextDispatch -= (width.seats * (guessedMs - (nowMs - ticket.startedMs))) / 1000
    if (width.additionalMs > 0) {
      ticket.state = 'lingering'
      return true
    }
    this.#release(ticket, nowMs)
    return false
  }

  linger(ticket: Ticket, nowMs: number): void {
    if (ticket.state !== 'lingering') return
    this.#advance(nowMs)
    this.#release(ticket, nowMs)
  }

  get isIdle(): boolean {
    return this.#counts.waiting === 0 && this.#counts.executing === 0
  }

  #release(ticket: Ticket, nowMs: number): void {
    const seats = seatsOf(ticket)
    ticket.state = 'done'
    this.#count(ticket, 'executing', -1)
    if (ticket.queue) {
      ticket.queue.executing -= 1
      ticket.queue.seatsInUse -= seats
      this.#settle(ticket.queue)
    }
    this.#observe(nowMs)
    this.#dispatch(nowMs)
  }

  /** Virtual time goes as fast as each active queue could be served if they shared alike. */
  #advance(nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs
    if (elapsedMs <= 0) return
    this.#lastMs = nowMs
    if (this.#active === 0) return
    const wanted = this.#counts.seatsInUse + this.#counts.waitingSeats
    this.#virtual += ((elapsedMs / 1000) * Math.min(wanted, this.#seats)) / this.#active
  }

  #countsOf(schema: string): FlowCounts {
    let counts = this.flows.get(schema)
    if (!counts) {
      counts = { ...noCounts(), notAccommodated: 0 }
      this.flows.set(schema, counts)
    }
    return counts
  }

  /** One more or one fewer, of all flows and of its own. */
  #count(ticket: Ticket, what: 'waiting' | 'executing', by: 1 | -1): void {
    const seats = what === 'waiting' ? 'waitingSeats' : 'seatsInUse'
    for (const counts of [this.#counts, ticket.counts]) {
      counts[what] += by
      counts[seats] += by * seatsOf(ticket)
    }
  }

  #shortest(flow: string): Queue {
    let best: Queue | undefined
    let least = Number.POSITIVE_INFINITY
    for (const index of this.#dealer.hand(flow)) {
      const queue = this.#queues[index]!
      const load = queue.waitingSeats + queue.seatsInUse
      if (load < least) {
        best = queue
        least = load
      }
    }
    return best!
  }

  /** What `#enqueue` and `#dispatch` come to when nobody else waits. */
  #startAtOnce(queue: Queue, ticket: Ticket, nowMs: number): void {
    this.#join(queue, ticket)
    queue.nextDispatch += workOf(ticket)
    this.#start(ticket, nowMs)
  }

  #join(queue: Queue, ticket: Ticket): void {
    if (queue.waiting.length === 0 && queue.executing === 0) {
      queue.nextDispatch = this.#virtual
      this.#active += 1
    }
    ticket.queue = queue
  }

  #enqueue(queue: Queue, ticket: Ticket): void {
    this.#join(queue, ticket)
    queue.waiting.push(ticket)
    queue.waitingSeats += seatsOf(ticket)
    this.#count(ticket, 'waiting', 1)
  }

  #takeOut(queue: Queue, index: number): Ticket {
    const [ticket] = index === 0 ? [queue.waiting.shift()!] : queue.waiting.splice(index, 1)
    queue.waitingSeats -= seatsOf(ticket!)
    this.#count(ticket!, 'waiting', -1)
    return ticket!
  }

  #settle(queue: Queue): void {
    if (queue.waiting.length === 0 && queue.executing === 0) this.#active -= 1
  }

  #dispatch(nowMs: number): void {
    while (this.#counts.waiting > 0) {
      const queue = this.#next()
      const [oldest] = queue?.waiting ?? []
      if (!queue || !oldest) break
      if (!this.#hasRoom(oldest)) {
        oldest.counts.notAccommodated += 1
        break
      }
      this.#nextIndex = (queue.index + 1) % Math.max(1, this.#queues.length)
      queue.nextDispatch += workOf(oldest)
      this.#start(this.#takeOut(queue, 0), nowMs)
    }
    this.#observe(nowMs)
  }

  /** The queue whose oldest request would be done first; those that come after the last one served win a tie. */
  #next(): Queue | undefined {
    let best: Queue | undefined
    let least = Number.POSITIVE_INFINITY
    const count = this.#queues.length
    for (let step = 0; step < count; step++) {
      const queue = this.#queues[(this.#nextIndex + step) % count]!
      const [oldest] = queue.waiting
      if (!oldest) continue
      const done = queue.nextDispatch + workOf(oldest)
      if (done < least) {
        best = queue
        least = done
      }
    }
    return best
  }

  /** One wider than the level is served alone. */
  #hasRoom(ticket: Ticket): boolean {
    const seats = seatsOf(ticket)
    if (seats > this.#seats) return this.#counts.executing === 0
    return this.#counts.seatsInUse + seats <= this.#seats
  }

  #start(ticket: Ticket, nowMs: number): void {
    const seats = seatsOf(ticket)
    ticket.state = 'executing'
    ticket.startedMs = nowMs
    this.#count(ticket, 'executing', 1)
    if (ticket.queue) {
      ticket.queue.executing += 1
      ticket.queue.seatsInUse += seats
    }
    this.#observe(nowMs)
    ticket.onStart?.()
  }

  #observe(nowMs: number): void {
    this.demand.set(nowMs, this.#counts.seatsInUse + this.#counts.waitingSeats)
  }
}

function queuesOf(count: number): Queue[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ index, waiting: [], executing: 0, seatsInUse: 0, waitingSeats: 0, nextDispatch: 0 },
  }))
}

function seatsOf({ width }: Ticket): number {
  return Math.max(width.seats, width.finalSeats)
}

/** In seats times seconds. */
function workOf({ width }: Ticket): number {
  return (width.seats * guessedMs + width.finalSeats * width.additionalMs) / 1000
}
