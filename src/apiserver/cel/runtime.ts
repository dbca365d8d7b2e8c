/**
 * One evaluation: what names are bound to, and what it may still cost. Cost follows upstream's model, so that the same
 * expression ends at the same place; besides, a clock ends what the model underestimates.
 */
import { limits } from '../../limits.ts'
import type { Bindings } from './bindings.ts'
import type { Tick } from './compare.ts'
import { CelError, type CelList, type Value } from './values.ts'

/** Ends the evaluation: nothing in the expression may make up for it. */
export class Interrupted extends Error {}

export const costExceeded = 'operation cancelled: actual cost limit exceeded'

export interface Budget {
  /** Upstream's cost units. */
  readonly cost: number
  /** Beyond this time of `nowMs`, the evaluation ends. Default: no such end. */
  readonly deadlineMs?: number
  readonly nowMs?: () => number
}

export class Runtime {
  readonly bindings: Bindings
  readonly tick: Tick
  cost = 0
  readonly #budget: Budget
  /** Variables of folds, by their number. */
  readonly #locals: (Value | CelError | (() => Value))[] = []
  #work = 0

  constructor(bindings: Bindings, budget: Budget) {
    this.bindings = bindings
    this.#budget = budget
    this.tick = () => this.work(1)
  }

  /** Throws `Interrupted` beyond the budget. */
  charge(cost: number): void {
    this.cost += cost
    if (this.cost > this.#budget.cost) throw new Interrupted(costExceeded)
  }

  /** Says that this many small steps are being made. Throws `Interrupted` after the deadline. */
  work(steps: number): void {
    this.#work += steps
    if (this.#work < limits.celStepsBetweenClockReads) return
    this.#work = 0
    const { nowMs, deadlineMs } = this.#budget
    if (nowMs && deadlineMs !== undefined && nowMs() > deadlineMs) throw new Interrupted('operation interrupted')
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
