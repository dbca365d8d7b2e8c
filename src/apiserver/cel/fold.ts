/** Loops: every step is counted, so that the clock ends them too. */
import type { Fold } from './ast.ts'
import type { Planner, Step } from './plan.ts'
import type { Runtime } from './runtime.ts'
import type { Activation } from './turns.ts'
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
    const slot = accumulator!
    const pairs = (runtime: Runtime) => pairsOf(range(runtime), names.length === 2)
    /** False when no further round is wanted. */
    const round = (runtime: Runtime, pair: readonly Value[]): boolean => {
      for (const [index, name] of loop.slots.entries()) runtime.setLocal(name, pair[index]!)
      if (loop.condition(runtime) !== true) return false
      accumulate(runtime, { slot, ends, step: loop.step })
      return true
    }
    const inTurns = (runtime: Runtime, own: Activation): Value => {
      if (!own.rounds) {
        const items = pairs(runtime)
        own.accumulated = init(runtime)
        own.rounds = items
        runtime.commit(own)
      }
      for (;;) {
        runtime.setLocal(slot, own.accumulated!)
        own.round ??= nextOf(own, own.rounds)
        if (own.round.done) break
        runtime.round()
        if (!round(runtime, own.round.value)) break
        own.accumulated = runtime.heldIn(slot)
        own.round = undefined
        runtime.commit(own)
      }
      return result(runtime)
    }
    return (runtime) => {
      if (runtime.resumable) return runtime.resume((own) => inTurns(runtime, own))
      const items = pairs(runtime)
      runtime.setLocal(slot, init(runtime))
      for (const pair of items) {
        runtime.work(1)
        if (!round(runtime, pair)) break
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

function* pairsOf(range: Value, both: boolean): Generator<readonly Value[], void> {
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
      if (runtime.resumable) {
        return runtime.resume((own) => {
          runtime.setLazy(slot!, () => readOnce(runtime, own, init))
          return result(runtime)
        })
      }
      runtime.setLazy(slot!, () => init(runtime))
      return result(runtime)
    }
  })
}

/** What fails fails again in a later turn. */
function nextOf(own: Activation, rounds: Iterator<readonly Value[]>): IteratorResult<readonly Value[]> {
  if (own.broken) throw own.broken
  try {
    return rounds.next()
  } catch (error) {
    if (error instanceof CelError) own.broken = error
    throw error
  }
}

/** Read again in a later turn, a variable costs again only where it did before. */
function readOnce(runtime: Runtime, own: Activation, init: Step): Value {
  if (own.read && !runtime.isNext(own.read.by)) return own.read.value
  return runtime.resume((by) => {
    const value = init(runtime)
    own.read = { value, by }
    return value
  })
}
