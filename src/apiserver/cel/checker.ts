/**
 * Gives every node a type and every call its overloads, or says what does not fit, in upstream's words. Source: cel-go's
 * `checker/checker.go`.
 */
import {
  type Call,
  childrenOf,
  type Expr,
  type Fold,
  type ListExpr,
  type MapExpr,
  type Select,
  type StructExpr,
} from './ast.ts'
import type { Overload } from './functions.ts'
import { typeNameOf } from './parser.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  dynType,
  errorType,
  intType,
  listType,
  mapType,
  nullType,
  optionalType,
  parameterType,
  stringType,
  typeName,
  uintType,
} from './types.ts'
import { assignable, isDynamic, lessSpecific, Substitution, sameType, signature, substitute } from './unify.ts'
import { nameOfDeclared, type Value } from './values.ts'

/** What the names in an expression mean. */
export interface Scope {
  variable(name: string): CelType | undefined
  /** The type that a name stands for: `int`, `Object.spec`. */
  type(name: string): CelType | undefined
  overloads(name: string): readonly Overload[] | undefined
}

export interface Checked {
  readonly expr: Expr
  readonly types: ReadonlyMap<number, CelType>
  readonly overloads: ReadonlyMap<number, readonly Overload[]>
  /** Nodes that are names of types or of variables with dots. */
  readonly names: ReadonlyMap<number, Reference>
  /** Calls whose target is part of the function's name. */
  readonly spaced: ReadonlySet<number>
}

export type Reference =
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }

export interface CheckIssue {
  readonly at: number
  readonly message: string
}

export function check(expr: Expr, scope: Scope): Checked | { readonly issues: readonly CheckIssue[] } {
  const checker = new Checker(scope)
  checker.check(expr)
  return checker.issues.length > 0 ? { issues: checker.issues } : checker.result(expr)
}

class Checker {
  readonly issues: CheckIssue[] = []
  readonly #scope: Scope
  readonly #types = new Map<number, CelType>()
  readonly #overloads = new Map<number, readonly Overload[]>()
  readonly #names = new Map<number, Reference>()
  readonly #spaced = new Set<number>()
  /** Variables of folds, innermost last. */
  readonly #locals: { name: string; type: CelType }[] = []
  readonly #known = new Substitution()
  #parameters = 0

  constructor(scope: Scope) {
    this.#scope = scope
  }

  result(expr: Expr): Checked {
    const types = new Map([...this.#types].map(([id, type]) => [id, substitute(this.#known, type, true)]))
    return { expr, types, overloads: this.#overloads, names: this.#names, spaced: this.#spaced }
  }

  check(expr: Expr): CelType {
    const type = this.#typeOf(expr)
    this.#types.set(expr.id, type)
    return type
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return literalType(expr.value)
      case 'identifier':
        return this.#name(expr, expr.name) ?? this.#undeclared(expr.at, expr.name)
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

  #report(at: number, message: string): CelType {
    this.issues.push({ at, message })
    return errorType
  }

  #undeclared(at: number, name: string): CelType {
    return this.#report(at, `undeclared reference to '${name}' (in container '')`)
  }

  #name({ id }: Expr, written: string): CelType | undefined {
    const local = this.#locals.findLast(({ name }) => name === written)
    if (local) return local.type
    const name = written.replace(/^\./, '')
    const variable = this.#scope.variable(name)
    if (variable) {
      this.#names.set(id, { kind: 'variable', name })
      return variable
    }
    const of = this.#scope.type(name)
    if (!of) return undefined
    this.#names.set(id, { kind: 'type', name: nameOfDeclared(of) })
    return { kind: 'type', of }
  }

  #select(expr: Select): CelType {
    const name = expr.test ? undefined : typeNameOf(expr)
    const first = name?.split('.')[0]
    if (name !== undefined && !this.#locals.some((local) => local.name === first)) {
      const named = this.#name(expr, name)
      if (named) return named
    }
    const type = this.#field(expr, expr.operand, expr.field, false)
    return expr.test ? boolType : substitute(this.#known, type, false)
  }

  #field(expr: Expr, operand: Expr, field: string, optional: boolean): CelType {
    const operandType = substitute(this.#known, this.check(operand), false)
    const [target, wasOptional] = unwrapped(operandType)
    const type = this.#fieldOf(expr, target, field)
    return wasOptional || optional ? optionalType(type) : type
  }

  #fieldOf(expr: Expr, target: CelType, field: string): CelType {
    if (target.kind === 'map') return target.value
    if (target.kind === 'object') return this.#declaredField(expr.at, target, field)
    if (target.kind === 'parameter') {
      this.#assign([dynType], [target])
      return dynType
    }
    if (!isDynamic(target)) this.#report(expr.at, `type '${typeName(target)}' does not support field selection`)
    return dynType
  }

  #declaredField(at: number, target: CelType & { kind: 'object' }, field: string): CelType {
    const found = target.fields.get(field)?.type ?? (target.open ? dynType : undefined)
    return found ?? this.#report(at, `undefined field '${field}'`)
  }

  #assign(from: readonly CelType[], to: readonly CelType[]): boolean {
    return assignable(this.#known, from, to)
  }

  #fresh(): CelType {
    return parameterType(`_var${this.#parameters++}`)
  }

  #call(expr: Call): CelType {
    if (expr.name === '_?._') {
      const [operand, field] = expr.args as [Expr, Expr & { kind: 'literal' }]
      this.check(field)
      return substitute(this.#known, this.#field(expr, operand, String(field.value), true), false)
    }
    const args = expr.args.map((argument) => this.check(argument))
    if (!expr.target) {
      const overloads = this.#scope.overloads(expr.name.replace(/^\./, ''))
      return overloads ? this.#resolve(expr, overloads, args, false) : this.#undeclared(expr.at, expr.name)
    }
    const space = typeNameOf(expr.target)
    const spaced = space === undefined ? undefined : this.#scope.overloads(`${space}.${expr.name}`)
    if (spaced?.some(({ member }) => !member)) {
      this.#spaced.add(expr.id)
      return this.#resolve({ ...expr, name: `${space}.${expr.name}` }, spaced, args, false)
    }
    const target = this.check(expr.target)
    const overloads = this.#scope.overloads(expr.name)
    return overloads ? this.#resolve(expr, overloads, [target, ...args], true) : this.#undeclared(expr.at, expr.name)
  }

  #resolve(expr: Call, overloads: readonly Overload[], args: readonly CelType[], member: boolean): CelType {
    if (expr.name === '_&&_' || expr.name === '_||_') return this.#logical(expr, overloads, args)
    let result: CelType | undefined
    const fitting: Overload[] = []
    for (const overload of overloads) {
      if (overload.member !== member) continue
      const fresh = new Substitution()
      const instance = (type: CelType) => substitute(this.#freshFor(type, fresh), type, false)
      if (!this.#assign(args, overload.args.map(instance))) continue
      fitting.push(overload)
      const type = substitute(this.#known, instance(overload.result), false)
      if (!result) result = type
      else if (result.kind !== 'dyn' && !sameType(type, result)) result = dynType
    }
    if (!result) {
      const shown = signature(
        args.map((type) => substitute(this.#known, type, true)),
        member,
      )
      return this.#report(expr.at, `found no matching overload for '${expr.name}' applied to '${shown}'`)
    }
    this.#overloads.set(expr.id, fitting)
    return result
  }

  #freshFor(type: CelType, fresh: Substitution): Substitution {
    for (const name of parameterNames(type)) if (!fresh.has(name)) fresh.set(name, this.#fresh())
    return fresh
  }

  #logical(expr: Call, overloads: readonly Overload[], args: readonly CelType[]): CelType {
    let good = true
    for (const [index, type] of args.entries()) {
      if (this.#assign([type], [boolType])) continue
      good = false
      const found = typeName(substitute(this.#known, type, true))
      this.#report(expr.args[index]!.at, `expected type 'bool' but found '${found}'`)
    }
    this.#overloads.set(expr.id, overloads)
    return good ? boolType : errorType
  }

  #list(expr: ListExpr): CelType {
    let element: CelType | undefined
    for (const [index, item] of expr.elements.entries()) {
      const type = this.#element(item, expr.optional.has(index))
      element = this.#joined(element, type)
    }
    return listType(element ?? this.#fresh())
  }

  /** The type of an element, key or value; of what it holds when it is written as optional. */
  #element(item: Expr, optional: boolean): CelType {
    const type = this.check(item)
    if (!optional) return type
    const [inner, isOptional] = unwrapped(type)
    if (!isOptional && inner.kind !== 'dyn')
      this.#report(item.at, `expected type '${typeName(optionalType(inner))}' but found '${typeName(inner)}'`)
    return inner
  }

  /** Of elements that differ, dyn; whether they may differ is looked at later. */
  #joined(before: CelType | undefined, type: CelType): CelType {
    if (!before) return type
    if (this.#assign([before], [type])) return lessSpecific(before, type) ? before : type
    return dynType
  }

  #map(expr: MapExpr): CelType {
    let key: CelType | undefined
    let value: CelType | undefined
    for (const entry of expr.entries) {
      key = this.#joined(key, this.check(entry.key))
      value = this.#joined(value, this.#element(entry.value, entry.optional))
    }
    return mapType(key ?? this.#fresh(), value ?? this.#fresh())
  }

  #struct(expr: StructExpr): CelType {
    const type = this.#scope.type(expr.type.replace(/^\./, ''))
    if (!type) {
      if (this.#scope.variable(expr.type)) return this.#report(expr.at, `'${expr.type}' is not a type`)
      return this.#undeclared(expr.at, expr.type)
    }
    if (type.kind !== 'object') return this.#report(expr.at, `'${expr.type}' is not a message type`)
    for (const { at, field, value, optional } of expr.fields) {
      const given = this.#element(value, optional)
      const declared = this.#declaredField(at, type, field)
      if (this.#assign([declared], [given])) continue
      const why = `expected type of field '${field}' is '${typeName(declared)}' but provided type is '${typeName(given)}'`
      this.#report(at, why)
    }
    return type
  }

  #fold(expr: Fold): CelType {
    const range = substitute(this.#known, this.check(expr.range), false)
    const accumulated = this.check(expr.init)
    this.#locals.push({ name: expr.accumulator, type: accumulated })
    for (const [index, type] of this.#loopTypes(expr, range).entries())
      this.#locals.push({ name: (index === 0 ? expr.variable : expr.variable2)!, type })
    const count = expr.variable2 === undefined ? 1 : 2
    this.check(expr.condition)
    this.#assign([accumulated], [this.check(expr.step)])
    this.#locals.splice(-count, count)
    const result = this.check(expr.result)
    this.#locals.pop()
    return substitute(this.#known, result, false)
  }

  #loopTypes({ range, variable2 }: Fold, type: CelType): CelType[] {
    if (type.kind === 'list') return variable2 === undefined ? [type.element] : [intType, type.element]
    if (type.kind === 'map') return variable2 === undefined ? [type.key] : [type.key, type.value]
    if (type.kind === 'parameter') this.#assign([type], [dynType])
    else if (!isDynamic(type)) {
      const why = 'cannot be range of a comprehension (must be list, map, or dynamic)'
      const unknown = this.#report(range.at, `expression of type '${typeName(type)}' ${why}`)
      return variable2 === undefined ? [unknown] : [unknown, unknown]
    }
    return variable2 === undefined ? [dynType] : [dynType, dynType]
  }
}

function literalType(value: Value): CelType {
  if (value === null) return nullType
  if (typeof value === 'boolean') return boolType
  if (typeof value === 'bigint') return intType
  if (typeof value === 'number') return doubleType
  if (typeof value === 'string') return stringType
  return value instanceof Uint8Array ? bytesType : uintType
}

/** What an optional holds, and whether it is one. */
export function unwrapped(type: CelType): readonly [CelType, boolean] {
  if (type.kind === 'opaque' && type.name === 'optional_type') return [type.parameters[0]!, true]
  return [type, false]
}

function parameterNames(type: CelType): readonly string[] {
  switch (type.kind) {
    case 'parameter':
      return [type.name]
    case 'list':
      return parameterNames(type.element)
    case 'map':
      return [...parameterNames(type.key), ...parameterNames(type.value)]
    case 'opaque':
      return type.parameters.flatMap(parameterNames)
    case 'type':
      return type.of ? parameterNames(type.of) : []
    default:
      return []
  }
}

/** Every node, parents after their parts. */
export function nodesOf(expr: Expr, found: Expr[] = []): Expr[] {
  for (const child of childrenOf(expr)) nodesOf(child, found)
  found.push(expr)
  return found
}
