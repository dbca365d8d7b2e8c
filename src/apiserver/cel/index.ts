/**
 * The Common Expression Language as Kubernetes speaks it: whoever has an expression compiles it once, keeps the program
 * and evaluates it with a budget, so that no expression takes more than its share of the server.
 *
 *   const environment = { variables: new Map([['self', type]]) }
 *   const compiled = compile('self.replicas <= 5', environment)
 *   if (compiled.ok) evaluate(compiled.program, [['self', toCel(object, type)]], { cost: limits.celCallCostMax })
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/
 */
import { limits } from '../../limits.ts'
import { part } from '../../platform/turn.ts'
import { type Binding, Bindings } from './bindings.ts'
import { type Checked, check, nodesOf } from './checker.ts'
import { type Environment, scopeOf } from './environment.ts'
import { estimateCost } from './estimate.ts'
import { formatIssues } from './format-check.ts'
import { type Issue, IssueError, issueAt, printIssues } from './issues.ts'
import { literalIssues, mixedTypeIssues } from './literals.ts'
import { parse } from './parser.ts'
import { plan, type Step } from './plan.ts'
import { type Budget, costExceeded, Interrupted, Runtime } from './runtime.ts'
import type { Range } from './sizes.ts'
import { TurnOver } from './turns.ts'
import type { CelType } from './types.ts'
import { CelError, type Value } from './values.ts'

export type { Binding } from './bindings.ts'
export type { Environment } from './environment.ts'
export type { Issue } from './issues.ts'
export { toCel, toJson } from './json.ts'
export { type Access, type AccessCheck, type AccessDecision, Check } from './library/authorizer.ts'
export type { Budget } from './runtime.ts'
export { declareSchema } from './schema.ts'
export type { Range } from './sizes.ts'
export { declareStructural, type StructuralSchema } from './structural.ts'
export * from './types.ts'
export { CelError, CelList, CelMap, CelObject, nameOfType, Optional, type Value } from './values.ts'

export interface Program {
  readonly expression: string
  readonly type: CelType
  /** What an evaluation may cost, from what the variables' types promise; `Infinity` where nothing bounds it. */
  readonly estimate: Range
  /** Whether the expression touches this variable. */
  uses(variable: string): boolean
}

export type Compiled =
  | { readonly ok: true; readonly program: Program }
  | {
      readonly ok: false
      /** What failed: it is no expression, or constants in it can't be computed beforehand. */
      readonly stage: 'compilation' | 'program instantiation'
      readonly issues: readonly Issue[]
      /** All issues as cel-go prints them: each with its line and a caret. */
      readonly message: string
    }

export type Evaluation =
  | { readonly ok: true; readonly value: Value; readonly cost: number }
  | {
      readonly ok: false
      /** `budget`: it was ended, at the limit of its cost or time. */
      readonly kind: 'error' | 'budget'
      readonly message: string
      readonly cost: number
    }

class CompiledProgram implements Program {
  readonly expression: string
  readonly type: CelType
  readonly step: Step
  readonly #checked: Checked
  readonly #environment: Environment
  #estimate: Range | undefined

  constructor(expression: string, checked: Checked, step: Step, environment: Environment) {
    this.expression = expression
    this.type = checked.types.get(checked.expr.id)!
    this.step = step
    this.#checked = checked
    this.#environment = environment
  }

  get estimate(): Range {
    const known = part(0, () => this.#estimate)
    if (known) return known
    return part(this.expression.length * microseconds.estimated, () => {
      this.#estimate = estimateCost(this.#checked, (name) => this.#environment.variables.get(name))
      return this.#estimate
    })
  }

  uses(variable: string): boolean {
    for (const reference of this.#checked.names.values())
      if (reference.kind === 'variable' && reference.name === variable) return true
    return false
  }
}

/** More mistakes than these are not looked for. Ours. */
const issuesMax = 1_000

const remembered = new WeakMap<Environment, Map<string, Compiled>>()

/** Compiled once for an environment; the expressions used last are remembered. */
export function compile(expression: string, environment: Environment): Compiled {
  const known = remembered.get(environment) ?? new Map<string, Compiled>()
  remembered.set(environment, known)
  const found = part(0, () => known.get(expression))
  const compiled = found ?? compileAnew(expression, environment)
  known.delete(expression)
  known.set(expression, compiled)
  if (known.size > limits.celProgramsMax) known.delete(known.keys().next().value ?? '')
  return compiled
}

/** What the steps take for each character. */
const microseconds = { parsed: 0.4, checked: 0.6, looked: 0.15, planned: 0.25, estimated: 0.3 }

function compileAnew(expression: string, environment: Environment): Compiled {
  const scope = scopeOf(environment)
  try {
    const { length } = expression
    const bind = environment.extra?.includes('bindings') === true
    const expr = part(length * microseconds.parsed, () => parse(expression, { bind }))
    const checked = part(length * microseconds.checked, () => check(expr, scope))
    if ('issues' in checked)
      return failed(
        expression,
        checked.issues.slice(0, issuesMax).map(({ at, message }) => issueAt(expression, at, message)),
      )
    const written = part(length * microseconds.looked, () => {
      const nodes = nodesOf(expr)
      return [...literalIssues(nodes), ...mixedTypeIssues(checked), ...formatIssues(nodes, checked)]
    })
    const literals = written.map(({ at, message }) => issueAt(expression, at, message))
    if (literals.length > 0) return failed(expression, literals)
    const step = part(length * microseconds.planned, () => plan({ checked, type: scope.type }))
    return { ok: true, program: new CompiledProgram(expression, checked, step, environment) }
  } catch (error) {
    if (error instanceof IssueError) return failed(expression, [issueAt(expression, error.at, error.message)])
    if (error instanceof CelError) return unusable(error.message)
    throw error
  }
}

function failed(expression: string, issues: readonly Issue[]): Compiled {
  return { ok: false, stage: 'compilation', issues, message: printIssues(expression, issues) }
}

function unusable(message: string): Compiled {
  return { ok: false, stage: 'program instantiation', issues: [], message }
}

/** What upstream says of an expression that can't be used. */
export function failureText({ stage, message }: Compiled & { ok: false }): string {
  return `${stage} failed: ${message}`
}

/** Bindings that are functions are called when the expression first touches them. */
export function evaluate(program: Program, bindings: Iterable<readonly [string, Binding]>, budget: Budget): Evaluation {
  return evaluation(program, new Runtime(new Bindings(bindings), budget))
}

/** As `evaluate`, with the same result and cost; whoever runs it lets others have their turn whenever it yields. */
export function* evaluateInTurns(
  program: Program,
  bindings: Iterable<readonly [string, Binding]>,
  budget: Budget,
): Generator<void, Evaluation> {
  const runtime = new Runtime(new Bindings(bindings), budget)
  for (;;) {
    runtime.beginTurn()
    try {
      return evaluation(program, runtime)
    } catch (error) {
      if (!(error instanceof TurnOver)) throw error
    }
    runtime.endTurn()
    yield
  }
}

function evaluation(program: Program, runtime: Runtime): Evaluation {
  try {
    const value = (program as CompiledProgram).step(runtime)
    return { ok: true, value, cost: runtime.cost }
  } catch (error) {
    const { cost } = runtime
    if (error instanceof CelError) return { ok: false, kind: 'error', message: error.message, cost }
    if (error instanceof Interrupted) return { ok: false, kind: 'budget', message: error.message, cost }
    if (error instanceof RangeError) return { ok: false, kind: 'error', message: 'the expression nests too deep', cost }
    throw error
  }
}

export { costExceeded }
