/** What Go's decoder calls a value of JSON that it cannot use: clients know the words. */
import { WrittenNumber } from '../patch/json-value.ts'

export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value instanceof WrittenNumber || typeof value === 'bigint') return 'number'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
