/**
 * Equality as the API means it: an absent field, `null`, an empty list and an empty map are the same thing.
 * Source: apimachinery's semantic equality.
 */
export function semanticEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (isEmpty(left) || isEmpty(right)) return isEmpty(left) && isEmpty(right)
  if (Array.isArray(left) || Array.isArray(right))
    return Array.isArray(left) && Array.isArray(right) && listsEqual(left, right)
  if (typeof left !== 'object' || typeof right !== 'object') return false
  return mapsEqual(left as Record<string, unknown>, right as Record<string, unknown>)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return Array.isArray(value) && value.length === 0
}

function listsEqual(left: unknown[], right: unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => semanticEqual(item, right[index]))
}

/** Fields that are maps wherever they stand: an empty one is none. Elsewhere `{}` may be a message that is there. */
const maps: ReadonlySet<string> = new Set([
  'matchLabels',
  'labels',
  'annotations',
  'nodeSelector',
  'limits',
  'requests',
  'overhead',
  'hard',
  'allocatedResources',
  'allocatedResourceStatuses',
  'volumeAttributes',
  'attributes',
  'counters',
])

function mapsEqual(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  for (const key of Object.keys(left)) {
    if (semanticEqual(left[key], right[key])) continue
    if (!maps.has(key) || !isEmptyMap(left[key]) || !isEmptyMap(right[key])) return false
  }
  for (const key of Object.keys(right)) {
    if (!(key in left) && !isEmpty(right[key]) && !(maps.has(key) && isEmptyMap(right[key]))) return false
  }
  return true
}

function isEmptyMap(value: unknown): boolean {
  return isEmpty(value) || (typeof value === 'object' && Object.keys(value as object).length === 0)
}
