/** The comparisons of LimitRanger, with upstream's words for what is out of bounds. */
import { addQuantities, canonicalQuantity, compareQuantities, parseQuantity } from '../../api/quantity.ts'
import type { Container, Pod } from '../../api/types/core/v1.ts'

export type Amounts = Record<string, string>

export function minErrors(type: string, min: Amounts | undefined, requests: Amounts, limits: Amounts): string[] {
  return eachBound(min, (name, bound) => {
    const prefix = `minimum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
    const [request, limit] = [requests[name], limits[name]]
    if (request === undefined) return `${prefix}.  No request is specified`
    if (compareQuantities(request, bound) < 0) return `${prefix}, but request is ${canonicalQuantity(request)}`
    if (limit === undefined || compareQuantities(limit, bound) >= 0) return undefined
    return `${prefix}, but limit is ${canonicalQuantity(limit)}`
  })
}

export function maxErrors(type: string, max: Amounts | undefined, requests: Amounts, limits: Amounts): string[] {
  return eachBound(max, (name, bound) => {
    const prefix = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
    const [request, limit] = [requests[name], limits[name]]
    if (limit === undefined) return `${prefix}.  No limit is specified`
    if (compareQuantities(limit, bound) > 0) return `${prefix}, but limit is ${canonicalQuantity(limit)}`
    if (request === undefined || compareQuantities(request, bound) <= 0) return undefined
    return `${prefix}, but request is ${canonicalQuantity(request)}`
  })
}

export function maxRequestErrors(type: string, max: Amounts | undefined, requests: Amounts): string[] {
  return eachBound(max, (name, bound) => {
    const prefix = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
    const request = requests[name]
    if (request === undefined) return `${prefix}.  No request is specified`
    return compareQuantities(request, bound) > 0 ? `${prefix}, but request is ${canonicalQuantity(request)}` : undefined
  })
}

export function ratioErrors(type: string, ratios: Amounts | undefined, requests: Amounts, limits: Amounts): string[] {
  return eachBound(ratios, (name, bound) => {
    const prefix = `${name} max limit to request ratio per ${type} is ${canonicalQuantity(bound)}`
    const request = nanos(requests[name])
    const limit = nanos(limits[name])
    if (request === 0) return `${prefix}, but no request is specified or request is 0`
    if (limit === 0) return `${prefix}, but no limit is specified or limit is 0`
    const ratio = limit / request
    return ratio * 1e9 > nanos(bound) ? `${prefix}, but provided ratio is ${ratio.toFixed(6)}` : undefined
  })
}

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

function eachBound(bounds: Amounts | undefined, check: (name: string, bound: string) => string | undefined): string[] {
  const names = Object.keys(bounds ?? {}).sort()
  return names.flatMap((name) => check(name, bounds?.[name] ?? '0') ?? [])
}

function nanos(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(parseQuantity(quantity).nanos)
}
