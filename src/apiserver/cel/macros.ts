/**
 * Macros: calls that the parser turns into folds. What they turn into is part of the language, because the cost of an
 * expression is counted on it. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros, cel-go's
 * two-variable comprehensions and optional types.
 */
import { accumulatorName, type Call, type Expr, type Select } from './ast.ts'
import { IssueError } from './issues.ts'
import type { Value } from './values.ts'

/** Makes nodes, each with a number of its own. */
export class Factory {
  #last = 0

  id(): number {
    return ++this.#last
  }

  call(at: number, name: string, args: readonly Expr[], target?: Expr): Call {
    return { id: this.id(), at, kind: 'call', name, target, args }
  }

  select(at: number, operand: Expr, field: string, test = false): Select {
    return { id: this.id(), at, kind: 'select', operand, field, test }
  }

  literal(at: number, value: Value): Expr {
    return { id: this.id(), at, kind: 'literal', value }
  }

  name(at: number, name: string): Expr {
    return { id: this.id(), at, kind: 'identifier', name }
  }

  list(at: number, ...elements: readonly Expr[]): Expr {
    return { id: this.id(), at, kind: 'list', elements, optional: new Set() }
  }
}

export interface MacroCall {
  readonly at: number
  readonly name: string
  readonly target: Expr | undefined
  readonly args: readonly Expr[]
}

/** Macros that only some places have. */
export interface Macros {
  /** `cel.bind(name, init, result)`. */
  readonly bind: boolean
}

/** Undefined when this is an ordinary call. Throws `IssueError`. */
export function expandMacro(make: Factory, call: MacroCall, macros: Macros): Expr | undefined {
  const { name, target, args, at } = call
  if (!target) return name === 'has' && args.length === 1 ? presence(make, at, args[0]!) : undefined
  if (isNamespace(target)) return undefined
  const count = args.length
  if (macros.bind && name === 'bind' && count === 3 && target.kind === 'identifier' && target.name === 'cel')
    return namedBind(make, at, args)
  const fold = new FoldMaker(make, at, target, args)
  const isFilter = name === 'filter' && count === 2
  if (isFilter || (name === 'map' && (count === 2 || count === 3))) {
    fold.names(1, 'argument is not an identifier')
    return isFilter
      ? fold.list(1, args[0]!, args[1])
      : fold.list(1, args[count - 1]!, count === 3 ? args[1] : undefined)
  }
  if (quantifiers.get(name)?.includes(count)) return fold.quantifier(name, (count - 1) as 1 | 2)
  if (count === 3 || count === 4) {
    const filter = count === 4 ? args[2] : undefined
    const last = args[count - 1]!
    if (name === 'transformList') return fold.list(2, last, filter)
    if (name === 'transformMap') return fold.map([make.name(at, fold.names(2)[0]), last], filter)
    if (name === 'transformMapEntry') return fold.map([last], filter)
  }
  if (count === 2 && (name === 'optMap' || name === 'optFlatMap')) return optionalMap(make, call, fold.names(1)[0])
  return name === 'sortBy' && count === 2 ? sortBy(make, fold, target, args) : undefined
}

/** With how many arguments: a predicate, and one or two variables. */
const quantifiers = new Map([
  ['all', [2, 3]],
  ['exists', [2, 3]],
  ['exists_one', [2, 3]],
  ['existsOne', [3]],
])

/** `sets.contains(...)` and the like are functions, not calls on a value. */
function isNamespace(target: Expr): boolean {
  return target.kind === 'identifier' && (target.name === 'sets' || target.name === 'optional')
}

function presence(make: Factory, at: number, argument: Expr): Expr {
  if (argument.kind === 'select' && !argument.test) return make.select(at, argument.operand, argument.field, true)
  throw new IssueError(argument.at, 'invalid argument to has() macro')
}

class FoldMaker {
  readonly #make: Factory
  readonly #at: number
  readonly #range: Expr
  readonly #args: readonly Expr[]

  constructor(make: Factory, at: number, range: Expr, args: readonly Expr[]) {
    this.#make = make
    this.#at = at
    this.#range = range
    this.#args = args
  }

  /** The loop's variables: one or two plain names. */
  names(count: 1 | 2, problem = 'argument must be a simple name'): [string, string | undefined] {
    const names = this.#args.slice(0, count).map((argument) => {
      if (argument.kind !== 'identifier' || argument.name.startsWith('.')) throw new IssueError(argument.at, problem)
      if (argument.name === '__result__')
        throw new IssueError(argument.at, 'iteration variable overwrites accumulator variable')
      return argument.name
    })
    if (count === 2 && names[0] === names[1])
      throw new IssueError(this.#args[1]!.at, `duplicate variable name: ${names[0]}`)
    return [names[0]!, names[1]]
  }

  quantifier(name: string, count: 1 | 2): Expr {
    const make = this.#make
    const predicate = this.#args[count]!
    const call = (function_: string, ...args: Expr[]) => make.call(this.#at, function_, args)
    if (name === 'all') {
      const condition = call('@not_strictly_false', this.#accu())
      return this.fold(count, make.literal(this.#at, true), condition, call('_&&_', this.#accu(), predicate))
    }
    if (name === 'exists') {
      const condition = call('@not_strictly_false', call('!_', this.#accu()))
      return this.fold(count, make.literal(this.#at, false), condition, call('_||_', this.#accu(), predicate))
    }
    const one = () => make.literal(this.#at, 1n)
    const step = call('_?_:_', predicate, call('_+_', this.#accu(), one()), this.#accu())
    const result = call('_==_', this.#accu(), one())
    return this.fold(count, make.literal(this.#at, 0n), make.literal(this.#at, true), step, result)
  }

  list(count: 1 | 2, element: Expr, filter: Expr | undefined): Expr {
    const step = this.#make.call(this.#at, '_+_', [this.#accu(), this.#make.list(this.#at, element)])
    return this.#gather(count, this.#make.list(this.#at), step, filter)
  }

  map(entry: readonly Expr[], filter: Expr | undefined): Expr {
    const init: Expr = { id: this.#make.id(), at: this.#at, kind: 'map', entries: [] }
    return this.#gather(2, init, this.#make.call(this.#at, 'cel.@mapInsert', [this.#accu(), ...entry]), filter)
  }

  #gather(count: 1 | 2, init: Expr, add: Expr, filter: Expr | undefined): Expr {
    const step = filter ? this.#make.call(this.#at, '_?_:_', [filter, add, this.#accu()]) : add
    return this.fold(count, init, this.#make.literal(this.#at, true), step)
  }

  fold(count: 1 | 2, init: Expr, condition: Expr, step: Expr, result: Expr = this.#accu()): Expr {
    const [variable, variable2] = this.names(count)
    const shared = { id: this.#make.id(), at: this.#at, range: this.#range, accumulator: accumulatorName }
    return { ...shared, kind: 'fold', variable, variable2, init, condition, step, result }
  }

  #accu(): Expr {
    return this.#make.name(this.#at, accumulatorName)
  }
}

/** A variable for `result`: a fold over nothing. */
function bind(make: Factory, at: number, name: string, init: Expr, result: Expr): Expr {
  const shared = { id: make.id(), at, variable: '#unused', variable2: undefined, accumulator: name, init, result }
  return {
    ...shared,
    kind: 'fold',
    range: make.list(at),
    condition: make.literal(at, false),
    step: make.name(at, name),
  }
}

function namedBind(make: Factory, at: number, args: readonly Expr[]): Expr {
  const [name, init, result] = args as [Expr, Expr, Expr]
  if (name.kind !== 'identifier') throw new IssueError(name.at, 'cel.bind() variable names must be simple identifiers')
  return bind(make, at, name.name, init, result)
}

function optionalMap(make: Factory, { at, name, target, args }: MacroCall, variable: string): Expr {
  const bound = bind(make, at, variable, make.call(at, 'value', [], target!), args[1]!)
  const some = name === 'optMap' ? make.call(at, 'optional.of', [bound]) : bound
  return make.call(at, '_?_:_', [make.call(at, 'hasValue', [], target!), some, make.call(at, 'optional.none', [])])
}

/** Sorted by a key: the list is bound once, its keys are computed by a `map`. */
function sortBy(make: Factory, fold: FoldMaker, target: Expr, args: readonly Expr[]): Expr {
  const { at } = target
  fold.names(1)
  const name = '@__sortBy_input__'
  const keys = new FoldMaker(make, at, make.name(at, name), args).list(1, args[1]!, undefined)
  return bind(make, at, name, target, make.call(at, '@sortByAssociatedKeys', [keys], make.name(at, name)))
}
