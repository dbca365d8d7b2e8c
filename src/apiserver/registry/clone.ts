/** A private copy of a JSON-shaped value: what `structuredClone` does, several times faster because it does no more. */
import { WrittenNumber } from '../../api/patch/json-value.ts'

export function clone<T>(value: T): T {
  return copy(value) as T
}

function copy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(copy)
  if (value instanceof WrittenNumber) return value
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const member = copy((value as Record<string, unknown>)[key])
    // An own key of this name must not become the prototype.
    if (key === '__proto__')
      Object.defineProperty(result, key, { value: member, enumerable: true, configurable: true, writable: true })
    else result[key] = member
  }
  return result
}
