/**
 * One evaluation: what names are bound to, and what it may still cost. Cost follows upstream's model, so that the same
 * expression ends at the same place; besides, a clock ends what the model underestimates, and turns divide what is long.
 */
import { limits } from '../../limits.ts'
import type { Bindings } from './bindings.ts'
import type { Tick } from './compare.ts'
import { type Activation, activation, TurnOver } from './turns.ts'
import { CelError, type CelList, type Value } from './values.ts'

/** Ends the evaluation: nothing in the expression may make up for it. */
export class Interrupted extends Error {}

export const costExceeded = 'operation cancelled: actual cost limit exceeded'

export interface Budget {
  /** Upstream's cost units. */
  readonly cost: number
  /** Beyond this time of `nowMs`, the evaluation ends; pauses between turns come on top. Default: no such end. */
  readonly deadlineMs?: number
  readonly nowMs?: () => number
  /** Cost and steps of one turn, where there are turns. Default `limits.celTurnCost`. */
  readonly turnCost?: number
}

export class Runtime {
  readonly bindings: Bindings
  readonly tick: Tick
  cost = 0
  readonly #budget: Budget
  /** Variables of folds, by their number. */
  readonly #locals: (Value | CelError | (() => Value))[] = []
  #steps = 0
  /** Steps and cost at which to look at the clock and at the turn. */
  #lookAt: number = limits.celStepsBetweenClockReads
  #deadlineMs: number

  // Turns
  /** Loops go on where the turn before has left them. */
  resumable = false
  #turnEnd = Number.POSITIVE_INFINITY
  /** Cost that was charged in earlier turns. */
  #skipped = 0
  #hasProgress = false
  #pausedMs: number | undefined
  readonly #activations: Activation[] = []
  #within = this.#activations
  #next = 0

  constructor(bindings: Bindings, budget: Budget) {
    this.bindings = bindings
    this.#budget = budget
    this.#deadlineMs = budget.deadlineMs ?? Number.POSITIVE_INFINITY
    this.tick = () => this.work(1)
  }

  /** Throws `Interrupted` beyond the budget. */
  charge(cost: number): void {
    this.cost += cost
    if (this.cost > this.#budget.cost) throw new Interrupted(costExceeded)
  }

  /** Says that this many small steps are being made. Throws `Interrupted` after the deadline, `TurnOver` when only a turn was given. */
  work(steps: number): void {
    this.#steps += steps
    if (this.#steps + this.cost >= this.#lookAt) this.#look()
  }

  #look(): void {
    this.#lookAt = this.#steps + this.cost + limits.celStepsBetweenClockReads
    const { nowMs } = this.#budget
    if (nowMs && nowMs() > this.#deadlineMs) throw new Interrupted('operation interrupted')
    if (!this.resumable && this.#isTurnOver()) throw new TurnOver()
  }

  #isTurnOver(): boolean {
    return this.#steps + this.cost - this.#skipped >= this.#turnEnd
  }

  /** The evaluation starts, or starts again, and ends with `TurnOver` when the turn is over. */
  beginTurn(): void {
    const { nowMs, turnCost = limits.celTurnCost } = this.#budget
    if (nowMs && this.#pausedMs !== undefined) this.#deadlineMs += nowMs() - this.#pausedMs
    this.cost = 0
    this.#skipped = 0
    this.#hasProgress = false
    this.#turnEnd = this.#steps + turnCost
    this.#lookAt = this.#steps
    this.#within = this.#activations
    this.#next = 0
  }

  endTurn(): void {
    this.resumable = true
    this.#pausedMs = this.#budget.nowMs?.()
  }

  /** Runs a loop, or what a variable stands for, so that it can go on in another turn. */
  resume(run: (own: Activation) => Value): Value {
    const [outer, at] = [this.#within, this.#next]
    const own = outer[at] ?? activation()
    outer[at] = own
    own.base = this.cost
    this.#skipped += own.cost
    this.charge(own.cost)
    if (own.result) {
      this.#next = at + 1
      return own.result.value
    }
    this.#within = own.within
    this.#next = 0
    try {
      const value = run(own)
      this.commit(own)
      own.result = { value }
      return value
    } finally {
      this.#within = outer
      this.#next = at + 1
    }
  }

  /** A round of this loop is done: nothing of it is done again. */
  commit(own: Activation): void {
    own.cost = this.cost - own.base
    own.within.length = 0
    this.#next = 0
    this.#hasProgress = true
  }

  /** Whether the next to be resumed is this one. */
  isNext(known: Activation): boolean {
    return this.#within[this.#next] === known
  }

  /** Between two rounds. Throws `TurnOver`, but not before something was done in this turn. */
  round(): void {
    this.work(1)
    if (this.#hasProgress && this.#isTurnOver()) throw new TurnOver()
  }

  /** Throws `CelError` for a text or list too large to be made. */
  make(size: number): void {
    if (size > limits.celValueSizeMax) throw new CelError(`a value of size ${size} is more than an expression may make`)
    this.work(size)
  }

  /** Throws `CelError` when the variable has none but an error. */
  local(slot: number): Value {
    const value = this.#locals[slot]!
    if (value instanceof CelError) throw value
    if (typeof value !== 'function') return value
    const computed = value()
    this.#locals[slot] = computed
    return computed
  }

  /** As it was set: an error is given, not thrown. */
  heldIn(slot: number): Value | CelError {
    return this.#locals[slot] as Value | CelError
  }

  setLocal(slot: number, value: Value | CelError): void {
    this.#locals[slot] = value
  }

  /** Computed when it is first read. */
  setLazy(slot: number, make: () => Value): void {
    this.#locals[slot] = make
  }

  isIn(list: CelList, wanted: Value, equal: (left: Value, right: Value, tick: Tick) => boolean): boolean {
    for (const item of list) if (equal(item, wanted, this.tick)) return true
    return false
  }
}
