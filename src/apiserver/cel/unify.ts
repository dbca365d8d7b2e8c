/** Which type may stand for which: assignability with type parameters. Source: cel-go's `checker/types.go`. */
import { type CelType, dynType, shortName } from './types.ts'

/** What type parameters stand for. Failed attempts are undone by its journal, not by copies: expressions may be long. */
export class Substitution {
  readonly #types = new Map<string, CelType>()
  readonly #journal: { name: string; before: CelType | undefined }[] = []

  get(name: string): CelType | undefined {
    return this.#types.get(name)
  }

  has(name: string): boolean {
    return this.#types.has(name)
  }

  set(name: string, type: CelType): void {
    this.#journal.push({ name, before: this.#types.get(name) })
    this.#types.set(name, type)
  }

  /** Undoes what `attempt` set when it answers false. */
  attempt(attempt: () => boolean): boolean {
    const mark = this.#journal.length
    if (attempt()) return true
    for (const { name, before } of this.#journal.splice(mark).reverse()) {
      if (before) this.#types.set(name, before)
      else this.#types.delete(name)
    }
    return false
  }
}

export function isDynamic(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'error'
}

/** The parts of a type that are types. */
function parametersOf(type: CelType): readonly CelType[] {
  switch (type.kind) {
    case 'list':
      return [type.element]
    case 'map':
      return [type.key, type.value]
    case 'opaque':
      return type.parameters
    case 'type':
      return type.of ? [type.of] : []
    default:
      return []
  }
}

function sameConstructor(left: CelType, right: CelType): boolean {
  if (left.kind !== right.kind) return false
  if (left.kind === 'opaque' || left.kind === 'object' || left.kind === 'parameter')
    return left.name === (right as typeof left).name
  return true
}

export function sameType(left: CelType, right: CelType): boolean {
  if (left === right) return true
  if (!sameConstructor(left, right)) return false
  const others = parametersOf(right)
  const own = parametersOf(left)
  return own.length === others.length && own.every((part, index) => sameType(part, others[index]!))
}

/** Whether `from` may stand where `to` is asked for; `known` then says what the parameters stand for. */
export function assignable(known: Substitution, from: readonly CelType[], to: readonly CelType[]): boolean {
  return from.length === to.length && known.attempt(() => from.every((type, index) => fits(known, type, to[index]!)))
}

function fits(known: Substitution, from: CelType, to: CelType): boolean {
  if (to.kind === 'parameter') {
    const outcome = bind(known, to.name, from)
    if (outcome === 'bound') return true
    if (outcome === 'taken') return false
  }
  if (from.kind === 'parameter') return bind(known, from.name, to) === 'bound'
  if (isDynamic(from) || isDynamic(to)) return true
  if (from.kind === 'null' || to.kind === 'null') return nullable(from.kind === 'null' ? to : from)
  if (from.kind === 'type') return to.kind === 'type'
  if (!sameConstructor(from, to)) return false
  const others = parametersOf(to)
  const own = parametersOf(from)
  return own.length === others.length && own.every((part, index) => fits(known, part, others[index]!))
}

function nullable(type: CelType): boolean {
  return ['null', 'opaque', 'object', 'duration', 'timestamp'].includes(type.kind)
}

/** `taken`: the parameter already stands for a type that does not agree. */
function bind(known: Substitution, name: string, type: CelType): 'bound' | 'taken' | 'cyclic' {
  if (type.kind === 'parameter' && type.name === name) return 'bound'
  const present = known.get(name)
  if (!present) {
    if (refersTo(known, name, type)) return 'cyclic'
    known.set(name, type)
    return 'bound'
  }
  if (sameType(present, type)) return 'bound'
  if (!fits(known, type, present)) return 'taken'
  const general = lessSpecific(type, present) ? type : present
  if (!refersTo(known, name, general)) known.set(name, general)
  return 'bound'
}

function refersTo(known: Substitution, name: string, type: CelType): boolean {
  if (type.kind === 'parameter') {
    if (type.name === name) return true
    const stands = known.get(type.name)
    return stands !== undefined && refersTo(known, name, stands)
  }
  return parametersOf(type).some((part) => refersTo(known, name, part))
}

/** Whether everything that `right` is, `left` is too. */
export function lessSpecific(left: CelType, right: CelType): boolean {
  if (isDynamic(left) || left.kind === 'parameter') return true
  if (isDynamic(right) || right.kind === 'parameter' || !sameConstructor(left, right)) return false
  if (left.kind === 'type') return true
  const others = parametersOf(right)
  const own = parametersOf(left)
  return own.length === others.length && own.every((part, index) => lessSpecific(part, others[index]!))
}

/** The type with its parameters replaced by what they stand for; with `dynamic`, unknown ones become dyn. */
export function substitute(known: Substitution, type: CelType, dynamic: boolean): CelType {
  switch (type.kind) {
    case 'parameter': {
      const stands = known.get(type.name)
      if (stands) return substitute(known, stands, dynamic)
      return dynamic ? dynType : type
    }
    case 'list': {
      const element = substitute(known, type.element, dynamic)
      return element === type.element ? type : { ...type, element }
    }
    case 'map': {
      const key = substitute(known, type.key, dynamic)
      const value = substitute(known, type.value, dynamic)
      return key === type.key && value === type.value ? type : { ...type, key, value }
    }
    case 'opaque':
      if (type.parameters.length === 0) return type
      return { ...type, parameters: type.parameters.map((part) => substitute(known, part, dynamic)) }
    case 'type':
      return type.of ? { kind: 'type', of: substitute(known, type.of, dynamic) } : type
    default:
      return type
  }
}

/** Types as an error lists them: `(int, string)`. */
export function signature(args: readonly CelType[], isMember: boolean): string {
  const [first, ...rest] = args.map(shortName)
  return isMember ? `${first}.(${rest.join(', ')})` : `(${args.map(shortName).join(', ')})`
}
