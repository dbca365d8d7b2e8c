/** What the variables of an expression stand for. */
import type { Value } from './values.ts'

/** A function is called when the variable is first touched, once; it may throw `CelError`. */
export type Binding = Value | (() => Value)

export class Bindings {
  readonly #values: Map<string, Binding>

  constructor(values: Iterable<readonly [string, Binding]>) {
    this.#values = new Map(values)
  }

  get(name: string): Value | undefined {
    const binding = this.#values.get(name)
    if (typeof binding !== 'function') return binding
    const value = binding()
    this.#values.set(name, value)
    return value
  }
}
