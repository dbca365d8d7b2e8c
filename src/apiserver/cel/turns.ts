/**
 * A long evaluation is done in turns, between which others have theirs. It is left by throwing `TurnOver` between two
 * rounds of a loop and then started again from its beginning; what loops and variables have done is remembered by where
 * they come in the order of evaluation, so that only what stands between them is done again. Costs come out the same.
 */
import type { CelError, Value } from './values.ts'

/** The turn is over: to be evaluated again in the next one. */
export class TurnOver extends Error {}

/** What one loop or variable has done so far. */
export interface Activation {
  /** Cost of the evaluation before it. */
  base: number
  /** Of the rounds that are done. */
  cost: number
  /** Absent until all is done. */
  result?: { readonly value: Value }
  /** Absent until the range is known. */
  rounds?: Iterator<readonly Value[]>
  /** The round at hand. */
  round?: IteratorResult<readonly Value[]> | undefined
  accumulated?: Value | CelError
  /** The range gave no more than this. */
  broken?: CelError
  /** Of a variable that has been read: its value, and the reading that computed it. */
  read?: { readonly value: Value; readonly by: Activation }
  /** Those within the round at hand, in the order of evaluation. */
  within: Activation[]
}

export function activation(): Activation {
  return { base: 0, cost: 0, within: [] }
}
