/** Sums of quantities by resource name, as limits and quotas count them. */
import { addQuantities, canonicalQuantity, compareQuantities } from '../quantity.ts'
import type { Container, Pod } from '../types/core/v1.ts'

export type Amounts = Record<string, string>

export function sumAmounts(lists: readonly Amounts[]): Amounts {
  const total: Amounts = {}
  for (const list of lists) {
    for (const [name, amount] of Object.entries(list)) {
      total[name] = total[name] === undefined ? canonicalQuantity(amount) : addQuantities(total[name], amount)
    }
  }
  return total
}

/**
 * What a pod asks for while running or at its peak of initialising, whichever is more; sidecars run through both.
 * Unlike the scheduler's sum it has no overhead, and a container that leaves an amount open does not open the sum.
 */
export function sumPod(pod: Pod, field: 'requests' | 'limits'): Amounts {
  const { containers = [], initContainers = [], resources } = pod.spec ?? {}
  const amounts = (container: Container) => container.resources?.[field] ?? {}
  let sidecars: Amounts = {}
  let peak: Amounts = {}
  for (const container of initContainers) {
    if (container.restartPolicy === 'Always') {
      sidecars = sumAmounts([sidecars, amounts(container)])
      peak = larger(peak, sidecars)
    } else peak = larger(peak, sumAmounts([sidecars, amounts(container)]))
  }
  const running = sumAmounts([...containers.map(amounts), sidecars])
  return { ...larger(running, peak), ...resources?.[field] }
}

function larger(left: Amounts, right: Amounts): Amounts {
  const result = { ...left }
  for (const [name, amount] of Object.entries(right)) {
    if (result[name] === undefined || compareQuantities(amount, result[name]) > 0) result[name] = amount
  }
  return result
}
