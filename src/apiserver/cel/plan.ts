/**
 * Turns a checked expression into closures. What each step costs follows upstream's planner: names with their fields and
 * indexes are one attribute, branches of a conditional are not charged for themselves, constant parts are computed once.
 * Source: cel-go's `interpreter/planner.go`, `decorators.go`, `runtimecost.go`.
 */
import type { Call, Expr, Fold, ListExpr, MapExpr, StructExpr } from './ast.ts'
import { Bindings } from './bindings.ts'
import type { Checked } from './checker.ts'
import { equal } from './compare.ts'
import { selectField, selectIndex, selectOptional, testField } from './fields.ts'
import { planFold } from './fold.ts'
import { accepts, type Overload } from './functions.ts'
import { patternOf } from './library/regex.ts'
import { makeObject } from './made-object.ts'
import { Runtime } from './runtime.ts'
import { listCost, mapCost, structCost } from './sizes.ts'
import type { CelType } from './types.ts'
import { CelError, Entries, Items, noSuchOverload, Optional, TypeValue, type Value } from './values.ts'

export type Step = (runtime: Runtime) => Value

export type Planned =
  | { readonly kind: 'constant'; readonly run: Step; readonly value: Value }
  /** `bare` leaves out what the attribute as a whole costs. */
  | { readonly kind: 'attribute'; readonly run: Step; readonly bare: Step }
  | { readonly kind: 'conditional' | 'other'; readonly run: Step }

export interface PlanInput {
  readonly checked: Checked
  /** The types of struct literals. */
  readonly type: (name: string) => CelType | undefined
}

/** Throws `CelError` when a constant part has no value. */
export function plan(input: PlanInput): Step {
  return new Planner(input).plan(input.checked.expr).run
}

export class Planner {
  readonly #checked: Checked
  readonly #type: PlanInput['type']
  readonly #slots: string[] = []

  constructor({ checked, type }: PlanInput) {
    this.#checked = checked
    this.#type = type
  }

  plan(expr: Expr): Planned {
    switch (expr.kind) {
      case 'literal':
        return constant(expr.value)
      case 'identifier':
        return this.#identifier(expr)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return this.#struct(expr)
      case 'fold':
        return this.#fold(expr)
    }
  }

  /** Plans with a variable of a fold in sight; answers its number. */
  within<T>(names: readonly string[], planIt: (slots: readonly number[]) => T): T {
    const slots = names.map((name) => this.#slots.push(name) - 1)
    const result = planIt(slots)
    this.#slots.length -= names.length
    return result
  }

  #identifier(expr: Expr & { kind: 'identifier' }): Planned {
    const slot = this.#slots.lastIndexOf(expr.name)
    return slot === -1 ? this.#named(expr) : attribute((runtime) => runtime.local(slot))
  }

  #named({ id }: Expr): Planned {
    const reference = this.#checked.names.get(id)!
    if (reference.kind === 'type') return constant(new TypeValue(reference.name))
    const { name } = reference
    return attribute((runtime) => {
      const value = runtime.bindings.get(name)
      if (value === undefined) throw new CelError(`no such attribute(s): ${name}`)
      return value
    })
  }

  #select(expr: Expr & { kind: 'select' }): Planned {
    if (this.#checked.names.has(expr.id)) return this.#named(expr)
    const operand = this.plan(expr.operand)
    const base = bareOf(operand)
    const { field } = expr
    if (expr.test) {
      return other((runtime) => {
        runtime.charge(1)
        return testField(base(runtime), field)
      })
    }
    return qualified(operand, (runtime) => {
      const value = base(runtime)
      if (value instanceof Optional) return present(runtime, selectField(value, field))
      runtime.charge(1)
      return selectField(value, field)
    })
  }

  #call(expr: Call): Planned {
    switch (expr.name) {
      case '_&&_':
        return this.#logical(expr, false)
      case '_||_':
        return this.#logical(expr, true)
      case '_?_:_':
        return this.#conditional(expr)
      case '_[_]':
      case '_[?_]':
      case '_?._':
        return this.#index(expr)
      case 'or':
      case 'orValue':
        if (expr.target && expr.args.length === 1) return this.#alternative(expr)
    }
    return this.#function(expr)
  }

  /** An operand that decides makes up for an error in the other. */
  #logical({ args }: Call, decisive: boolean): Planned {
    const [left, right] = args.map((argument) => this.plan(argument).run) as [Step, Step]
    const attempt = (step: Step, runtime: Runtime): Value | CelError => {
      try {
        const value = step(runtime)
        return typeof value === 'boolean' ? value : new CelError(noSuchOverload)
      } catch (error) {
        if (error instanceof CelError) return error
        throw error
      }
    }
    return other((runtime) => {
      const one = attempt(left, runtime)
      if (one === decisive) return decisive
      const two = attempt(right, runtime)
      if (two === decisive) return decisive
      if (one instanceof CelError) throw one
      if (two instanceof CelError) throw two
      return !decisive
    })
  }

  #conditional({ args }: Call): Planned {
    const [condition, whenTrue, whenFalse] = args.map((argument) => this.plan(argument)) as [Planned, Planned, Planned]
    const [yes, no] = [bareOf(whenTrue), bareOf(whenFalse)]
    const run: Step = (runtime) => {
      const decided = condition.run(runtime)
      if (typeof decided !== 'boolean') throw new CelError(noSuchOverload)
      return decided ? yes(runtime) : no(runtime)
    }
    return { kind: 'conditional', run }
  }

  #index(expr: Call): Planned {
    const [operand, index] = expr.args.map((argument) => this.plan(argument)) as [Planned, Planned]
    const base = bareOf(operand)
    const indexStep = bareOf(index)
    const optional = expr.name !== '_[_]'
    const select = optional ? selectOptional : selectIndex
    return qualified(operand, (runtime) => {
      const value = base(runtime)
      const key = indexStep(runtime)
      if (optional || value instanceof Optional) return present(runtime, select(value, key))
      runtime.charge(1)
      return select(value, key)
    })
  }

  #alternative(expr: Call): Planned {
    const first = this.plan(expr.target!).run
    const second = this.plan(expr.args[0]!).run
    const unwrap = expr.name === 'orValue'
    return other((runtime) => {
      const value = first(runtime)
      if (!(value instanceof Optional)) throw new CelError(noSuchOverload)
      if (value.value === undefined) return second(runtime)
      return unwrap ? value.value : value
    })
  }

  #function(expr: Call): Planned {
    const overloads = this.#checked.overloads.get(expr.id)!
    const isMember = expr.target !== undefined && !this.#checked.spaced.has(expr.id)
    const args = (isMember ? [expr.target!, ...expr.args] : expr.args).map((argument) => this.plan(argument))
    const [first, second] = args
    if (conversions.has(expr.name) && args.length === 1 && first?.kind === 'constant')
      return constant(invoke(overloads, [first.value], folding()))
    if (expr.name === '@in' && overloads.length === 1 && second?.kind === 'constant') {
      const membership = planMembership(first!, second.value)
      if (membership) return membership
    }
    if (expr.name.startsWith('find') && second?.kind === 'constant' && typeof second.value === 'string')
      patternOf(second.value)
    const steps = args.map(({ run }) => run)
    if (expr.name === '@not_strictly_false') return notStrictlyFalse(steps[0]!)
    if (steps.length === 1 || steps.length === 2) return other((runtime) => invokeShort(overloads, steps, runtime))
    return other((runtime) => {
      const values: Value[] = []
      for (const step of steps) values.push(step(runtime))
      return invoke(overloads, values, runtime)
    })
  }

  #list(expr: ListExpr): Planned {
    const parts = expr.elements.map((element) => this.plan(element))
    if (parts.every((part) => part.kind === 'constant') && expr.optional.size === 0)
      return constant(new Items(parts.map(({ value }) => value)))
    return other((runtime) => {
      runtime.charge(listCost)
      const items: Value[] = []
      for (const [index, part] of parts.entries()) {
        const value = part.run(runtime)
        if (!expr.optional.has(index)) items.push(value)
        else if (!(value instanceof Optional)) throw new CelError(noSuchOverload)
        else if (value.value !== undefined) items.push(value.value)
      }
      return new Items(items)
    })
  }

  #map(expr: MapExpr): Planned {
    const parts = expr.entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }))
    const run: Step = (runtime) => {
      runtime.charge(mapCost)
      const map = new Entries()
      for (const { key, value, optional } of parts) {
        const name = key.run(runtime)
        const given = value.run(runtime)
        if (!optional) map.insert(name, given)
        else if (!(given instanceof Optional)) throw new CelError(noSuchOverload)
        else if (given.value !== undefined) map.insert(name, given.value)
      }
      return map
    }
    const isConstant = parts.every(
      ({ key, value, optional }) => key.kind === 'constant' && value.kind === 'constant' && !optional,
    )
    return isConstant ? constant(run(folding())) : other(run)
  }

  #struct(expr: StructExpr): Planned {
    const type = this.#type(expr.type.replace(/^\./, '')) as CelType & { kind: 'object' }
    const fields = expr.fields.map(({ field, value, optional }) => ({ field, run: this.plan(value).run, optional }))
    return other((runtime) => {
      runtime.charge(structCost)
      const values = new Map<string, Value>()
      for (const { field, run, optional } of fields) {
        const value = run(runtime)
        if (!optional) values.set(field, value)
        else if (!(value instanceof Optional)) throw new CelError(noSuchOverload)
        else if (value.value !== undefined) values.set(field, value.value)
      }
      return makeObject(type, values)
    })
  }

  #fold(expr: Fold): Planned {
    return other(planFold(this, expr))
  }
}

/** Conversions of constants are made once. */
const conversions = new Set('bool bytes double duration dyn int string timestamp type uint'.split(' '))

function folding(): Runtime {
  return new Runtime(new Bindings([]), { cost: Number.POSITIVE_INFINITY })
}

function constant(value: Value): Planned {
  return { kind: 'constant', run: () => value, value }
}

function other(run: Step): Planned {
  return { kind: 'other', run }
}

function attribute(bare: Step): Planned {
  const run: Step = (runtime) => {
    runtime.charge(1)
    return bare(runtime)
  }
  return { kind: 'attribute', run, bare }
}

function qualified(operand: Planned, bare: Step): Planned {
  return operand.kind === 'conditional' ? { kind: 'conditional', run: bare } : attribute(bare)
}

function bareOf(planned: Planned): Step {
  return planned.kind === 'attribute' ? planned.bare : planned.run
}

function notStrictlyFalse(step: Step): Planned {
  return other((runtime) => {
    let value: Value = true
    try {
      value = step(runtime)
    } catch (error) {
      if (!(error instanceof CelError)) throw error
    }
    runtime.charge(1)
    return value !== false
  })
}

/** Looking into a constant list of plain values costs nothing. Undefined where upstream does not do that. */
function planMembership(wanted: Planned, list: Value): Planned | undefined {
  if (!(list instanceof Items)) return undefined
  if (list.size === 0) return constant(false)
  const plain = [...list].every((item) => item !== null && (typeof item !== 'object' || 'value' in item))
  if (!plain) return undefined
  return other((runtime) => {
    const value = wanted.run(runtime)
    return runtime.isIn(list, value, equal)
  })
}

/** What an optional selection finds is charged for, what it does not find is not. */
function present(runtime: Runtime, value: Value): Value {
  if (!(value instanceof Optional) || value.value !== undefined) runtime.charge(1)
  return value
}

/** One or two arguments are all evaluated, and the call is charged for, also when one of them has no value. */
function invokeShort(overloads: readonly Overload[], steps: readonly Step[], runtime: Runtime): Value {
  const values: Value[] = []
  let failure: CelError | undefined
  for (const step of steps) {
    try {
      values.push(step(runtime))
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failure ??= error
      values.push(null)
    }
  }
  if (!failure) return invoke(overloads, values, runtime)
  runtime.charge(overloads[0]?.cost?.(values) ?? 1)
  throw failure
}

/** The first overload whose parameters take the values. Throws `CelError`. */
function invoke(overloads: readonly Overload[], values: readonly Value[], runtime: Runtime): Value {
  const overload = overloads.find(({ args }) => args.every((type, index) => accepts(type, values[index]!)))
  if (!overload) throw new CelError(noSuchOverload)
  runtime.charge(overload.cost ? overload.cost(values) : 1)
  const result = overload.run(runtime, values)
  if (overload.costAfter) runtime.charge(overload.costAfter(result))
  return result
}
