/** Costs that functions of several libraries share: before a call from its arguments, and as estimates. Source: Kubernetes' `pkg/cel/library/cost.go`. */
import type { CallEstimate, Estimated, EstimateInput } from '../estimate.ts'
import type { Costs } from '../functions.ts'
import { add, exactly, patternFactor, type Range, scaled, textFactor, times } from '../sizes.ts'
import { sizeOf, type Value } from '../values.ts'

export const nominal: Costs = {}

/** The target, or the first argument when there is none. */
export function subject({ target, args }: EstimateInput): Estimated {
  return target ?? args[0]!
}

/** Reads its first argument `passes` times. */
export function reading(passes = 1, result: 'same' | 'unknown' = 'unknown'): Costs {
  return {
    cost: ([text]) => Math.ceil(sizeOf(text!) * passes * textFactor),
    estimate: (input) => {
      const { size } = subject(input)
      return { cost: scaled(size, passes * textFactor), ...(result === 'same' ? { size } : {}) }
    },
  }
}

/** Runs a pattern, the second argument, over a text. */
export function matching(result: (text: Range) => Range | undefined = () => undefined): Costs {
  return {
    cost: ([text, pattern]) =>
      Math.ceil((1 + sizeOf(text!)) * textFactor) * Math.ceil(sizeOf(pattern!) * patternFactor),
    estimate: (input): CallEstimate | undefined => {
      const text = subject(input).size
      const pattern = (input.target ? input.args[0] : input.args[1])!.size
      const cost = times(scaled(add(text, exactly(1)), textFactor), scaled(pattern, patternFactor))
      return { cost, size: result(text) }
    },
  }
}

/** Of each element once, as a tree of data. */
export function traversal(value: Value, elements: Iterable<Value> | undefined): number {
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * textFactor)
  if (value instanceof Uint8Array) return Math.floor(value.length * textFactor)
  if (!elements) return 1
  let sum = 0
  for (const element of elements)
    sum += traversal(element, Symbol.iterator in Object(element) ? (element as Iterable<Value>) : undefined)
  return sum
}

/** Looks at every element of a list, or through a text. */
export const scanning: Costs = {
  cost: ([value]) =>
    traversal(value!, Symbol.iterator in Object(value) ? (value as unknown as Iterable<Value>) : undefined),
  estimate: ({ target }) => {
    if (!target) return undefined
    const { element } = target
    if (!element) return { cost: scaled(target.size, textFactor) }
    const isText = element.type.kind === 'string' || element.type.kind === 'bytes'
    const each = isText ? add(exactly(1), scaled(element.size, textFactor)) : exactly(1)
    return { cost: times(target.size, each) }
  },
}
