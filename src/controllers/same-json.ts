/** Whether two JSON values say the same, whatever the order of their fields. An absent field and `undefined` are one. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
    return one.every((value, index) => sameJson(value, other[index]))
  }
  return coveredBy(one as Fields, other as Fields, sameJson) && coveredBy(other as Fields, one as Fields, isThere)
}

type Fields = Readonly<Record<string, unknown>>

function coveredBy(one: Fields, other: Fields, holds: (value: unknown, counterpart: unknown) => boolean): boolean {
  for (const key of Object.keys(one)) {
    if (one[key] === undefined) continue
    if (!Object.hasOwn(other, key) || !holds(one[key], other[key])) return false
  }
  return true
}

function isThere(_: unknown, counterpart: unknown): boolean {
  return counterpart !== undefined
}
