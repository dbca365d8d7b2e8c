/**
 * Mutating steps run once more when a policy or webhook changed the object after others had seen it.
 * Source: apiserver's `admission/reinvocation.go`, `webhook/mutating/reinvocationcontext.go`.
 */
import type { KubeObject } from '../../api/meta.ts'
import { clone } from '../registry/clone.ts'
import { semanticEqual } from '../registry/validation/equal.ts'

/** Of one request. */
export class Reinvocation {
  /** The second round. */
  again = false
  /** A second round is wanted. */
  wanted = false
  #memories: Map<string, Memory> | undefined

  memoryOf(plugin: string): Memory {
    this.#memories ??= new Map()
    const known = this.#memories.get(plugin) ?? new Memory()
    this.#memories.set(plugin, known)
    return known
  }
}

/** What one plugin asked so far, and what it left. */
export class Memory {
  readonly #asked = new Set<string>()
  readonly #due = new Set<string>()
  #left: KubeObject | undefined

  /** Whether others have changed the object since. */
  changedSince(object: KubeObject | undefined): boolean {
    return !semanticEqual(this.#left, object)
  }

  leave(object: KubeObject | undefined): void {
    this.#left = object && clone(object)
  }

  /** This one may be asked again after later changes. */
  asked(key: string): void {
    this.#asked.add(key)
  }

  /** All that were asked before are to be asked again. */
  changed(): void {
    for (const key of this.#asked) this.#due.add(key)
    this.#asked.clear()
  }

  isDue(key: string): boolean {
    return this.#due.has(key)
  }
}
