/**
 * The parsed form of an expression. Macros are already expanded into folds, so that the checker, the cost estimate and
 * the interpreter know eight kinds of nodes and nothing of macros.
 */
import type { Value } from './values.ts'

interface Node {
  /** Unique within an expression. */
  readonly id: number
  /** Offset into the text, in UTF-16 units. */
  readonly at: number
}

export type Expr = Literal | Identifier | Select | Call | ListExpr | MapExpr | StructExpr | Fold

export interface Literal extends Node {
  readonly kind: 'literal'
  readonly value: Value
}

export interface Identifier extends Node {
  readonly kind: 'identifier'
  readonly name: string
}

export interface Select extends Node {
  readonly kind: 'select'
  readonly operand: Expr
  readonly field: string
  /** `has(operand.field)`. */
  readonly test: boolean
}

export interface Call extends Node {
  readonly kind: 'call'
  /** Operators have names of their own, as `_+_`. */
  readonly name: string
  readonly target: Expr | undefined
  readonly args: readonly Expr[]
}

export interface ListExpr extends Node {
  readonly kind: 'list'
  readonly elements: readonly Expr[]
  /** Which elements are optional (`[?x]`). */
  readonly optional: ReadonlySet<number>
}

export interface Entry {
  readonly key: Expr
  readonly value: Expr
  readonly optional: boolean
}

export interface MapExpr extends Node {
  readonly kind: 'map'
  readonly entries: readonly Entry[]
}

export interface FieldInit {
  readonly at: number
  readonly field: string
  readonly value: Expr
  readonly optional: boolean
}

export interface StructExpr extends Node {
  readonly kind: 'struct'
  readonly type: string
  readonly fields: readonly FieldInit[]
}

/** Goes over a list or map, while `condition` holds, making `accumulator` anew by `step`; its value is `result`. */
export interface Fold extends Node {
  readonly kind: 'fold'
  readonly range: Expr
  readonly variable: string
  /** In two-variable form: `variable` is then the index or key, this the value. */
  readonly variable2: string | undefined
  readonly accumulator: string
  readonly init: Expr
  readonly condition: Expr
  readonly step: Expr
  readonly result: Expr
}

export const accumulatorName = '@result'

/** The parts of a node that are expressions, in order. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args
    case 'list':
      return expr.elements
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return expr.fields.map(({ value }) => value)
    case 'fold':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result]
    default:
      return []
  }
}
