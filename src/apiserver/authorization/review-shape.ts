/** How a review is echoed: fields that carry nothing are left out, as Go's encoder leaves them out. */

/** A copy without empty strings and lists; objects stay, even empty. */
export function withoutEmpty<T extends object>(value: T): T {
  const kept = Object.entries(value).filter(
    ([, field]) => field !== '' && !(Array.isArray(field) && field.length === 0),
  )
  const copied = kept.map(([name, field]) => [name, isPlainObject(field) ? withoutEmpty(field) : field])
  return Object.fromEntries(copied) as T
}

/** Keys of a user's extra data are compared in lower case. */
export function lowerCaseKeys<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]))
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
