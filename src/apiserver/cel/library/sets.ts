/** Lists as sets. Source: https://pkg.go.dev/github.com/google/cel-go/ext#Sets */
import { equal } from '../compare.ts'
import { type Costs, declare, type Overload } from '../functions.ts'
import type { Runtime } from '../runtime.ts'
import { add, exactly, scaled, times } from '../sizes.ts'
import { type CelList, sizeOf } from '../values.ts'

function contains(runtime: Runtime, list: CelList, part: CelList): boolean {
  for (const item of part) if (!runtime.isIn(list, item, equal)) return false
  return true
}

function intersects(runtime: Runtime, left: CelList, right: CelList): boolean {
  for (const item of left) if (runtime.isIn(right, item, equal)) return true
  return false
}

function pairs(factor: number): Costs {
  return {
    cost: ([left, right]) => 1 + sizeOf(left!) * sizeOf(right!) * factor,
    estimate: ({ args: [left, right] }) => ({ cost: add(scaled(times(left!.size, right!.size), factor), exactly(1)) }),
  }
}

export const sets: readonly Overload[] = [
  declare('sets.contains(list<T>, list<T>): bool', contains, pairs(1)),
  declare('sets.intersects(list<T>, list<T>): bool', intersects, pairs(1)),
  declare(
    'sets.equivalent(list<T>, list<T>): bool',
    (runtime, left: CelList, right: CelList) => contains(runtime, left, right) && contains(runtime, right, left),
    pairs(2),
  ),
]
