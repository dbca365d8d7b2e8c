/**
 * What evaluating an expression may cost, from the sizes that types promise. The numbers are part of the API: a custom
 * resource definition is refused for them. Source: cel-go's `checker/cost.go`, Kubernetes' `pkg/cel/library/cost.go`.
 */
import type { Call, Expr, Fold } from './ast.ts'
import type { Checked } from './checker.ts'
import type { Overload } from './functions.ts'
import { add, exactly, listCost, mapCost, type Range, structCost, times, union, unknownSize } from './sizes.ts'
import type { CelType } from './types.ts'
import { sizeOf } from './values.ts'

export interface CallEstimate {
  readonly cost: Range
  readonly size?: Range | undefined
}

/** An argument as estimates see it. */
export interface Estimated {
  readonly type: CelType
  readonly expr: Expr
  readonly size: Range
  /** Of an element, when it is a list whose element type is known. */
  readonly element: { readonly type: CelType; readonly size: Range } | undefined
}

export interface EstimateInput {
  readonly target: Estimated | undefined
  readonly args: readonly Estimated[]
}

/** Sizes of the keys and values, or elements, of a list or map that the expression makes. */
interface EntrySizes {
  readonly of: 'list' | 'map'
  readonly key: Range
  readonly value: Range
}

interface Local {
  readonly name: string
  readonly path: CelType | undefined
  readonly size: Range | undefined
  readonly entries: EntrySizes | undefined
}

/** Upstream takes the name of a type for something empty. */
const typeNameSize: CelType = { kind: 'dyn', sizeMax: 0 }

export function estimateCost(checked: Checked, variable: (name: string) => CelType | undefined): Range {
  return new Estimator(checked, variable).cost(checked.expr)
}

class Estimator {
  readonly #checked: Checked
  readonly #variable: (name: string) => CelType | undefined
  /** The schema's type of a node that is reached from a variable by fields, elements, keys and values. */
  readonly #paths = new Map<number, CelType | undefined>()
  readonly #sizes = new Map<number, Range>()
  readonly #entries = new Map<number, EntrySizes>()
  readonly #locals: Local[] = []

  constructor(checked: Checked, variable: (name: string) => CelType | undefined) {
    this.#checked = checked
    this.#variable = variable
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return exactly(0)
      case 'identifier':
        this.#paths.set(expr.id, this.#local(expr.name)?.path ?? this.#rootPath(expr))
        return exactly(1)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'fold':
        return this.#isBind(expr) ? this.#bind(expr) : this.#fold(expr)
      default:
        return this.#made(expr)
    }
  }

  #type({ id }: Expr): CelType {
    return this.#checked.types.get(id)!
  }

  #local(name: string): Local | undefined {
    return this.#locals.findLast((local) => local.name === name)
  }

  #rootPath({ id }: Expr): CelType | undefined {
    const name = this.#checked.names.get(id)
    if (name?.kind === 'type') return typeNameSize
    return name && this.#variable(name.name)
  }

  #select(expr: Expr & { kind: 'select' }): Range {
    if (this.#checked.names.has(expr.id)) {
      this.#paths.set(expr.id, this.#rootPath(expr))
      return exactly(1)
    }
    const operand = this.cost(expr.operand)
    // `has` itself costs nothing in Kubernetes.
    if (expr.test) return operand
    const { kind } = this.#type(expr.operand)
    this.#paths.set(expr.id, stepInto(this.#path(expr.operand), { field: expr.field }))
    return kind === 'map' || kind === 'object' ? add(operand, exactly(1)) : operand
  }

  #path(expr: Expr): CelType | undefined {
    const local = expr.kind === 'identifier' ? this.#local(expr.name) : undefined
    return local ? local.path : this.#paths.get(expr.id)
  }

  #call(expr: Call): Range {
    if (expr.name === 'dyn' && !expr.target) return this.#dyn(expr)
    const argumentCosts = expr.args.map((argument) => this.cost(argument))
    const overloads = this.#checked.overloads.get(expr.id) ?? []
    if (overloads.length === 0) return add(exactly(1), ...argumentCosts)
    const isMember = expr.target !== undefined && !this.#checked.spaced.has(expr.id)
    const targetCost = isMember ? this.cost(expr.target!) : exactly(0)
    const target = isMember ? this.#estimated(expr.target!) : undefined
    const input: EstimateInput = { target, args: expr.args.map((argument) => this.#estimated(argument)) }
    let cost: Range | undefined
    let size: Range | undefined
    for (const overload of overloads) {
      const estimate = this.#overload(expr, overload, input, argumentCosts)
      cost = cost ? union(cost, estimate.cost) : estimate.cost
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size
      if (overload.name === '_[_]') size = this.#indexed(expr) ?? size
      size ??= this.#size(expr)
    }
    if (size) this.#sizes.set(expr.id, size)
    return add(targetCost, cost!)
  }

  #dyn(expr: Call): Range {
    const [argument] = expr.args as [Expr]
    const cost = this.cost(argument)
    this.#copySizes(expr, argument)
    return add(exactly(1), cost)
  }

  #overload(expr: Call, overload: Overload, input: EstimateInput, argumentCosts: readonly Range[]): CallEstimate {
    const [left = exactly(0), right = exactly(0), third = exactly(0)] = argumentCosts
    if (overload.name === '_&&_' || overload.name === '_||_')
      return { cost: { min: left.min, max: left.max + right.max } }
    if (overload.name === '_?_:_') {
      const [, whenTrue, whenFalse] = expr.args as [Expr, Expr, Expr]
      this.#joinEntries(expr, whenTrue, whenFalse)
      return {
        cost: add(left, union(right, third)),
        size: union(this.#sizeOrUnknown(whenTrue), this.#sizeOrUnknown(whenFalse)),
      }
    }
    if (overload.name === '_+_' && expr.args.length === 2) this.#joinEntries(expr, expr.args[0]!, expr.args[1]!)
    const own = overload.estimate?.(input) ?? { cost: exactly(1) }
    return { cost: add(own.cost, ...argumentCosts), size: own.size }
  }

  #joinEntries({ id }: Expr, one: Expr, other: Expr): void {
    const left = this.#entriesOf(one)
    const right = this.#entriesOf(other)
    if (!left || !right) return
    this.#entries.set(id, { of: left.of, key: union(left.key, right.key), value: union(left.value, right.value) })
  }

  #indexed(expr: Call): Range | undefined {
    const [operand] = expr.args as [Expr]
    this.#paths.set(expr.id, stepInto(this.#path(operand), 'values'))
    return this.#entriesOf(operand)?.value
  }

  #made(expr: Expr & { kind: 'list' | 'map' | 'struct' }): Range {
    if (expr.kind === 'struct') return add(exactly(structCost), ...expr.fields.map(({ value }) => this.cost(value)))
    const keys = expr.kind === 'map' ? expr.entries.map(({ key }) => key) : []
    const values = expr.kind === 'map' ? expr.entries.map(({ value }) => value) : expr.elements
    const costs = [...keys, ...values].map((part) => this.cost(part))
    const key = expr.kind === 'map' ? this.#sizesOf(keys) : exactly(1)
    this.#entries.set(expr.id, { of: expr.kind, key, value: this.#sizesOf(values) })
    return add(exactly(expr.kind === 'map' ? mapCost : listCost), ...costs)
  }

  #sizesOf(exprs: readonly Expr[]): Range {
    return exprs.length === 0 ? exactly(0) : exprs.map((expr) => this.#sizeOrUnknown(expr)).reduce(union)
  }

  /** A variable, not a loop. */
  #isBind({ range, condition, accumulator }: Fold): boolean {
    const empty = range.kind === 'list' && range.elements.length === 0
    return empty && condition.kind === 'literal' && condition.value === false && accumulator !== '__result__'
  }

  #bind(expr: Fold): Range {
    const before = add(this.cost(expr.range), this.cost(expr.init))
    this.#pushValue(expr.accumulator, expr.init)
    const result = this.cost(expr.result)
    this.#locals.pop()
    this.#copySizes(expr, expr.result)
    return add(before, result)
  }

  #pushValue(name: string, expr: Expr): void {
    this.#locals.push({ name, path: this.#path(expr), size: this.#size(expr), entries: this.#entriesOf(expr) })
  }

  #fold(expr: Fold): Range {
    const before = add(this.cost(expr.range), this.cost(expr.init))
    this.#pushValue(expr.accumulator, expr.init)
    this.#pushLoop(expr)
    const each = add(this.cost(expr.step), this.cost(expr.condition))
    this.#locals.splice(expr.variable2 === undefined ? -1 : -2)
    const result = this.cost(expr.result)
    this.#locals.pop()
    const count = this.#sizeOrUnknown(expr.range)
    const { init } = expr
    const size = init.kind === 'literal' ? this.#size(init) : count
    if (size) this.#sizes.set(expr.id, size)
    const entries = init.kind === 'literal' ? undefined : this.#entriesOf(expr.step)
    if (entries) this.#entries.set(expr.id, entries)
    return add(before, result, times(count, each))
  }

  #pushLoop({ range, variable, variable2 }: Fold): void {
    const entries = this.#entriesOf(range)
    const of = entries?.of ?? this.#type(range).kind
    const path = this.#path(range)
    const key = { size: entries?.key, path: of === 'list' ? undefined : stepInto(path, 'keys'), entries: undefined }
    const value = { size: entries?.value, path: stepInto(path, 'values'), entries: undefined }
    if (variable2 === undefined) this.#locals.push({ name: variable, ...(of === 'list' ? value : key) })
    else this.#locals.push({ name: variable, ...key }, { name: variable2, ...value })
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from)
    if (size) this.#sizes.set(to.id, size)
    const entries = this.#entriesOf(from)
    if (entries) this.#entries.set(to.id, entries)
  }

  #entriesOf(expr: Expr): EntrySizes | undefined {
    const own = this.#entries.get(expr.id)
    return own ?? (expr.kind === 'identifier' ? this.#local(expr.name)?.entries : undefined)
  }

  #sizeOrUnknown(expr: Expr): Range {
    return this.#size(expr) ?? unknownSize
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id) ?? writtenSize(expr)
    if (known) return known
    const promised = promisedSize(this.#path(expr))
    if (promised) return promised
    return typeSize(this.#type(expr)) ?? (expr.kind === 'identifier' ? this.#local(expr.name)?.size : undefined)
  }

  #estimated(expr: Expr): Estimated {
    const type = this.#type(expr)
    const path = this.#path(expr)
    const element =
      type.kind === 'list'
        ? { type: type.element, size: promisedSize(stepInto(path, 'values')) ?? unknownSize }
        : undefined
    return { type, expr, size: this.#sizeOrUnknown(expr), element }
  }
}

function stepInto(type: CelType | undefined, step: { field: string } | 'keys' | 'values'): CelType | undefined {
  if (!type) return undefined
  if (step === 'keys') return type.kind === 'map' ? type.key : undefined
  if (step === 'values') return type.kind === 'map' ? type.value : type.kind === 'list' ? type.element : undefined
  if (type.kind === 'object') return type.fields.get(step.field)?.type
  return type.kind === 'map' ? type.value : undefined
}

/** What the schema says of it. */
function promisedSize(type: CelType | undefined): Range | undefined {
  const max = type && 'sizeMax' in type ? type.sizeMax : undefined
  return max === undefined ? undefined : { min: 0, max }
}

/** Of what stands in the expression itself. */
function writtenSize(expr: Expr): Range | undefined {
  if (expr.kind === 'literal') return exactly(sizeOf(expr.value))
  if (expr.kind === 'list') return exactly(expr.elements.length)
  return expr.kind === 'map' ? exactly(expr.entries.length) : undefined
}

function typeSize(type: CelType): Range | undefined {
  if (type.kind === 'opaque' && type.name === 'optional_type') return typeSize(type.parameters[0]!)
  const scalars = ['bool', 'double', 'duration', 'int', 'timestamp', 'uint']
  return scalars.includes(type.kind) ? exactly(1) : undefined
}
