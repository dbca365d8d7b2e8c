/**
 * What upstream says of a value that does not fit its field where a strategic patch brought it: such patches go through
 * a converter of its own. Source: apimachinery's `runtime/converter.go`.
 */
import { WrittenNumber } from '../../api/patch/json-value.ts'

const fault = /^json: cannot unmarshal (number|string|bool|array|object) into Go struct field (\S+) of type (.+)$/

const kinds: Readonly<Record<string, string>> = { string: 'string', bool: 'bool', array: 'slice', object: 'map' }
const plain = new Set(['string', 'bool', 'int32', 'int64', 'float64'])

/** `why`: what the decoder of bodies says. Of what is said in one way by both it comes back. */
export function converterFault(why: string, patch: unknown): string {
  const [, found = '', field = '', type = ''] = fault.exec(why) ?? []
  if (type === '') return why
  // Times read themselves.
  if (/Time(stamp)?$/.test(field)) return `json: cannot unmarshal ${found} into Go value of type string`
  const kind = kinds[found] ?? (hasFraction(patch) ? 'float64' : 'int64')
  if (type.startsWith('[]')) return `cannot restore slice from ${kind}`
  if (type.startsWith('map[')) return `cannot restore map from ${kind}`
  if (!plain.has(type)) return `cannot restore struct from: ${kind}`
  if (kind === 'int64' && type === 'string') return 'cannot convert int64 to string'
  return kind === 'float64' && type.startsWith('int')
    ? `cannot convert float64 to ${type}`
    : `unrecognized type: ${type}`
}

function hasFraction(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value)
  if (typeof value !== 'object' || value === null || value instanceof WrittenNumber) return false
  return Object.values(value).some(hasFraction)
}
