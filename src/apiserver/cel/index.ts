/**
 * The Common Expression Language as Kubernetes speaks it: what calls it compiles an expression once, keeps the program
 * and evaluates it with a budget, so that no expression takes more than its share of the server.
 *
 *   const compiled = compile('self.replicas <= 5', { variables: new Map([['self', declareSchema(...)]]) })
 *   if (compiled.ok) evaluate(compiled.program, new Map([['self', toCel(object, type)]]), { cost: 1_000_000 })
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/
 */
import type { CelType } from './types.ts'

export * from './types.ts'

/** What an expression may name. Programs are cached by environment object and expression, so keep environments. */
export interface Environment {
  /** Variables by name; bindings must have each one that an evaluated expression touches. */
  readonly variables: ReadonlyMap<string, CelType>
  /** Object types that the expression may build (`Object{…}`), by name. */
  readonly constructible?: ReadonlyMap<string, CelType>
  /** Libraries beyond Kubernetes' base ones. */
  readonly extra?: readonly ('authorizer' | 'jsonpatch')[]
}

export interface Issue {
  /** From 1. */
  readonly line: number
  /** From 1, in code points. */
  readonly column: number
  readonly message: string
}

/** Units of upstream's cost model: about one for a step, a tenth for each byte of text looked at. */
export interface CostEstimate {
  readonly min: number
  /** `Infinity` where nothing bounds it. */
  readonly max: number
}
