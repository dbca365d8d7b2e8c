/** Loops: every step is counted, so that the clock ends them too. */
import type { Fold } from './ast.ts'
import type { Planner, Step } from './plan.ts'
import type { Runtime } from './runtime.ts'
import { CelError, CelList, CelMap, CelObject, type Value } from './values.ts'

export function planFold(planner: Planner, expr: Fold): Step {
  if (expr.range.kind === 'list' && expr.range.elements.length === 0 && expr.variable === '#unused')
    return planVariable(planner, expr)
  const range = planner.plan(expr.range).run
  const init = planner.plan(expr.init).run
  return planner.within([expr.accumulator], ([accumulator]) => {
    const names = expr.variable2 === undefined ? [expr.variable] : [expr.variable, expr.variable2]
    const loop = planner.within(names, (slots) => ({
      slots,
      condition: planner.plan(expr.condition).run,
      step: planner.plan(expr.step).run,
    }))
    const result = planner.plan(expr.result).run
    // Only `all` and `exists` look at what they have so far.
    const ends = expr.condition.kind === 'literal'
    return (runtime) => {
      const items = range(runtime)
      runtime.setLocal(accumulator!, init(runtime))
      for (const pair of pairsOf(items, names.length === 2)) {
        runtime.work(1)
        for (const [index, slot] of loop.slots.entries()) runtime.setLocal(slot, pair[index]!)
        if (loop.condition(runtime) !== true) break
        accumulate(runtime, { slot: accumulator!, ends, step: loop.step })
      }
      return result(runtime)
    }
  })
}

/** An error in one round of `all` and `exists` is made up for by another. */
function accumulate(runtime: Runtime, { slot, ends, step }: { slot: number; ends: boolean; step: Step }): void {
  try {
    runtime.setLocal(slot, step(runtime))
  } catch (error) {
    if (ends || !(error instanceof CelError)) throw error
    runtime.setLocal(slot, error)
  }
}

function* pairsOf(range: Value, both: boolean): Iterable<readonly Value[]> {
  if (range instanceof CelList) {
    for (let index = 0; index < range.size; index++) {
      const item = range.at(index)
      yield both ? [BigInt(index), item] : [item]
    }
  } else if (range instanceof CelMap) {
    for (const key of range.keys()) yield both ? [key, range.get(key)!] : [key]
  } else if (range instanceof CelObject) {
    for (const field of range.fields()) yield both ? [field, range.get(field)!] : [field]
  } else throw new CelError('no such overload')
}

/** A variable is computed when it is first needed, once. */
function planVariable(planner: Planner, expr: Fold): Step {
  const init = planner.plan(expr.init).run
  return planner.within([expr.accumulator], ([slot]) => {
    const result = planner.plan(expr.result).run
    return (runtime) => {
      runtime.setLazy(slot!, () => init(runtime))
      return result(runtime)
    }
  })
}
