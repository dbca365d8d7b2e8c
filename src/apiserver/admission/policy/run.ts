/** Evaluates the expressions of one policy on one request, within one budget. Source: apiserver's `admission/plugin/cel/`. */
import { limits } from '../../../limits.ts'
import { endOfTurn } from '../../../platform/turn.ts'
import { type Binding, CelError, CelObject, evaluate, type Program, type Value } from '../../cel/index.ts'
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
    if (this.nowMs() - this.#startMs < limits.celTurnMs) return
    await new Promise<void>(endOfTurn)
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

  /** Lets others have their turn first when expressions have taken long. Throws `OutOfBudget`. */
  async evaluate(typed: Typed): Promise<Outcome> {
    for (;;) {
      await this.#parts.turn.end()
      try {
        return this.#now(typed)
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error
        await error.answer
      }
    }
  }

  /** Throws `OutOfBudget`. */
  #now(typed: Typed): Outcome {
    if ('error' in typed) return { error: `compilation error: ${typed.error}` }
    const { program } = typed
    const evaluation = this.#evaluate(program)
    if (evaluation.ok) return { value: evaluation.value }
    return { error: `expression '${program.expression}' resulted in error: ${evaluation.message}` }
  }

  #evaluate(program: Program) {
    const { nowMs } = this.#parts.turn
    const deadlineMs = nowMs() + limits.celCallTimeMs
    const evaluation = evaluate(program, this.#bindings, { cost: limits.celCallCostMax, nowMs, deadlineMs })
    if (evaluation.cost > this.#remaining) throw new OutOfBudget()
    this.#remaining -= evaluation.cost
    return evaluation
  }

  #variable(program: Program): Value {
    const evaluation = this.#evaluate(program)
    if (evaluation.ok) return evaluation.value
    throw new CelError(evaluation.message)
  }
}

/** Each is evaluated when an expression first needs it. */
class Variables extends CelObject {
  readonly typeName = 'kubernetes.variables'
  readonly #typed: ReadonlyMap<string, Typed>
  readonly #evaluate: (program: Program) => Value
  readonly #known = new Map<string, Value | CelError>()

  constructor(typed: ReadonlyMap<string, Typed>, evaluateProgram: (program: Program) => Value) {
    super()
    this.#typed = typed
    this.#evaluate = evaluateProgram
  }

  get size(): number {
    return this.#typed.size
  }

  override get(field: string): Value | undefined {
    const known = this.#known.get(field) ?? this.#compute(field)
    if (known === undefined) return undefined
    this.#known.set(field, known)
    if (known instanceof CelError) throw known
    return known
  }

  override has(field: string): boolean {
    return this.#typed.has(field)
  }

  override fields(): Iterable<string> {
    return this.#typed.keys()
  }

  #compute(field: string): Value | CelError | undefined {
    const typed = this.#typed.get(field)
    if (!typed) return undefined
    if ('error' in typed) return new CelError(`composited variable "${field}" fails to compile: ${typed.error}`)
    try {
      return this.#evaluate(typed.program)
    } catch (error) {
      if (error instanceof CelError)
        return new CelError(`composited variable "${field}" fails to evaluate: ${error.message}`)
      throw error
    }
  }
}
