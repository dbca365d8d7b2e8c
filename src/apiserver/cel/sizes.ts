/** Ranges of sizes and costs, and arithmetic on them. `Infinity` stands for what nothing bounds. Source: cel-go's `checker/cost.go`. */

export interface Range {
  readonly min: number
  readonly max: number
}

/** One unit of cost reads about ten code points or bytes. */
export const textFactor = 0.1
/** About four code points of a pattern make one state of its machine. */
export const patternFactor = 0.25
export const listCost = 10
export const mapCost = 30
export const structCost = 40

export const unknownSize: Range = { min: 0, max: Number.POSITIVE_INFINITY }

export function exactly(value: number): Range {
  return { min: value, max: value }
}

export function add(...ranges: readonly Range[]): Range {
  return ranges.reduce((sum, { min, max }) => ({ min: sum.min + min, max: sum.max + max }))
}

export function times(left: Range, right: Range): Range {
  return { min: product(left.min, right.min), max: product(left.max, right.max) }
}

/** Rounded up. */
export function scaled({ min, max }: Range, factor: number): Range {
  return { min: Math.ceil(product(min, factor)), max: Math.ceil(product(max, factor)) }
}

export function union(left: Range, right: Range): Range {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) }
}

/** Zero times the unbounded is zero. */
function product(left: number, right: number): number {
  return left === 0 || right === 0 ? 0 : left * right
}
