/** Match conditions of policies and webhooks: all must hold for the request to be looked at. Source: apiserver's `webhook/matchconditions/matcher.go`. */

import type { MatchCondition } from '../../../api/types/admissionregistration/v1.ts'
import { limits } from '../../../limits.ts'
import { type Binding, boolType, type Environment } from '../../cel/index.ts'
import { compileTyped, type Typed } from './expression.ts'
import { OutOfBudget, Run, type Turn } from './run.ts'

export interface Condition {
  readonly name: string
  readonly typed: Typed
}

export function compileConditions(
  conditions: readonly MatchCondition[] | undefined,
  environment: Environment,
): Condition[] {
  return (conditions ?? []).map(({ name = '', expression = '' }) => ({
    name,
    typed: compileTyped(expression, environment, [boolType]),
  }))
}

export type ConditionOutcome = { readonly matches: boolean } | { readonly error: string }

/** One that is false decides, whatever errors others have. */
export async function evaluateConditions(
  conditions: readonly Condition[],
  bindings: readonly (readonly [string, Binding])[],
  turn: Turn,
): Promise<ConditionOutcome> {
  const run = new Run({ bindings, variables: new Map(), turn, budget: limits.celMatchConditionsCostMax })
  const errors: string[] = []
  try {
    for (const { typed } of conditions) {
      const outcome = await run.evaluate(typed)
      if ('error' in outcome) errors.push(outcome.error)
      else if (outcome.value === false) return { matches: false }
    }
  } catch (error) {
    if (error instanceof OutOfBudget) return { error: error.message }
    throw error
  }
  if (errors.length === 0) return { matches: true }
  return { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` }
}
