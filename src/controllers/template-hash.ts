/**
 * The hash that names a template's ReplicaSet or revision. Any stable hash does: a controller recognises its objects by
 * comparing templates, so clusters may move between implementations. FNV-1a, in the alphabet of generated names.
 */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

export function templateHash(template: unknown, collisionCount: number | undefined): string {
  let hash = 0x811c9dc5
  const text = canonical(template) + (collisionCount ? `#${collisionCount}` : '')
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  return [...String(hash)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('')
}

/** JSON with sorted keys, so that the order of fields does not matter. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}
