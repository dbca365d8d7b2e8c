/** Evaluates the expressions of one policy on one request, within one budget. Source: apiserver's `admission/plugin/cel/`. */
import { limits } from '../../../limits.ts'
import { ownTurn } from '../../../platform/turn.ts'
import {
  type Binding,
  CelError,
  CelObject,
  type Evaluation,
  evaluateInTurns,
  type Program,
  type Value,
} from '../../cel/index.ts'
import type { Typed } from './expression.ts'

/** Nothing more of the policy is evaluated. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

/** Somebody has to be asked first: the expression is evaluated again when the answer is there. */
export class Unanswered extends Error {
  readonly answer: Promise<void>

  constructor(answer: Promise<void>) {
    super('the answer is not known yet')
    this.answer = answer
  }
}

export type Outcome = { readonly value: Value } | { readonly error: string }

export interface RunParts {
  readonly bindings: readonly (readonly [string, Binding])[]
  readonly variables: ReadonlyMap<string, Typed>
  readonly turn: Turn
  /** Cost of all expressions together. */
  readonly budget: number
}

/** How long the expressions of one request have held up everybody else. */
export class Turn {
  readonly nowMs: () => number
  #startMs: number

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
    this.#startMs = nowMs()
  }

  async end(): Promise<void> {
    if (this.nowMs() - this.#startMs >= limits.celTurnMs) await this.next()
  }

  async next(): Promise<void> {
    await ownTurn()
    this.#startMs = this.nowMs()
  }
}

export class Run {
  readonly #parts: RunParts
  readonly #bindings: readonly (readonly [string, Binding])[]
  #remaining: number

  constructor(parts: RunParts) {
    this.#parts = parts
    this.#remaining = parts.budget
    this.#bindings = [
      ...parts.bindings,
      ['variables', new Variables(parts.variables, (program) => this.#variable(program))],
    ]
  }

  get remaining(): number {
    return this.#remaining
  }

  /** Lets others have their turn when expressions take long. Throws `OutOfBudget`. */
  async evaluate(typed: Typed): Promise<Outcome> {
    if ('error' in typed) return { error: `compilation error: ${typed.error}` }
    await this.#parts.turn.end()
    const evaluation = await this.#evaluate(typed.program, this.#start(typed.program))
    if (evaluation.ok) return { value: evaluation.value }
    return { error: `expression '${typed.program.expression}' resulted in error: ${evaluation.message}` }
  }

  #start(program: Program): Generator<void, Evaluation> {
    const { nowMs } = this.#parts.turn
    const deadlineMs = nowMs() + limits.celCallTimeMs
    return evaluateInTurns(program, this.#bindings, { cost: limits.celCallCostMax, nowMs, deadlineMs })
  }

  /** Asks whoever has to be asked, and starts anew with the answer. */
  async #evaluate(program: Program, started: Generator<void, Evaluation>): Promise<Evaluation> {
    for (let evaluating = started; ; evaluating = this.#start(program)) {
      try {
        for (let step = evaluating.next(); ; step = evaluating.next()) {
          if (step.done) return this.#spent(step.value)
          await this.#parts.turn.next()
        }
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error
        await error.answer
      }
    }
  }

  #spent(evaluation: Evaluation): Evaluation {
    if (evaluation.cost > this.#remaining) throw new OutOfBudget()
    this.#remaining -= evaluation.cost
    return evaluation
  }

  /** At once, unless it takes long. */
  #variable(program: Program): Evaluation | Promise<Evaluation> {
    const evaluating = this.#start(program)
    const first = evaluating.next()
    return first.done ? this.#spent(first.value) : this.#evaluate(program, evaluating)
  }
}

/** Each is evaluated when an expression first needs it. */
class Variables extends CelObject {
  readonly typeName = 'kubernetes.variables'
  readonly #typed: ReadonlyMap<string, Typed>
  readonly #evaluate: (program: Program) => Evaluation | Promise<Evaluation>
  readonly #known = new Map<string, Value | CelError>()

  constructor(
    typed: ReadonlyMap<string, Typed>,
    evaluateProgram: (program: Program) => Evaluation | Promise<Evaluation>,
  ) {
    super()
    this.#typed = typed
    this.#evaluate = evaluateProgram
  }

  get size(): number {
    return this.#typed.size
  }

  override get(field: string): Value | undefined {
    const known = this.#known.get(field) ?? this.#compute(field)
    if (known instanceof CelError) throw known
    return known
  }

  override has(field: string): boolean {
    return this.#typed.has(field)
  }

  override fields(): Iterable<string> {
    return this.#typed.keys()
  }

  /** Throws `Unanswered` when it takes more than a turn. */
  #compute(field: string): Value | CelError | undefined {
    const typed = this.#typed.get(field)
    if (!typed) return undefined
    const failed = (how: string, why: string) => new CelError(`composited variable "${field}" fails to ${how}: ${why}`)
    const keep = (value: Value | CelError) => {
      this.#known.set(field, value)
      return value
    }
    if ('error' in typed) return keep(failed('compile', typed.error))
    const take = (evaluation: Evaluation) =>
      keep(evaluation.ok ? evaluation.value : failed('evaluate', evaluation.message))
    const evaluation = this.#evaluate(typed.program)
    if (evaluation instanceof Promise) throw new Unanswered(evaluation.then((done) => void take(done)))
    return take(evaluation)
  }
}
